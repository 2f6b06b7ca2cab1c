#include "records/clean.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "base/quote.hpp"

namespace aifsim::records {
namespace {

// Bytes of a terminal's escape at the beginning of `text`: ESC itself, or as people's tools write it.
std::size_t escape_length(std::string_view text, bool written) {
  if (text.front() == '\x1b') return 1;
  if (!written) return 0;
  for (const std::string_view form : {"^[", "\\033", "\\x1b", "\\x1B", "\\u001b", "\\e", "\xE2\x90\x9B"})
    if (text.starts_with(form) && text.substr(form.size()).starts_with('[')) return form.size();
  return 0;
}

// Bytes of the code that `text` begins with (ECMA-48): colours, cursor, titles; 0 where it begins with none.
std::size_t code_length(std::string_view text, bool written, bool lost) {
  const std::size_t escape = escape_length(text, written);
  if (escape == 0 && !(lost && text.front() == '[')) return 0;
  std::size_t at = escape;
  if (at >= text.size()) return at;
  const char kind = text[at++];
  if (kind == '[') {
    const std::size_t digits = at;
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] < 0x40) ++at;
    if (at >= text.size()) return escape ? at : 0;
    const bool colour =
        text[at] == 'm' &&
        text.substr(digits, at - digits).find_first_not_of("0123456789;") == std::string_view::npos;
    if (text.front() != '\x1b' && !colour && !(escape && text[at] == 'K')) return 0;
    return at + 1;
  }
  if (kind == ']' || kind == '_' || kind == 'P') {  // until BEL or ST
    for (; at < text.size(); ++at) {
      if (text[at] == '\x07') return at + 1;
      if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '\\') return at + 2;
    }
    return escape;
  }
  return (kind == '(' || kind == ')') && at < text.size() ? at + 1 : at;
}

// A space of Unicode that is no ASCII blank, or a mark of no width; `blank` says which.
std::size_t space_length(std::string_view text, bool& blank) {
  blank = true;
  const auto first = static_cast<unsigned char>(text.front());
  if (text.starts_with("\xC2\xA0")) return 2;
  if (first == 0xA0) return 1;  // Latin 1
  if (first == 0xE2 && text.size() >= 3 && static_cast<unsigned char>(text[1]) == 0x80) {
    const auto third = static_cast<unsigned char>(text[2]);
    if ((third >= 0x80 && third <= 0x8A) || third == 0xAF) return 3;
    blank = false;
    if (third >= 0x8B && third <= 0x8F) return 3;
  }
  if (text.starts_with("\xE3\x80\x80")) return 3;
  blank = false;
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

template <class Take>
void each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What the lines that have one label look like.
struct Seen {
  std::size_t lines = 0, run = 0, longest = 0, last = 0;
  bool weak = false, numbers = false, words = false, hashes = false;
  std::set<std::string> forms;  // first words behind it, numbers as '#'

  void add(std::size_t line, std::string_view behind) {
    ++lines;
    run = line == last + 1 ? run + 1 : 1;
    longest = std::max(longest, run);
    last = line;
    const std::size_t begin = behind.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return;
    const std::size_t end = std::min(behind.find_first_of(" \t", begin), behind.size());
    std::string form;
    for (const char c : behind.substr(begin, std::min<std::size_t>(end - begin, 40)))
      form += is_digit(c) ? '0' : c;
    form.erase(std::unique(form.begin(), form.end(), [](char a, char b) { return a == '0' && b == '0'; }),
               form.end());
    const char first = behind[begin];
    hashes |= first == '#';
    numbers |= is_digit(first);
    words |= first != '#' && !is_digit(first);
    if (forms.size() < 8) forms.insert(std::move(form));
  }
  // Data repeat the same words behind a label ("step: 1"); a launcher's prefix stands before all kinds of lines.
  bool is_prefix(std::size_t of) const {
    if (lines < 3 || forms.size() < (weak ? 3 : 2)) return false;
    if (weak) return lines * 10 >= of * 9 && (forms.size() >= 5 || (numbers && (hashes || words)));
    if (lines * 2 >= of) return true;
    return longest >= 4 && numbers && (hashes || words);
  }
};

}  // namespace

Cleaner::Cleaner(std::string_view head) { decide(head); }

void Cleaner::decide(std::string_view head) {
  written_codes_ = false;
  for (const char* form : {"^[[", "\\033[", "\\x1b[", "\\x1B[", "\\u001b[", "\\e[", "\xE2\x90\x9B["})
    written_codes_ |= head.find(form) != std::string_view::npos;
  lost_escapes_ = head.find("[0m") != std::string_view::npos;

  constexpr std::size_t kRounds = 4, kKeys = 4096;
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::map<std::pair<LabelShape, std::string>, Seen> seen;
    Seen numbered;
    std::size_t lines = 0, tables = 0, previous = 0;
    std::string line;
    each_line(head, [&](std::string_view raw) {
      line = raw;
      std::array<bool, kinds> found{};
      without_codes(line, found);
      const std::string_view rest = std::string_view(line).substr(prefix_length(line, found));
      if (rest.find_first_not_of(" \t") == std::string_view::npos) return;
      ++lines;
      tables += std::count(rest.begin(), rest.end(), ',') >= 2 ? 1 : 0;
      std::size_t number = 0;
      if (const Prefix p = line_number(rest, number); round == 0 && p.length > 0) {
        if (lines == 1 || number == previous + 1) numbered.add(lines, rest.substr(p.length));
        previous = number;
      }
      for (const LabelShape shape : kLabelShapes) {
        const Label label = label_of(shape, rest);
        if (label.length == 0) continue;
        auto key = std::pair(shape, label.key);
        if (seen.size() >= kKeys && seen.find(key) == seen.end()) continue;
        Seen& s = seen[std::move(key)];
        s.weak = label.weak;
        s.add(lines, rest.substr(label.length));
      }
    });
    numbered.weak = true;
    if (numbered.lines >= 5 && numbered.is_prefix(lines)) {
      line_numbers_ = true;
      continue;
    }
    auto best = seen.end();
    for (auto at = seen.begin(); at != seen.end(); ++at)
      if (at->second.is_prefix(lines) && !(at->second.weak && tables * 2 > lines) &&
          (best == seen.end() || at->second.lines > best->second.lines))
        best = at;
    if (best == seen.end()) return;
    labels_.push_back(best->first);
  }
}

void Cleaner::without_codes(std::string& line, std::array<bool, kinds>& found) {
  cuts_.clear();
  const auto odd = [&](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && c != '\t') || u >= 0x80 || (written_codes_ && (c == '^' || c == '\\')) ||
           (lost_escapes_ && c == '[');
  };
  if (std::none_of(line.begin(), line.end(), odd)) return;
  scratch_.clear();
  for (std::size_t at = 0; at < line.size();) {
    const std::string_view rest = std::string_view(line).substr(at);
    bool blank = false;
    if (!odd(line[at])) {
      scratch_ += line[at++];
    } else if (const std::size_t code = code_length(rest, written_codes_, lost_escapes_)) {
      found[colours] = true;
      cuts_.push_back({scratch_.size(), code});
      at += code;
    } else if (const std::size_t space = space_length(rest, blank)) {
      found[spaces] = true;
      if (blank) scratch_ += ' ';
      cuts_.push_back({scratch_.size(), space - (blank ? 1 : 0)});
      at += space;
    } else if (line[at] == '\a' || line[at] == '\b' || line[at] == '\f' || line[at] == '\v') {
      cuts_.push_back({scratch_.size(), 1});
      ++at;
    } else {
      scratch_ += line[at++];
      // The rest of the character, of which 0xA0 may be a part.
      while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80)
        scratch_ += line[at++];
    }
  }
  line.swap(scratch_);
}

std::size_t Cleaner::prefix_length(std::string_view line, std::array<bool, kinds>& found) const {
  std::size_t at = 0;
  const auto certain = [&] {
    for (Prefix p; (p = certain_prefix(line.substr(at))).length > 0; at += p.length)
      found[p.kind == PrefixKind::launcher ? launcher : p.kind == PrefixKind::stamp ? stamp : quoted] = true;
  };
  certain();
  std::size_t number = 0;
  if (line_numbers_)
    if (const Prefix p = line_number(line.substr(at), number); p.length > 0) {
      at += p.length;
      found[numbers] = true;
      certain();
    }
  for (const auto& [shape, key] : labels_) {
    const Label label = label_of(shape, line.substr(at));
    if (label.length == 0 || label.key != key) continue;
    at += label.length;
    found[shape == LabelShape::clock ? stamp : launcher] = true;
    certain();
  }
  return at;
}

void Cleaner::clean(std::string& line) {
  std::array<bool, kinds> found{};
  if (!line.empty() && line.back() == '\r') {
    line.pop_back();
    found[carriage] = true;
  }
  const std::size_t before = line.size();
  without_codes(line, found);
  front_ = prefix_length(line, found);
  prefix_.assign(line, 0, front_);
  line.erase(0, front_);
  if (line.starts_with("```") || line.starts_with("~~~")) {
    line.clear();
    found[fences] = true;
  }
  if (before == line.size() && !found[carriage] && !found[spaces]) return;
  for (int kind = 0; kind < kinds; ++kind) {
    if (!found[static_cast<std::size_t>(kind)]) continue;
    const auto k = static_cast<std::size_t>(kind);
    ++counts_[k];
    if (examples_[k].empty() && k <= numbers) examples_[k] = prefix_;
  }
}

int Cleaner::column(int cleaned) const {
  const std::size_t at = front_ + static_cast<std::size_t>(std::max(cleaned, 1) - 1);
  std::size_t bytes = 0;
  for (const Cut& cut : cuts_)
    if (cut.at <= at) bytes += cut.bytes;
  return static_cast<int>(at + bytes) + (cleaned < 1 ? cleaned : 1);
}

Stripped Cleaner::stripped() const {
  static constexpr std::array<const char*, kinds> names{"prefixes of a launcher or a log",
                                                        "time stamps",
                                                        "quotation marks",
                                                        "line numbers",
                                                        "colour codes",
                                                        "spaces that are not ASCII, and byte order marks",
                                                        "line ends of Windows (CR LF)",
                                                        "code fences"};
  Stripped out;
  for (std::size_t k = 0; k < kinds; ++k)
    if (counts_[k])
      out[examples_[k].empty() ? names[k]
                               : fmt::format("{}, such as {}", names[k], quote(examples_[k], 60))] =
          counts_[k];
  return out;
}

std::string cleaned(std::string_view text) {
  Cleaner cleaner(text);
  std::string out, line;
  each_line(text, [&](std::string_view raw) {
    line = raw;
    cleaner.clean(line);
    out += line;
    out += '\n';
  });
  return out;
}

}  // namespace aifsim::records
