// What launchers, log collectors and people put in front of the lines of a program: ranks, hosts, pods, time
// stamps, quotes. Each function gives the length of such a prefix at the beginning of `text`, 0 where there is
// none.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace aifsim::records {

enum class PrefixKind { launcher, stamp, quote };

struct Prefix {
  std::size_t length = 0;  // 0: none
  PrefixKind kind = PrefixKind::launcher;
};

// Shapes that no data have: "[1,0]<stdout>:", "[rank0]:", "[pod/name/container] ", "(actor pid=7) ",
// "2026-01-02T03:04:05Z ", "Jan  2 03:04:05 host program[7]: ", "job<TAB>step<TAB>stamp ", "> ".
Prefix certain_prefix(std::string_view text);

// A label that may be data as well, so that only the whole file can tell (clean.cpp): "0: ", "[0] ", "node1: ",
// "[node1] ", "web-1  | ", "03:04:05 ", "[ 12.5] ", "INFO ", "pod-0 container ", "pod-0 ".
struct Label {
  std::size_t length = 0;
  // Labels that differ only in numbers have one key, but for those that are bare words.
  std::string key;
  bool weak = false;  // a bare word: nearly all lines must have it
};
enum class LabelShape { number_colon, bracket, word_colon, pipe, clock, level, word_tight, two_words, word };
inline constexpr LabelShape kLabelShapes[] = {
    LabelShape::number_colon, LabelShape::bracket,   LabelShape::word_colon,
    LabelShape::pipe,         LabelShape::clock,     LabelShape::level,
    LabelShape::word_tight,   LabelShape::two_words, LabelShape::word};
Label label_of(LabelShape shape, std::string_view text);

// "   12<TAB>", "12: ", "12:": a number that may count lines, as `cat -n` and `grep -n` write it.
Prefix line_number(std::string_view text, std::size_t& number);

}  // namespace aifsim::records
