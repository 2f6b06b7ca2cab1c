#include "report/table.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "report/fake_result.hpp"
#include "report/format.hpp"
#include "report/site_table.hpp"

using namespace aifsim;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("the table has a row for each answered point and fits a terminal") {
  const std::vector<std::string> lines = lines_of(text_table(fake::result()));
  // Title, summary, blank, heads, 4 groups, 23 rows, blank, "No answer:", 1 problem.
  REQUIRE(lines.size() == 34);
  CHECK(lines[0] == "Full or hybrid sharding?");
  CHECK(lines[1] == "gpt-2.7b on 24 points, fidelity flow, seed 18446744073709551615");
  CHECK(lines[4] == "leonardo_booster, full sharding");
  for (const std::string& line : lines) CHECK(width_of(line) <= 120);
  CHECK(
      lines[10] ==
      "  256  1.67 s   1.55-1.80 s     1.26M  30 %   820 ms  49 %    300  34.1/59.2 GiB  leaf uplink 71 %    "
      "1.72 s  -2.9 %");
  CHECK(lines[33] ==
        "  leonardo_booster, hybrid sharding, 16 GPUs: does not fit: 61.2 GiB needed, 59.2 GiB of each GPU "
        "can be "
        "allocated");
}

TEST_CASE("without measurements the table has no columns for them") {
  Result r = fake::result();
  for (Point& p : r.points) p.measured.reset();
  const std::string table = text_table(r);
  CHECK(table.find("measured") == std::string::npos);
  CHECK(table.find("error") == std::string::npos);
}

TEST_CASE("a table without answers shows only the problems") {
  Result r = fake::result();
  r.points = {r.points[7]};
  const std::string table = text_table(r);
  CHECK(table.find("MFU") == std::string::npos);
  CHECK(table.find("No answer:") != std::string::npos);
  r.points.clear();
  CHECK(lines_of(text_table(r)).size() == 2);
}

TEST_CASE("platforms of one title are told apart at the meter and in the whole run") {
  Result r = fake::result();
  for (Point& p : r.points) {
    p.problem.clear();
    p.platform_title = "Bologna B";
    p.metrics[Metric::run_time] = {86400};
    p.metrics[Metric::meter_power] = {1000};
  }
  r.points.front().platform = "b2";
  for (const SiteTable& table : {run_table(r), meter_table(r)}) {
    const std::string text = text_of(table, 120);
    CHECK_THAT(text,
               Catch::Contains("Bologna B (b2), ") && Catch::Contains("Bologna B (leonardo_booster), "));
  }
  std::string page;
  put_site_tables(page, r);
  CHECK_THAT(page, Catch::Contains("Bologna B (b2), "));
  for (Point& p : r.points) p.platform = "b2";
  CHECK_THAT(text_of(run_table(r), 120), !Catch::Contains("(b2)"));
}
