#include "exercise/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <vector>

#include "base/nearest_word.hpp"
#include "base/quantity.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

using Arguments = std::vector<double>;

struct Function {
  std::size_t least, most;  // arguments
  double (*of)(const Arguments&);
};

const std::map<std::string, Function> functions = {
    {"min", {1, 99, [](const Arguments& a) { return *std::min_element(a.begin(), a.end()); }}},
    {"max", {1, 99, [](const Arguments& a) { return *std::max_element(a.begin(), a.end()); }}},
    {"abs", {1, 1, [](const Arguments& a) { return std::abs(a[0]); }}},
    {"sqrt", {1, 1, [](const Arguments& a) { return std::sqrt(a[0]); }}},
    {"log2", {1, 1, [](const Arguments& a) { return std::log2(a[0]); }}},
    {"ceil", {1, 1, [](const Arguments& a) { return std::ceil(a[0]); }}},
    {"floor", {1, 1, [](const Arguments& a) { return std::floor(a[0]); }}},
    {"round", {1, 1, [](const Arguments& a) { return std::round(a[0]); }}},
};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Recursive descent, one function per precedence, loosest first.
class Parser {
 public:
  Parser(const std::string& text, const Place& place,
         const std::function<double(const std::string&)>& value_of)
      : text_(text), place_(place), value_of_(value_of) {}

  double whole() {
    const double value = disjunction();
    if (blank(); at_ < text_.size()) fail("expected an operator");
    return value;
  }

 private:
  static constexpr int deepest = 100;

  [[noreturn]] void fail(const std::string& expected) const {
    throw InputError(place_, fmt::format("{} in {}, found {}", expected, quote(text_),
                                         at_ < text_.size() ? quote(text_.substr(at_)) : "its end"));
  }
  void blank() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view mark) {
    blank();
    if (text_.compare(at_, mark.size(), mark) != 0) return false;
    const std::size_t end = at_ + mark.size();
    if (is_letter(mark.back()) && end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end])))
      return false;  // "order" is not "or"
    at_ = end;
    return true;
  }

  double disjunction() {
    double value = conjunction();
    while (take("or")) value = static_cast<double>((conjunction() != 0) || (value != 0));
    return value;
  }
  double conjunction() {
    double value = comparison();
    while (take("and")) value = static_cast<double>((comparison() != 0) && (value != 0));
    return value;
  }
  double comparison() {
    const double left = sum();
    if (take("<=")) return static_cast<double>(left <= sum());
    if (take(">=")) return static_cast<double>(left >= sum());
    if (take("==")) return static_cast<double>(left == sum());
    if (take("!=")) return static_cast<double>(left != sum());
    if (take("<")) return static_cast<double>(left < sum());
    if (take(">")) return static_cast<double>(left > sum());
    return left;
  }
  double sum() {
    double value = product();
    for (;;) {
      if (take("+"))
        value += product();
      else if (take("-"))
        value -= product();
      else
        return value;
    }
  }
  double product() {
    double value = power();
    for (;;) {
      if (take("*"))
        value *= power();
      else if (take("/"))
        value /= power();
      else
        return value;
    }
  }
  double power() {
    if (take("-")) return -power();
    const double base = atom();
    return take("^") ? std::pow(base, power()) : base;
  }
  double atom() {
    blank();
    if (++depth_ > deepest) fail("expected fewer brackets");
    double value = 0;
    if (take("(")) {
      value = disjunction();
      if (!take(")")) fail("expected \")\"");
    } else if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.')) {
      value = number();
    } else if (at_ < text_.size() && is_letter(text_[at_])) {
      value = name();
    } else {
      fail("expected a number, a name or \"(\"");
    }
    --depth_;
    return value;
  }
  double number() {
    double ignored = 0;
    const char* begin = text_.data() + at_;
    const char* end = std::from_chars(begin, text_.data() + text_.size(), ignored).ptr;
    std::size_t after = at_ + static_cast<std::size_t>(end - begin);
    while (after < text_.size() && (is_letter(text_[after]) || text_[after] == '%')) ++after;
    const auto value = number_of(text_.substr(at_, after - at_));
    if (!value) fail("expected a number, with a unit if it has one,");
    at_ = after;
    return *value;
  }
  double name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string word = text_.substr(begin, at_ - begin);
    if (!take("(")) return value_of_(word);
    const auto found = functions.find(word);
    if (found == functions.end()) {
      std::vector<std::string_view> known;
      for (const auto& [other, function] : functions) known.push_back(other);
      throw InputError(place_,
                       fmt::format("no function is called {}{}", quote(word), suggestion(word, known)));
    }
    Arguments arguments{disjunction()};
    while (take(",")) arguments.push_back(disjunction());
    if (!take(")")) fail("expected \")\"");
    if (arguments.size() < found->second.least || arguments.size() > found->second.most)
      throw InputError(
          place_, fmt::format("{} takes one argument, found {} in {}", word, arguments.size(), quote(text_)));
    return found->second.of(arguments);
  }

  const std::string& text_;
  const Place& place_;
  const std::function<double(const std::string&)>& value_of_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  if (end == last) return value;
  if (end + 1 == last && *end == '%') return value / 100;
  for (std::size_t i = 0; i < dimension_count; ++i)
    if (const ParsedQuantity parsed = parse_quantity(text, static_cast<Dimension>(i));
        parsed.error.empty() && static_cast<Dimension>(i) != Dimension::tokens)
      return parsed.value;
  return std::nullopt;
}

double evaluate(const std::string& text, const Place& place,
                const std::function<double(const std::string&)>& value_of) {
  return Parser(text, place, value_of).whole();
}

}  // namespace aifsim
