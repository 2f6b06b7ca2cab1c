// A small line chart as SVG: log2 or linear x, linear y from zero or log10, several series with bands and markers.
// Inside a page its colours are CSS variables (page_chart_css), so that it follows light and dark mode; alone
// it carries its own style on white.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace aifsim {

struct ChartPoint {
  double x = 0, y = 0;
  double low = 0, high = 0;  // band around y; equal when there is none
  std::string label{};       // shown on hover
};

struct ChartSeries {
  std::string name{};
  int colour = 0;                  // 0..7 of the palette
  int pattern = 0;                 // 0..3: solid, dashed, dotted, dash-dotted; also the shape of the markers
  std::vector<ChartPoint> line{};  // by rising x
  std::vector<ChartPoint> markers{};  // drawn hollow beside the line, e.g. measured points
};

struct LineChart {
  std::string title{};  // read out by screen readers; drawn above a standalone chart
  std::string x_label{}, y_label{};
  bool log2_x = false, log10_y = false;
  std::function<std::string(double)> x_text{},
      y_text{};               // of a tick, with its unit; a plain number where empty
  bool y_percent = false;     // y is a ratio, shown in per cent
  std::string band_name{};    // legend of the shaded band; empty when no series has one
  std::string marker_name{};  // legend of the hollow markers
  std::vector<ChartSeries> series{};
};

enum class ChartUse { in_page, standalone };

// A chart without any point answers "".
std::string chart_svg(const LineChart& chart, ChartUse use);

// For a page that shows charts: the custom properties --series-0..7 for light and dark, and the rules of the
// classes. The page itself defines --paper, --text, --soft (secondary text) and --grid.
std::string page_chart_css();

}  // namespace aifsim
