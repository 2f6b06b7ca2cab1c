#include "records/lines.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/quote.hpp"

namespace aifsim::records {

Lines::Lines(const Input& input)
    : stream_(input.open()), cleaner_(input.raw_head()), told_(input.told()), name_(input.name()) {}

bool Lines::next() {
  constexpr std::size_t kLongest = 1 << 20;
  constexpr int kEnd = std::streambuf::traits_type::eof();
  text_.clear();
  std::streambuf& bytes = stream_->buffer();
  int c = bytes.sbumpc();
  if (c == kEnd) {
    told_->stripped = cleaner_.stripped();
    return false;
  }
  number_ += begins_line_ ? 1 : 0;
  base_ = begins_line_ ? 0 : next_base_;
  for (; c != kEnd && c != '\n'; c = bytes.sbumpc()) {
    if (text_.size() == kLongest)
      throw InputError({name_, number_, 1},
                       fmt::format("a line of more than {} bytes; is this a text file?", kLongest));
    text_ += static_cast<char>(c);
    if (c == '\r' && bytes.sgetc() != '\n') break;
  }
  begins_line_ = c != '\r';
  next_base_ = base_ + static_cast<int>(text_.size());
  if (!begins_line_) text_.pop_back();
  cleaner_.clean(text_);
  return true;
}

CleanedBuffer::int_type CleanedBuffer::underflow() {
  if (!lines_.next()) return traits_type::eof();
  line_ = lines_.text();
  line_ += '\n';
  setg(line_.data(), line_.data(), line_.data() + line_.size());
  return traits_type::to_int_type(*gptr());
}

int CleanedStream::skip_empty_lines() {
  int lines = 0;
  for (; peek() == '\n'; ++lines) get();
  return lines;
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back({text.substr(at, end - at), static_cast<int>(at) + 1});
    at = end;
  }
  return words;
}

std::vector<Word> Lines::words() const { return words_of(text_); }

std::optional<double> as_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

double Lines::number(const Word& word, const char* what) const {
  if (const auto value = as_number(word.text)) return *value;
  throw InputError(place(word.column),
                   fmt::format("{}: expected a number, found {}", what, quote(word.text)));
}

double Lines::above_zero(const Word& word, const char* what) const {
  const double value = number(word, what);
  if (value > 0) return value;
  throw InputError(place(word.column),
                   fmt::format("{}: expected a number above 0, found {}", what, quote(word.text)));
}

std::int64_t Lines::count(const Word& word, const char* what) const {
  const double value = number(word, what);
  if (value >= 0 && value == std::floor(value) && value <= 9e15) return static_cast<std::int64_t>(value);
  throw InputError(place(word.column),
                   fmt::format("{}: expected a whole number, found {}", what, quote(word.text)));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace aifsim::records
