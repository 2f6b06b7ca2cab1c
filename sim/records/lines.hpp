// A text file line by line, with places for messages. A line longer than 1 MiB is an InputError.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/input.hpp"

namespace aifsim::records {

struct Word {
  std::string_view text;
  int column = 1;
};

class Lines {
 public:
  explicit Lines(const Input& input) : stream_(input.open()), name_(input.name()) {}
  bool next();  // false at the end
  const std::string& text() const { return text_; }
  Place place(int column = 1) const { return {name_, number_, column}; }

  std::vector<Word> words() const;  // parted by blanks and tabs; they live until next()
  // A finite number, or InputError that calls it `what`.
  double number(const Word& word, const char* what) const;
  double above_zero(const Word& word, const char* what) const;
  std::int64_t count(const Word& word, const char* what) const;  // a whole number, 0 or more

 private:
  std::unique_ptr<Input::Stream> stream_;
  std::string name_, text_;
  int number_ = 0;
};

std::optional<double> as_number(std::string_view text);

// The lines of a file's head, for recognising formats.
std::vector<std::string_view> lines_of(std::string_view text);
bool has(std::string_view text, std::string_view part);
// The words of `text`, parted by blanks and tabs.
std::vector<Word> words_of(std::string_view text);
std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);  // ASCII

}  // namespace aifsim::records
