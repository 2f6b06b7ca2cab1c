#include "report/bars.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/format.hpp"

namespace aifsim {
namespace {

constexpr double chart_width = 960, bar_left = 176, bar_right = 720, row_height = 25, bar_height = 18;
constexpr double character = 7.4;  // average advance of the chart's font, px

double length_of_a_full_bar(const BarChart& chart) {
  double full = chart.full;
  if (full > 0) return full;
  for (const BarRow& row : chart.rows) {
    full = std::max({full, std::accumulate(row.parts.begin(), row.parts.end(), 0.0), row.mark});
  }
  return full > 0 ? full : 1;
}

void put_legend(std::string& out, const BarChart& chart) {
  double x = bar_left;
  for (const BarPart& part : chart.parts) {
    out += fmt::format(
        R"(<rect class="part c{}" x="{:.0f}" y="4" width="14" height="14"/><text x="{:.0f}" y="16">{}</text>)",
        part.colour, x, x + 20, escape(part.name));
    x += 40 + character * static_cast<double>(width_of(part.name));
  }
  if (chart.mark_name.empty()) return;
  out += fmt::format(R"(<path class="mark" d="M{:.0f} 2v18"/><text x="{:.0f}" y="16">{}</text>)", x + 4,
                     x + 14, escape(chart.mark_name));
}

void put_row(std::string& out, const BarChart& chart, const BarRow& row, double y, double scale) {
  out += fmt::format(R"(<text x="{}" y="{:.0f}" text-anchor="end">{}</text>)", bar_left - 10, y + 14,
                     escape(shortened(row.label, 24)));
  out += fmt::format(R"(<rect class="track" x="{}" y="{:.0f}" width="{}" height="{}"/>)", bar_left, y,
                     bar_right - bar_left, bar_height);
  double x = bar_left;
  for (std::size_t i = 0; i < row.parts.size(); ++i) {
    const double length = std::min(std::max(0.0, row.parts[i]) * scale, bar_right - x);
    const std::string text = chart.text(row.parts[i]);
    out += fmt::format(R"(<g class="tip c{}"><title>{}: {} {}</title>)", chart.parts[i].colour,
                       escape(row.label), escape(chart.parts[i].name), escape(text));
    out += fmt::format(R"(<rect class="part" x="{:.1f}" y="{:.0f}" width="{:.1f}" height="{}"/>)", x, y,
                       length, bar_height);
    if (length > character * static_cast<double>(width_of(text)) + 8) {
      out += fmt::format(R"(<text class="inside" x="{:.1f}" y="{:.0f}" text-anchor="middle">{}</text>)",
                         x + length / 2, y + 13.5, escape(text));
    }
    out += "</g>";
    x += length;
  }
  if (row.mark > 0) {
    out += fmt::format(R"(<path class="mark" d="M{:.1f} {:.0f}v{}"/>)",
                       std::min(bar_left + row.mark * scale, bar_right), y - 2, bar_height + 4);
  }
  out += fmt::format(R"(<text x="{}" y="{:.0f}">{}</text>)", bar_right + 10, y + 14,
                     escape(shortened(row.note, 36)));
}

}  // namespace

std::string bars_svg(const BarChart& chart) {
  if (chart.rows.empty()) return "";
  const double scale = (bar_right - bar_left) / length_of_a_full_bar(chart);
  std::string body;
  if (chart.legend) put_legend(body, chart);
  double y = chart.legend ? 32 : 6;
  std::string group;
  for (const BarRow& row : chart.rows) {
    if (row.group != group) {
      group = row.group;
      body += fmt::format(R"(<text class="group" x="0" y="{:.0f}">{}</text>)", y + 15, escape(group));
      y += row_height;
    }
    put_row(body, chart, row, y, scale);
    y += row_height;
  }
  return fmt::format(R"(<svg class="chart" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>)",
                     chart_width, y, escape(chart.title), body) +
         "\n";
}

}  // namespace aifsim
