#include <catch2/catch.hpp>
#include <string>

#include "base/error.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "base/similar_names.hpp"

namespace aifsim {
namespace {

TEST_CASE("edit distance counts insertions, deletions, substitutions and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("memroy", "memory") == 1);
  CHECK(edit_distance("abc", "abc") == 0);
}

TEST_CASE("the nearest word is near, or there is none") {
  constexpr std::string_view known[] = {"memory", "memory_bandwidth", "l2", "power_limit"};
  CHECK(nearest_word("memroy", known) == "memory");
  CHECK(nearest_word("Memory", known) == "memory");
  CHECK(nearest_word("memory_bandwith", known) == "memory_bandwidth");
  CHECK(nearest_word("l1", known) == "l2");
  CHECK_FALSE(nearest_word("zzzzzz", known));
  CHECK_FALSE(nearest_word("", known));
  CHECK_FALSE(nearest_word(std::string(1000, 'm'), known));
  CHECK(suggestion("memroy", known) == ", did you mean \"memory\"?");
  CHECK(suggestion("zzzzzz", known) == "; known: memory, memory_bandwidth, l2, power_limit");
  CHECK(suggestion("zzzzzz", {}) == "");
}

TEST_CASE("a name of a catalogue is suggested by what it holds, by its parts, or because it is near") {
  const std::vector<std::string> gpus = {"a100_sxm_80gb", "gh200_96gb", "h100_pcie_80gb",
                                         "h100_sxm_80gb", "h200_sxm",   "l40s"};
  CHECK(similar_names("h100", gpus) == ", did you mean one of \"h100_pcie_80gb\", \"h100_sxm_80gb\"?");
  CHECK(similar_names("H200-SXM", gpus) == ", did you mean \"h200_sxm\"?");
  CHECK(similar_names("h200", gpus) == ", did you mean \"h200_sxm\"?");  // gh200 is another
  CHECK(similar_names("NVIDIA H100 NVL", gpus) ==
        ", did you mean one of \"h100_pcie_80gb\", \"h100_sxm_80gb\"?");
  CHECK(similar_names("l40z", gpus) == ", did you mean \"l40s\"?");
  CHECK(similar_names("tpu", std::vector<std::string>{"l4", "l40s"}) == "; known: l4, l40s");
}

TEST_CASE("quoted text is one short line of whole characters") {
  CHECK(quote("64GiB") == "\"64GiB\"");
  CHECK(quote("a\nb\x01") == "\"a?b?\"");
  CHECK(quote("abcdef", 3) == "\"abc...\"");
  CHECK(quote("ab\u00e9", 3) == "\"ab...\"");
}

TEST_CASE("problems print with their place") {
  CHECK(Place{"a.yaml", 3, 7}.str() == "a.yaml:3:7");
  CHECK(Place{"a.yaml"}.str() == "a.yaml");
  CHECK(Problem{{"a.yaml", 3, 7}, "wrong"}.str() == "a.yaml:3:7: wrong");
  CHECK(Problem{{}, "wrong"}.str() == "wrong");
  const InputError error({{{"a.yaml", 1, 2}, "first"}, {{"a.yaml"}, "second"}});
  CHECK(std::string(error.what()) == "a.yaml:1:2: first\na.yaml: second");
  CHECK(error.problems().size() == 2);
}

TEST_CASE("no text steers a terminal") {
  CHECK(printable("a\x1b[31mb\a\r\n\t\x7f") == "a?[31mb?????");
  CHECK(printable("\u009b31m \u202e \u2066 \u00e9 \u4e2d") == "?31m ? ? \u00e9 \u4e2d");
  CHECK(printable("\xff\xc3") == "??");
  CHECK(printable(std::string_view("\0", 1)) == "?");
  std::string rest;
  CHECK(printable_lines("a\tb\n\u009b", Shown::escaped, rest) == "a\tb\n\\u009b");
  CHECK(printable_lines("\xff", Shown::escaped, rest) == "\ufffd");
  CHECK(printable_lines("a\xc3", Shown::replaced, rest) == "a");
  CHECK(rest == "\xc3");
}

}  // namespace
}  // namespace aifsim
