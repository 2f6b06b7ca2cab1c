#include "report/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "report/chart_style.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

constexpr double page_width = 960, plot_left = 84, plot_right = 692, plot_height = 320;
constexpr double label_gap = 16;  // least distance between the names at the right, px
constexpr std::array<const char*, 4> dashes{"", "8 5", "2 5", "10 4 2 4"};

std::string px(double v) {
  std::string text = fmt::format("{:.1f}", v);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

// 1, 2, 2.5 or 5 times a power of ten, so that `range` takes at most `most` steps.
double nice_step(double range, int most) {
  const double power = std::pow(10, std::floor(std::log10(range / most)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (range / (factor * power) <= most) return factor * power;
  }
  return 10 * power;
}

struct Frame {
  double top = 0;               // y of the plot's upper edge
  double x_min = 0, x_max = 1;  // in the scale's own units (log2 where asked)
  double y_max = 1, y_step = 0.2;
  double y_min = 0;  // with log10_y: of the least power of ten shown, as y_max of the greatest
  bool log2_x = false, log10_y = false;

  double bottom() const { return top + plot_height; }
  double x(double value) const {
    const double v = log2_x ? std::log2(value) : value;
    if (x_max <= x_min) return (plot_left + plot_right) / 2;
    const double inset = 18;  // keeps the first and last marker off the frame
    return plot_left + inset + (v - x_min) / (x_max - x_min) * (plot_right - plot_left - 2 * inset);
  }
  double y(double value) const {
    if (!log10_y) return bottom() - value / y_max * plot_height;
    const double v = std::log10(std::max(value, std::pow(10, y_min)));
    return bottom() - (v - y_min) / (y_max - y_min) * plot_height;
  }
};

template <class Visit>
void for_each_point(const LineChart& chart, Visit visit) {
  for (const ChartSeries& s : chart.series) {
    for (const ChartPoint& p : s.line) visit(p);
    for (const ChartPoint& p : s.markers) visit(p);
  }
}

Frame frame_of(const LineChart& chart, double top) {
  Frame f{.top = top, .x_min = INFINITY, .x_max = -INFINITY, .y_max = 0, .log2_x = chart.log2_x};
  for_each_point(chart, [&](const ChartPoint& p) {
    const double x = chart.log2_x ? std::log2(p.x) : p.x;
    f.x_min = std::min(f.x_min, x);
    f.x_max = std::max(f.x_max, x);
    f.y_max = std::max({f.y_max, p.y, p.high});
  });
  if (chart.log10_y) {
    double least = INFINITY;
    for_each_point(chart, [&](const ChartPoint& p) {
      for (const double v : {p.y, p.low})
        if (v > 0) least = std::min(least, v);
    });
    if (!std::isfinite(least)) least = 1;
    f.log10_y = true;
    f.y_min = std::floor(std::log10(least) + 1e-9);
    f.y_max = std::max(f.y_min + 1, std::ceil(std::log10(std::max(f.y_max, least)) - 1e-9));
    return f;
  }
  if (f.y_max <= 0) f.y_max = 1;
  f.y_step = nice_step(f.y_max, 8);
  f.y_max = std::ceil(f.y_max / f.y_step - 1e-9) * f.y_step;
  return f;
}

// The values themselves where they are few (GPU counts), else round steps.
std::vector<double> x_ticks(const LineChart& chart, const Frame& f) {
  std::set<double> values;
  for_each_point(chart, [&](const ChartPoint& p) { values.insert(p.x); });
  if (values.size() <= 12) return {values.begin(), values.end()};
  std::vector<double> ticks;
  const double step = chart.log2_x ? std::ceil((f.x_max - f.x_min) / 10) : nice_step(f.x_max - f.x_min, 10);
  for (double v = std::ceil(f.x_min / step) * step; v <= f.x_max + 1e-9; v += step) {
    ticks.push_back(chart.log2_x ? std::exp2(v) : v);
  }
  return ticks;
}

struct YTick {
  double value;
  std::string text;  // "" for a line between labelled ones
  bool axis;
};

std::vector<YTick> y_ticks(const LineChart& chart, const Frame& f) {
  const auto text = [&](double value) {
    if (chart.y_text) return chart.y_text(value);
    return chart.y_percent ? fmt::format("{:g} %", 100 * value) : fmt::format("{:g}", value);
  };
  std::vector<YTick> ticks;
  if (!f.log10_y) {
    for (int i = 0; i * f.y_step <= f.y_max * (1 + 1e-9); ++i)
      ticks.push_back({i * f.y_step, text(i * f.y_step), i == 0});
    return ticks;
  }
  const bool few = f.y_max - f.y_min <= 3;  // decades: room for 2 and 5 too
  for (double power = f.y_min; power <= f.y_max + 1e-9; ++power)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10, power);
      if (factor > 1 && (power >= f.y_max || !few)) continue;
      ticks.push_back({value, text(value), power <= f.y_min && factor <= 1});
    }
  return ticks;
}

void put_axes(std::string& out, const LineChart& chart, const Frame& f) {
  for (const YTick& tick : y_ticks(chart, f)) {
    const std::string y = px(f.y(tick.value));
    out += fmt::format(R"(<path class="{}" d="M{} {}H{}"/>)", tick.axis ? "axis" : "grid", plot_left, y,
                       plot_right);
    if (!tick.text.empty())
      out += fmt::format(R"(<text x="{}" y="{}" text-anchor="end" dy="4">{}</text>)", plot_left - 8, y,
                         escape(tick.text));
  }
  double last = -INFINITY;
  for (const double value : x_ticks(chart, f)) {
    const double x = f.x(value);
    out += fmt::format(R"(<path class="axis" d="M{} {}v5"/>)", px(x), px(f.bottom()));
    const std::string text = chart.x_text ? chart.x_text(value) : fmt::format("{:g}", value);
    const double half = 4.0 * static_cast<double>(text.size());
    if (x - half < last) continue;  // a label that would touch its neighbour is left out
    last = x + half + 4;
    out += fmt::format(R"(<text x="{}" y="{}" text-anchor="middle">{}</text>)", px(x), px(f.bottom() + 21),
                       escape(text));
  }
  out += fmt::format(R"(<text class="name" x="{}" y="{}" text-anchor="middle">{}</text>)",
                     px((plot_left + plot_right) / 2), px(f.bottom() + 44), escape(chart.x_label));
  const std::string middle = px(f.top + plot_height / 2);
  out += fmt::format(
      R"svg(<text class="name" x="14" y="{0}" text-anchor="middle" transform="rotate(-90 14 {0})">{1}</text>)svg",
      middle, escape(chart.y_label));
}

// Circle, square, triangle or diamond of radius r around (x, y).
std::string shape(int pattern, double x, double y, double r, const char* css) {
  switch (pattern % 4) {
    case 0:
      return fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="{}"/>)", css, px(x), px(y), px(r));
    case 1:
      return fmt::format(R"(<path class="{}" d="M{} {}h{}v{}h-{}z"/>)", css, px(x - r * 0.9), px(y - r * 0.9),
                         px(r * 1.8), px(r * 1.8), px(r * 1.8));
    case 2:
      return fmt::format(R"(<path class="{}" d="M{} {}l{} {}h-{}z"/>)", css, px(x), px(y - r * 1.2),
                         px(r * 1.15), px(r * 2), px(r * 2.3));
    default:
      return fmt::format(R"(<path class="{0}" d="M{1} {2}l{3} {3}l-{3} {3}l-{3} -{3}z"/>)", css, px(x),
                         px(y - r * 1.3), px(r * 1.3));
  }
}

std::string titled(const std::string& label, const std::string& body) {
  if (label.empty()) return body;
  return fmt::format(R"(<g class="tip"><title>{}</title>{}</g>)", escape(label), body);
}

void put_band(std::string& out, const ChartSeries& s, const Frame& f) {
  const bool has_band =
      std::any_of(s.line.begin(), s.line.end(), [](const ChartPoint& p) { return p.high > p.low; });
  if (!has_band || s.line.size() < 2) return;
  std::string d = "M";
  for (const ChartPoint& p : s.line) d += px(f.x(p.x)) + " " + px(f.y(p.high)) + " ";
  for (auto p = s.line.rbegin(); p != s.line.rend(); ++p) d += px(f.x(p->x)) + " " + px(f.y(p->low)) + " ";
  out += fmt::format(R"(<path class="band c{}" d="{}z"/>)", s.colour % 8, d);
}

void put_series(std::string& out, const ChartSeries& s, const Frame& f) {
  out += fmt::format(R"(<g class="c{}">)", s.colour % 8);
  if (s.line.size() > 1) {
    std::string d = "M";
    for (const ChartPoint& p : s.line) d += px(f.x(p.x)) + " " + px(f.y(p.y)) + " ";
    d.pop_back();
    const std::string dash = dashes[s.pattern % 4];
    out += fmt::format(R"(<path class="line"{} d="{}"/>)",
                       dash.empty() ? "" : fmt::format(R"( stroke-dasharray="{}")", dash), d);
  }
  for (const ChartPoint& p : s.line) {
    const double x = f.x(p.x), y = f.y(p.y);
    const std::string hit = fmt::format(R"(<circle class="hit" cx="{}" cy="{}" r="9"/>)", px(x), px(y));
    out += titled(p.label, shape(s.pattern, x, y, 3.2, "dot") + hit);
  }
  for (const ChartPoint& p : s.markers) {
    out += titled(p.label, shape(s.pattern, f.x(p.x), f.y(p.y), 6.5, "ring"));
  }
  out += "</g>";
}

// Broken at spaces into at most three lines; what does not fit is cut.
std::vector<std::string> label_lines(const std::string& name) {
  constexpr std::size_t most_lines = 3, most = 28;  // characters that fit at the right
  std::vector<std::string> lines;
  std::string rest = name;
  while (width_of(rest) > most && lines.size() + 1 < most_lines) {
    std::size_t cut = rest.find(' ');
    for (std::size_t next = cut; next != std::string::npos && width_of(rest.substr(0, next)) <= most;
         next = rest.find(' ', next + 1))
      cut = next;
    if (cut == std::string::npos) break;
    lines.push_back(shortened(rest.substr(0, cut), most));
    rest.erase(0, cut + 1);
  }
  lines.push_back(shortened(rest, most));
  return lines;
}

// The name of each series stands at the right of its last point; names are pushed apart where lines end close
// together, and a thin leader joins each to its line.
void put_names(std::string& out, const LineChart& chart, const Frame& f) {
  struct Name {
    const ChartSeries* series;
    double x, y, at;  // `at`: of the first line
    std::vector<std::string> lines;
    double height() const { return label_gap * static_cast<double>(lines.size()); }
  };
  std::vector<Name> names;
  for (const ChartSeries& s : chart.series) {
    if (s.line.empty() && s.markers.empty()) continue;
    const ChartPoint& end = s.line.empty() ? s.markers.back() : s.line.back();
    names.push_back({&s, f.x(end.x), f.y(end.y), f.y(end.y), label_lines(s.name)});
  }
  std::stable_sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < names.size(); ++i)
    names[i].at = std::max(names[i].at, names[i - 1].at + names[i - 1].height());
  double floor = f.bottom() + label_gap;
  for (auto n = names.rbegin(); n != names.rend(); ++n) {
    n->at = std::min(n->at, floor - n->height());
    floor = n->at;
  }
  for (const Name& n : names) {
    out += fmt::format(R"(<g class="c{}"><path class="leader" d="M{} {}L{} {}h6"/>)", n.series->colour % 8,
                       px(n.x + 6), px(n.y), px(plot_right + 4), px(n.at));
    for (std::size_t line = 0; line < n.lines.size(); ++line)
      out += fmt::format(R"(<text class="series" x="{}" y="{}" dy="4">{}</text>)", px(plot_right + 14),
                         px(n.at + label_gap * static_cast<double>(line)), escape(n.lines[line]));
    out += "</g>";
  }
}

void put_legend(std::string& out, const LineChart& chart, double y) {
  double x = plot_left;
  const auto entry = [&](const std::string& symbol, const std::string& text) {
    out += fmt::format(
        R"svg(<g class="key" transform="translate({} {})">{}<text x="30" dy="4">{}</text></g>)svg", px(x),
        px(y), symbol, escape(text));
    x += 52 + 6.6 * static_cast<double>(width_of(text));
  };
  const bool lines = std::any_of(chart.series.begin(), chart.series.end(),
                                 [](const ChartSeries& s) { return !s.line.empty(); });
  const bool markers = std::any_of(chart.series.begin(), chart.series.end(),
                                   [](const ChartSeries& s) { return !s.markers.empty(); });
  if (lines)
    entry(R"(<path class="line" d="M0 0h22"/><circle class="dot" cx="11" cy="0" r="3.2"/>)", "predicted");
  if (!chart.band_name.empty()) entry(R"(<path class="band" d="M0 -6h22v12h-22z"/>)", chart.band_name);
  if (markers) entry(R"(<circle class="ring" cx="11" cy="0" r="6.5"/>)", chart.marker_name);
}

}  // namespace

std::string chart_svg(const LineChart& chart, ChartUse use) {
  bool any = false;
  for_each_point(chart, [&](const ChartPoint&) { any = true; });
  if (!any) return "";

  const bool alone = use == ChartUse::standalone;
  const double head = alone ? 34 : 0;
  const Frame f = frame_of(chart, head + 38);
  const double height = f.bottom() + 56;
  std::string out =
      fmt::format(R"(<svg class="chart"{} viewBox="0 0 {} {}" role="img" aria-label="{}">)",
                  alone ? fmt::format(R"( xmlns="http://www.w3.org/2000/svg" width="{}" height="{}")",
                                      page_width, px(height))
                        : "",
                  page_width, px(height), escape(chart.title));
  if (alone) {
    out += "<style>" + standalone_chart_css() + "</style>";
    out += fmt::format(R"(<path class="paper" d="M0 0h{}v{}h-{}z"/>)", page_width, px(height), page_width);
    out += fmt::format(R"(<text class="title" x="{}" y="28">{}</text>)", plot_left, escape(chart.title));
  }
  put_legend(out, chart, head + 16);
  put_axes(out, chart, f);
  for (const ChartSeries& s : chart.series) put_band(out, s, f);
  for (const ChartSeries& s : chart.series) put_series(out, s, f);
  put_names(out, chart, f);
  return out + "</svg>\n";
}

}  // namespace aifsim
