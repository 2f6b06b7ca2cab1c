#include "records/prefixes.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/ascii.hpp"

namespace aifsim::records {
namespace {

bool is_name(char c) {
  return is_digit(c) || is_alpha(c) || c == '_' || c == '-' || c == '.' || c == '@' || c == '/';
}

// Walks over a text; each step says whether it was possible.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}
  std::size_t at() const { return at_; }
  bool end() const { return at_ >= text_.size(); }
  char peek() const { return end() ? '\0' : text_[at_]; }
  bool one(std::string_view of) {
    if (end() || of.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  std::size_t blanks() {
    return while_([](char c) { return c == ' ' || c == '\t'; });
  }
  bool digits(std::size_t least, std::size_t most) {
    std::size_t n = 0;
    while (n < most && is_digit(peek())) ++at_, ++n;
    return n >= least && !is_digit(peek());
  }
  template <class Is>
  std::size_t while_(const Is& is) {
    const std::size_t begin = at_;
    while (!end() && is(text_[at_])) ++at_;
    return at_ - begin;
  }
  void back_to(std::size_t at) { at_ = at; }
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// [1,0]<stdout>: or [prterun-node1-7@1,0]<stderr>:
std::size_t tagged_output(std::string_view text) {
  Scan s(text);
  if (!s.one("[")) return 0;
  if (const std::size_t job = text.find('@'); job < std::min<std::size_t>(text.find(']'), 200))
    s.back_to(job + 1);
  if (!s.digits(1, 9) || !s.one(",") || !s.digits(1, 9) || !s.one("]") || !s.one("<")) return 0;
  if (!s.word("stdout") && !s.word("stderr") && !s.word("stddiag")) return 0;
  if (!s.one(">") || !s.one(":")) return 0;
  s.one(" ");
  return s.at();
}

// [rank0]: and [default0]: of torchrun, [pod/name/container] of kubectl, (actor pid=7, ip=1.2.3.4) of Ray
std::size_t tagged_rank(std::string_view text) {
  Scan s(text);
  if (s.one("(")) {
    const std::size_t close = text.find(") ");
    const std::size_t pid = text.find(" pid=");
    return close < 200 && pid < close ? close + 2 : 0;
  }
  if (!s.one("[")) return 0;
  if (s.word("pod/")) {
    const std::size_t close = text.find("] ");
    return close < 300 ? close + 2 : 0;
  }
  for (const char* word : {"rank", "default", "trainers", "trainer", "workers", "worker"})
    if (s.word(word)) {
      if (!s.digits(1, 6) || !s.one("]")) return 0;
      const bool colon = s.one(":");
      return s.one(" ") || colon ? s.at() : 0;
    }
  return 0;
}

bool month(Scan& s) {
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return std::any_of(months.begin(), months.end(), [&](const char* m) { return s.word(m); });
}

bool weekday(Scan& s) {
  static constexpr std::array<const char*, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  return std::any_of(days.begin(), days.end(), [&](const char* d) { return s.word(d); });
}

// 03:04:05, 03:04:05.678, 03:04:05,678
bool clock_time(Scan& s) {
  if (!s.digits(1, 2) || !s.one(":") || !s.digits(2, 2) || !s.one(":") || !s.digits(2, 2)) return false;
  const std::size_t whole = s.at();
  if (!s.one(".,") || !s.digits(1, 9)) s.back_to(whole);
  return true;
}

void zone(Scan& s) {
  const std::size_t begin = s.at();
  if (s.word("Z") || s.word(" UTC") || s.word(" GMT")) return;
  s.one(" ");
  if (s.one("+-") && s.digits(2, 2) && (s.one(":"), true) && s.digits(2, 2)) return;
  s.back_to(begin);
  if (s.one("+-") && s.digits(4, 4)) return;
  s.back_to(begin);
}

// A date and a time of day. `syslog`: of the kind "Jan  2 03:04:05", which has a host behind it.
bool date_time(Scan& s, bool& syslog) {
  const std::size_t begin = s.at();
  if (s.digits(4, 4) && s.one("-/") && s.digits(2, 2) && s.one("-/") && s.digits(2, 2) &&
      (s.one("T") || s.blanks() > 0) && clock_time(s)) {
    zone(s);
    return true;
  }
  s.back_to(begin);
  if (s.digits(2, 2) && s.one("/") && s.digits(2, 2) && s.one("/") && s.digits(4, 4) && s.blanks() > 0 &&
      clock_time(s))
    return true;
  s.back_to(begin);
  const bool with_day = weekday(s);  // then with the year too, which else may be data
  if (with_day && s.blanks() == 0) return false;
  if (!month(s) || s.blanks() == 0 || !s.digits(1, 2) || s.blanks() == 0 || !clock_time(s)) return false;
  syslog = true;
  if (!with_day) return true;
  const std::size_t time = s.at();
  if (s.one(" ") && s.while_([](char c) { return c >= 'A' && c <= 'Z'; }) > 2 && s.one(" ") && s.digits(4, 4))
    return true;
  s.back_to(time);
  if (!s.one(" ") || !s.digits(4, 4)) s.back_to(time);
  return true;
}

// host program[7]: or, behind a stamp of syslog, host program:
std::size_t syslog_source(std::string_view text, bool plain) {
  Scan s(text);
  if (s.while_(is_name) == 0) return 0;
  // Without the number of the process, a host is one only where its name is no word.
  plain = plain && text.substr(0, s.at()).find_first_of("0123456789-.") != std::string_view::npos;
  if (!s.one(" ") || !is_alpha(s.peek()) || s.while_(is_name) == 0) return 0;
  if (s.one("[")) {
    if (!s.digits(1, 9) || !s.one("]")) return 0;
  } else if (!plain) {
    return 0;
  }
  return s.one(":") && (s.one(" ") || s.end()) ? s.at() : 0;
}

std::size_t stamp(std::string_view text) {
  Scan s(text);
  if (s.one("<") && !(s.digits(1, 3) && s.one(">"))) return 0;  // the priority of syslog
  const bool bracket = s.one("[") || s.one("(");
  bool syslog = false;
  if (!date_time(s, syslog)) return 0;
  if (bracket && !s.one("])")) return 0;
  if (!s.end() && s.peek() != ' ' && s.peek() != '\t' && s.peek() != ':' && s.peek() != '|' &&
      s.peek() != '[' && s.peek() != '<')
    return 0;
  s.one(":");
  const std::size_t plain = s.at();
  s.while_([](char c) { return c == ' ' || c == '\t'; });
  if (s.peek() == '|' || s.peek() == '-') {
    s.one("|-");
    if (!s.one(" ")) s.back_to(plain);
  } else {
    s.back_to(plain);
    s.one(" \t");
  }
  if (const std::size_t source = syslog_source(s.rest(), syslog)) {
    s.back_to(s.at() + source);
    return s.at();
  }
  const std::size_t done = s.at();  // GitLab: 00O, 00E, 01O+
  if (s.digits(2, 2) && s.one("OE") && (s.one(" +") || s.end())) return s.at();
  return done;
}

// job<TAB>step<TAB>2026-01-02T03:04:05Z of `gh run view --log`
std::size_t job_and_step(std::string_view text) {
  const std::size_t first = text.find('\t');
  if (first == std::string_view::npos || first == 0 || first > 200) return 0;
  const std::size_t second = text.find('\t', first + 1);
  if (second == std::string_view::npos || second > 400) return 0;
  const std::size_t begin = text.substr(second + 1).starts_with("\xEF\xBB\xBF") ? second + 4 : second + 1;
  const std::size_t n = stamp(text.substr(begin));
  return n && text.substr(begin, n).find('T') != std::string_view::npos ? begin + n : 0;
}

std::string key_of(std::string_view text) {
  std::string key;
  for (const char c : text) {
    if (!is_digit(c)) {
      key += c;
    } else if (key.empty() || key.back() != '#') {
      key += '#';
    }
  }
  return key;
}

std::size_t level(std::string_view text) {
  static constexpr std::array<const char*, 9> words{"DEBUG",    "INFO", "WARNING", "WARN", "ERROR",
                                                    "CRITICAL", "info", "debug",   "TRACE"};
  const auto word = [&](Scan& s) {
    return std::any_of(words.begin(), words.end(), [&](const char* w) { return s.word(w); });
  };
  Scan s(text);
  if (s.one("[") && word(s) && s.one("]") && (s.one(" "), true)) return s.at();
  s.back_to(0);
  s.while_([](char c) { return c == ' ' || c == '-' || c == '|'; });
  const std::size_t begin = s.at();
  if (!word(s)) {  // "root - INFO - "
    s.back_to(begin);
    if (s.while_(is_name) == 0 || !s.word(" - ") || !word(s)) return 0;
    return s.word(" - ") ? s.at() : 0;
  }
  if (s.one(":") && s.while_(is_name) > 0 && s.one(":")) return s.at();  // INFO:root:
  s.back_to(begin);
  word(s);
  if (s.one(":") && s.one(" ")) return s.at();
  return s.blanks() > 0 ? s.at() : 0;
}

}  // namespace

Prefix certain_prefix(std::string_view text) {
  const std::size_t blank = std::min(text.find_first_not_of(" \t"), text.size());
  const std::string_view rest = text.substr(blank);
  if (rest.empty()) return {};
  const char c = rest.front();
  if (c == '>') return {blank + (rest.size() > 1 && rest[1] == ' ' ? 2 : 1), PrefixKind::quote};
  if (c == '[')
    if (const std::size_t n = tagged_output(rest)) return {blank + n, PrefixKind::launcher};
  if (c == '[' || c == '(')
    if (const std::size_t n = tagged_rank(rest)) return {blank + n, PrefixKind::launcher};
  if (is_digit(c) || is_alpha(c) || c == '[' || c == '<' || c == '(')
    if (const std::size_t n = stamp(rest)) return {blank + n, PrefixKind::stamp};
  if (rest.find('\t') < 200)
    if (const std::size_t n = job_and_step(rest)) return {blank + n, PrefixKind::launcher};
  return {};
}

Label label_of(LabelShape shape, std::string_view text) {
  Scan s(text);
  const std::size_t blank = s.blanks();
  const auto label = [&](std::string key, bool weak = false) { return Label{s.at(), std::move(key), weak}; };
  switch (shape) {
    case LabelShape::number_colon:
      if (s.digits(1, 6) && s.one(":") && (s.one(" ") || s.end())) return label("#: ");
      break;
    case LabelShape::bracket: {
      if (!s.one("[")) break;
      s.blanks();
      const std::size_t begin = s.at();
      if (s.while_([](char c) { return is_name(c) || c == ',' || c == ':'; }) == 0) break;
      const std::string name = key_of(text.substr(begin, s.at() - begin));
      if (!s.one("]")) break;
      const bool colon = s.one(":");
      if (!s.one(" ") && !colon && !s.end()) break;
      if (s.rest().substr(0, 8).find('"') != std::string_view::npos) break;  // a port: [1] "S-0002..."
      return label("[" + name + "]");
    }
    case LabelShape::word_colon:
      if (is_alpha(s.peek()) && s.while_(is_name) > 0 && s.one(":") && (s.one(" ") || s.end()))
        return label(key_of(text.substr(blank, s.at() - blank)));
      break;
    case LabelShape::pipe:
      if (is_alpha(s.peek()) && s.while_(is_name) > 0 && s.blanks() > 0 && s.one("|") &&
          (s.one(" ") || s.end()))
        return label(key_of(text.substr(blank, text.find_first_of(" \t", blank) - blank)) + " |");
      break;
    case LabelShape::clock: {
      const bool bracket = s.one("[");
      s.blanks();
      if (!clock_time(s)) {
        s.back_to(blank);
        if (s.one("[")) s.blanks();
        if (!s.digits(1, 12) || !s.one(".") || !s.digits(1, 9)) break;  // seconds since the boot or 1970
        if (!bracket && s.at() - blank < 14) break;
      }
      if (bracket && !s.one("]")) break;
      if (s.blanks() > 0 || s.end()) return label(bracket ? "[clock]" : "clock");
      break;
    }
    case LabelShape::level:
      if (const std::size_t n = level(text)) return {n, "level", false};
      break;
    case LabelShape::word_tight:
      if (is_alpha(s.peek()) && s.while_(is_name) > 0 && s.one(":"))
        return label(std::string(text.substr(0, s.at())), true);
      break;
    case LabelShape::two_words:
      if (is_alpha(s.peek()) && s.while_(is_name) > 0 && s.one(" ") && is_alpha(s.peek()) &&
          s.while_(is_name) > 0 && (s.one(" ") || s.end()))
        return label(std::string(text.substr(0, s.at())), true);
      break;
    case LabelShape::word:
      if (is_alpha(s.peek()) && s.while_(is_name) > 0 && (s.one(" ") || s.end()))
        return label(std::string(text.substr(0, s.at())), true);
      break;
  }
  return {};
}

Prefix line_number(std::string_view text, std::size_t& number) {
  Scan s(text);
  s.blanks();
  const std::size_t begin = s.at();
  if (!s.digits(1, 7)) return {};
  number = 0;
  for (std::size_t i = begin; i < s.at(); ++i) number = number * 10 + static_cast<std::size_t>(text[i] - '0');
  if (!s.one("\t:|-") && !s.end()) return {};
  if (text[s.at() - 1] != '\t') s.one(" ");
  return {s.at(), PrefixKind::launcher};
}

}  // namespace aifsim::records
