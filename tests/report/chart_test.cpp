#include "report/chart.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "report/curves.hpp"
#include "report/fake_result.hpp"
#include "report/svg_check.hpp"

using namespace aifsim;

namespace {

LineChart three_points() {
  LineChart chart;
  chart.title = "a <b> & c";
  chart.log2_x = true;
  chart.band_name = "80 % band";
  chart.series = {
      {.name = "<script>alert(1)</script>",
       .line = {{8, 0.6, 0.55, 0.65, "eight"}, {16, 0.5, 0.45, 0.55, ""}, {64, 0.3, 0.25, 0.35, ""}}}};
  return chart;
}

}  // namespace

TEST_CASE("a log2 axis gives each doubling the same room") {
  const std::string svg = chart_svg(three_points(), ChartUse::in_page);
  // The line: plot from x 84 to 692 with an inset of 18; 8 -> 102, 64 -> 674, 16 at a third of the way.
  CHECK(svg.find("class=\"line\" d=\"M102 ") != std::string::npos);
  CHECK(svg.find(" 292.7 ") != std::string::npos);
  CHECK(svg.find(" 674 ") != std::string::npos);
  CHECK(occurrences(svg, "class=\"band") == 2);  // the series and its legend
}

TEST_CASE("y starts at zero and ends above the band") {
  LineChart chart = three_points();
  chart.y_percent = true;
  const std::string svg = chart_svg(chart, ChartUse::in_page);
  CHECK(svg.find(">0 %</text>") != std::string::npos);
  CHECK(svg.find(">70 %</text>") != std::string::npos);
  CHECK(svg.find(">80 %</text>") == std::string::npos);
}

TEST_CASE("charts are well-formed XML with escaped text") {
  for (const ChartUse use : {ChartUse::in_page, ChartUse::standalone}) {
    const std::string svg = chart_svg(three_points(), use);
    CHECK_NOTHROW(parsed_xml(svg));
    CHECK(svg.find("<script") == std::string::npos);
  }
  const std::string alone = chart_svg(three_points(), ChartUse::standalone);
  CHECK(parsed_xml(alone).get<std::string>("svg.<xmlattr>.xmlns") == "http://www.w3.org/2000/svg");
  CHECK(alone.find("var(") == std::string::npos);
}

TEST_CASE("a log10 axis gives each decade the same room, with ticks that say their unit") {
  LineChart chart;
  chart.log2_x = chart.log10_y = true;
  chart.y_text = [](double v) { return std::to_string(static_cast<int>(v)) + " W"; };
  chart.series = {{.name = "a", .line = {{1, 1, 0, 0, ""}, {2, 10, 0, 0, ""}, {4, 100, 0, 0, ""}}}};
  const std::string svg = chart_svg(chart, ChartUse::in_page);
  CHECK_NOTHROW(parsed_xml(svg));
  for (const char* tick : {">1 W<", ">2 W<", ">5 W<", ">10 W<", ">50 W<", ">100 W<"})
    CHECK(svg.find(tick) != std::string::npos);
  CHECK(svg.find(">0 W<") == std::string::npos);
  CHECK(svg.find("d=\"M102 358 388 198 674 38\"") != std::string::npos);  // 160 for each decade
}

TEST_CASE("long names stand whole, on several lines") {
  LineChart chart = three_points();
  chart.series.front().name = "DGX or HGX H100, NDR InfiniBand, hybrid sharding";
  const std::string svg = chart_svg(chart, ChartUse::in_page);
  CHECK(svg.find(">DGX or HGX H100, NDR<") != std::string::npos);
  CHECK(svg.find(">InfiniBand, hybrid sharding<") != std::string::npos);
}

TEST_CASE("names at the right never overlap") {
  LineChart chart;
  for (int i = 0; i < 12; ++i) {
    chart.series.push_back(
        {.name = "s" + std::to_string(i), .colour = i, .line = {{1, 0.5, 0, 0, ""}, {2, 0.5, 0, 0, ""}}});
  }
  const auto tree = parsed_xml(chart_svg(chart, ChartUse::in_page));
  std::vector<double> heights;
  for (const auto& [tag, node] : tree.get_child("svg")) {
    if (tag == "g" && node.count("text") == 1 && node.get("text.<xmlattr>.class", "") == "series") {
      heights.push_back(node.get<double>("text.<xmlattr>.y"));
    }
  }
  REQUIRE(heights.size() == 12);
  std::sort(heights.begin(), heights.end());
  for (std::size_t i = 1; i < heights.size(); ++i) CHECK(heights[i] - heights[i - 1] >= 15.9);
}

TEST_CASE("any finite data gives finite coordinates") {
  REQUIRE(rc::check([] {
    LineChart chart;
    chart.log2_x = *rc::gen::arbitrary<bool>();
    ChartSeries series;
    double x = 0;
    const int n = *rc::gen::inRange(0, 30);
    for (int i = 0; i < n; ++i) {
      x += *rc::gen::inRange(1, 5000);
      const double y = *rc::gen::inRange(0, 1000000) * 1e-4;
      series.line.push_back({x, y, y * 0.9, y * 1.1, ""});
    }
    chart.series.push_back(series);
    const std::string svg = chart_svg(chart, ChartUse::in_page);
    RC_ASSERT(svg.empty() == (n == 0));
    RC_ASSERT(svg.find("nan") == std::string::npos);
    RC_ASSERT(svg.find("inf") == std::string::npos);
    if (n > 0) parsed_xml(svg);
  }));
}

TEST_CASE("the README chart has every series and measured point") {
  const Result r = fake::result();
  const std::string svg = chart_svg_for_readme(r);
  CHECK_NOTHROW(parsed_xml(svg));
  CHECK(occurrences(svg, "class=\"series\"") == 6);  // four names, two of them on two lines
  CHECK(occurrences(svg, " measured; ") == 11);
  CHECK(occurrences(svg, "class=\"dot\"") == 23 + 1);  // answered points and the legend
  CHECK(svg.find("leonardo_booster, full sharding, 64 GPUs: 54 % (80 % band 50 % to 58 %)") !=
        std::string::npos);
}

TEST_CASE("no README chart without a sweep of GPU counts") {
  Result r = fake::result();
  r.points = {r.points[0], r.points[12]};
  CHECK(chart_svg_for_readme(r).empty());
}
