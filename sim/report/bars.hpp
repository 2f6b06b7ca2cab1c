// Horizontal stacked bars as SVG for a page that has the chart rules (page_chart_css).
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace aifsim {

struct BarRow {
  std::string group{};          // a heading stands where it changes; "" for none
  std::string label{};          // left of the bar
  std::vector<double> parts{};  // one for each of BarChart::parts
  double mark = 0;              // a tick across the bar, e.g. the capacity; 0 for none
  std::string note{};           // right of the bar
};

struct BarPart {
  std::string name{};
  int colour = 0;  // 0..7 of the palette
};

struct BarChart {
  std::string title{};  // read out by screen readers
  std::vector<BarPart> parts{};
  std::string mark_name{};  // legend of the tick; "" for none
  double full = 0;          // length of a whole bar; 0 = the longest row
  std::function<std::string(double)> text{};
  std::vector<BarRow> rows{};
  bool legend = true;
};

std::string bars_svg(const BarChart& chart);  // "" without rows

}  // namespace aifsim
