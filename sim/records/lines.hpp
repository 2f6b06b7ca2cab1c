// A text file line by line, cleaned (clean.hpp), with places in the file as it is for messages. A line longer than
// 1 MiB is an InputError. A carriage return alone ends a line too: progress bars are written over each other.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/holds.hpp"
#include "records/clean.hpp"
#include "records/input.hpp"

namespace aifsim::records {

struct Word {
  std::string_view text;
  int column = 1;
};

class Lines {
 public:
  explicit Lines(const Input& input);
  bool next();  // false at the end; then Input::cleaning() tells what was taken off
  const std::string& text() const { return text_; }
  // What stood before the text: time stamps, labels of ranks.
  const std::string& prefix() const { return cleaner_.prefix(); }
  Place place(int column = 1) const { return {name_, number_, base_ + cleaner_.column(column)}; }
  void mark(std::size_t limit, const char* what) { stream_->buffer().mark(limit, what); }

  std::vector<Word> words() const;  // parted by blanks and tabs; they live until next()
  // A finite number, or InputError that calls it `what`.
  double number(const Word& word, const char* what) const;
  double above_zero(const Word& word, const char* what) const;
  std::int64_t count(const Word& word, const char* what) const;  // a whole number, 0 or more

 private:
  std::unique_ptr<Input::Stream> stream_;
  Cleaner cleaner_;
  std::shared_ptr<Cleaning> told_;
  std::string name_, text_;
  int number_ = 0, base_ = 0, next_base_ = 0;  // bytes of the line before the last carriage return
  bool begins_line_ = true;
};

// The cleaned lines as a stream, for readers of tables.
class CleanedBuffer : public std::streambuf {
 public:
  explicit CleanedBuffer(const Input& input) : lines_(input) {}
  Lines& lines() { return lines_; }

 protected:
  int_type underflow() override;

 private:
  Lines lines_;
  std::string line_;
};
class CleanedStream : public std::istream {
 public:
  explicit CleanedStream(const Input& input) : std::istream(nullptr), buffer_(input) {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // an InputError passes through
  }
  Lines& lines() { return buffer_.lines(); }
  // Takes the empty lines in front of a table; how many they are.
  int skip_empty_lines();

 private:
  CleanedBuffer buffer_;
};

std::optional<double> as_number(std::string_view text);

// The lines of a file's head, for recognising formats.
std::vector<std::string_view> lines_of(std::string_view text);
// The words of `text`, parted by blanks and tabs.
std::vector<Word> words_of(std::string_view text);
std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);  // ASCII

}  // namespace aifsim::records
