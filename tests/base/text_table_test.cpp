#include "base/text_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

namespace aifsim {
namespace {

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) most = std::max(most, text_width(line));
  return most;
}

TextTable sample() {
  TextTable table({{"GPUs"}, {"step"}, {"tokens/s"}, {"busiest link", true}});
  table.heading("first machine");
  table.row({"8", "930 ms", "564k", "nic in"});
  table.row({"128", "1.17 µs", "845k", "from leaf to spine 12"});
  table.remark({"1024"}, "does not fit in memory");
  return table;
}

}  // namespace

TEST_CASE("a table is as wide as it needs without a limit, and where it fits") {
  const std::string wide =
      "GPUs     step  tokens/s  busiest link\n"
      "first machine\n"
      "   8   930 ms      564k  nic in\n"
      " 128  1.17 µs      845k  from leaf to spine 12\n"
      "1024  does not fit in memory\n";
  CHECK(sample().str(0) == wide);
  CHECK(sample().str(46) == wide);
}

TEST_CASE("a last column of text is broken at spaces where it does not fit") {
  CHECK(sample().str(45) ==
        "GPUs     step  tokens/s  busiest link\n"
        "first machine\n"
        "   8   930 ms      564k  nic in\n"
        " 128  1.17 µs      845k  from leaf to spine\n"
        "                         12\n"
        "1024  does not fit in memory\n");
}

TEST_CASE("a table that is too wide is told in parts, each with its key column, and loses nothing") {
  const std::string parts = sample().str(26);
  CHECK(widest(parts) <= 26);
  CHECK(parts ==
        "GPUs     step  tokens/s\n"
        "first machine\n"
        "   8   930 ms      564k\n"
        " 128  1.17 µs      845k\n"
        "1024  does not fit in\n"
        "      memory\n"
        "\n"
        "GPUs  busiest link\n"
        "first machine\n"
        "   8  nic in\n"
        " 128  from leaf to spine\n"
        "      12\n");
}

TEST_CASE("text is wrapped between words, further lines are indented") {
  CHECK(wrapped("one two three four five six seven", 24, 2) == "  one two three four\n    five six seven\n");
  CHECK(wrapped("one two", 0, 2) == "  one two\n");
  CHECK(widest(wrapped(std::string(30, 'x').append(" y"), 24)) == 30);  // a word is not broken
}

}  // namespace aifsim
