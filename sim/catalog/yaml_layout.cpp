#include "catalog/yaml_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.hpp"

namespace aifsim::catalog {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  YamlLayout scan() {
    while (at_ < text_.size()) line();
    if (!brackets_.empty() && !layout_.mistake) {
      const Open& open = brackets_.back();
      told(open.place, fmt::format("nothing closes the {} that opens here", open.bracket));
    }
    return std::move(layout_);
  }

 private:
  struct Open {
    char bracket;
    Place place;
  };

  Place place_at(std::size_t at) const { return {file_, line_, static_cast<int>(at - line_start_) + 1}; }
  void told(const Place& place, std::string message) {
    if (!layout_.mistake) layout_.mistake = Problem{place, std::move(message)};
  }
  bool ends_line() const { return at_ >= text_.size() || text_[at_] == '\n'; }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  void next_line() {
    while (!ends_line()) ++at_;
    ++at_;
    ++line_;
    line_start_ = at_;
  }

  void line() {
    line_start_ = at_;
    bool tab = false;
    for (; peek() == ' ' || peek() == '\t'; ++at_) tab = tab || peek() == '\t';
    const int indent = static_cast<int>(at_ - line_start_);
    if (ends_line() || peek() == '#' || peek() == '\r' || (indent == 0 && text_.substr(at_, 3) == "---")) {
      next_line();
      return;
    }
    if (tab && brackets_.empty())
      told(place_at(text_.find('\t', line_start_)), "a tab indents this line; YAML wants spaces there");
    const bool goes_on = brackets_.empty() && plain_ && indent > plain_indent_;
    if (brackets_.empty()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      current_ = {line_, indent, text_.substr(at_, end - at_), false, -1, false};
    }
    const int began = line_;
    const bool in_brackets = !brackets_.empty();
    rest_of_line(goes_on);
    if (!in_brackets && (!goes_on || current_.colon >= 0)) {
      current_.number = began;
      layout_.lines.push_back(current_);
    }
    if (block_) skip_block(indent);
  }

  // `plain`: the line continues an unquoted text.
  void rest_of_line(bool plain) {
    bool begins = !plain;  // a value may begin here
    bool content = false;
    const std::size_t first = at_;
    while (!ends_line()) {
      const char c = peek();
      if (c == '#' && (at_ == line_start_ || peek_back() == ' ' || peek_back() == '\t')) break;
      if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
        continue;
      }
      if (begins && (c == '"' || c == '\'')) {
        if (!quoted(c)) return;
        begins = false;
        content = true;
        continue;
      }
      if ((begins || !brackets_.empty()) && (c == '[' || c == '{')) {
        brackets_.push_back({c, place_at(at_++)});
        begins = content = true;
        continue;
      }
      if (!brackets_.empty() && (c == ']' || c == '}')) {
        close(c);
        begins = false;
        continue;
      }
      if (!brackets_.empty() && c == ',') {
        begins = true;
        ++at_;
        continue;
      }
      if (begins && brackets_.empty() && (c == '|' || c == '>')) {
        block_ = true;
        break;
      }
      const bool apart = peek(1) == ' ' || peek(1) == '\n' || peek(1) == '\t' || peek(1) == '\r';
      if (c == ':' && apart) {
        if (brackets_.empty() && current_.colon < 0) {
          current_.colon = static_cast<int>(at_ - first);
          content = false;
        }
        begins = true;
        ++at_;
        continue;
      }
      if (c == '-' && apart && begins && brackets_.empty() && !content) {
        current_.item = true;
        ++at_;
        continue;
      }
      if (begins && (c == '&' || c == '*' || c == '!')) {  // an anchor, an alias, a tag
        while (!ends_line() && peek() != ' ') ++at_;
        content = true;
        continue;
      }
      begins = false;
      content = true;
      plain_text_ = true;
      ++at_;
    }
    if (brackets_.empty()) {
      current_.value = current_.colon >= 0 && (content || block_);
      if (!plain) plain_indent_ = current_.indent;
      plain_ = plain || (content && plain_text_ && !block_);
    }
    plain_text_ = false;
    next_line();
  }

  char peek_back() const { return text_[at_ - 1]; }

  // False: the text ends inside the quotes.
  bool quoted(char quote_mark) {
    const Place began = place_at(at_);
    ++at_;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      } else if (c == '\\' && quote_mark == '"') {
        if (peek(1) != '\n') ++at_;
      } else if (c == quote_mark) {
        if (quote_mark == '\'' && peek(1) == '\'')
          ++at_;
        else
          break;
      }
    }
    if (at_ >= text_.size()) {
      layout_.open_quote =
          Problem{began, fmt::format("nothing closes the quote {} that opens here", quote_mark)};
      return false;
    }
    ++at_;
    after_quote(began, quote_mark);
    return true;
  }

  void after_quote(const Place& began, char quote_mark) {
    std::size_t at = at_;
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
    const char c = at < text_.size() ? text_[at] : '\n';
    if (c == '\n' || c == '\r' || c == ':' || (c == '#' && at > at_)) return;
    if (!brackets_.empty() && (c == ',' || c == ']' || c == '}')) return;
    const std::size_t end = std::min(text_.find('\n', at), text_.size());
    const std::string follows = quote(text_.substr(at, end - at), 20);
    told(began,
         began.line == line_
             ? fmt::format("the quoted text that begins here ends before {}; write a {} inside it as {}",
                           follows, quote_mark, quote_mark == '"' ? "\\\"" : "''")
             : fmt::format("the quoted text that begins here goes on to line {} and ends before {}; is a "
                           "closing {} missing?",
                           line_, follows, quote_mark));
  }

  void close(char bracket) {
    const char wanted = brackets_.back().bracket == '[' ? ']' : '}';
    if (bracket != wanted)
      told(place_at(at_), fmt::format("found {} where {} would close the {} of line {}", bracket, wanted,
                                      brackets_.back().bracket, brackets_.back().place.line));
    brackets_.pop_back();
    ++at_;
    while (peek() == ' ') ++at_;
    if (brackets_.empty() && (peek() == ']' || peek() == '}'))
      told(place_at(at_), fmt::format("nothing is open that this {} would close", peek()));
  }

  void skip_block(int indent) {
    block_ = false;
    plain_ = false;
    while (at_ < text_.size()) {
      std::size_t at = at_;
      while (at < text_.size() && text_[at] == ' ') ++at;
      const bool blank = at >= text_.size() || text_[at] == '\n' || text_[at] == '\r';
      if (!blank && static_cast<int>(at - at_) <= indent) return;
      next_line();
    }
  }

  std::string_view text_;
  const std::string& file_;
  YamlLayout layout_;
  std::vector<Open> brackets_;
  YamlLine current_;
  std::size_t at_ = 0, line_start_ = 0;
  int line_ = 1, plain_indent_ = 0;
  bool plain_ = false, plain_text_ = false, block_ = false;
};

}  // namespace

YamlLayout yaml_layout(std::string_view text, const std::string& file) { return Scanner(text, file).scan(); }

}  // namespace aifsim::catalog
