// The cuts and shares of a bisection as horizontal bars.
#include <fmt/format.h>

#include <algorithm>

#include "report/drawing/draw.hpp"
#include "report/drawing/draw_parts.hpp"

namespace aifsim {

namespace {

constexpr double bar_left_edge = 260, bar_width = 560, cut_height = 16, pitch = 26;

void bar(Svg& svg, double y, const std::string& name, double share, const std::string& note) {
  svg.text({bar_left_edge - 10, y + 13}, name, 12.5, page::ink, Anchor::end);
  svg.box({bar_left_edge, y, bar_width, cut_height}, "#f2f5f9", "#d5dbe2", 2);
  svg.box({bar_left_edge, y, bar_width * std::min(1.0, share), cut_height}, "#5b7fb5", "#5b7fb5", 2);
  svg.text({bar_left_edge + bar_width + 10, y + 13}, note, 12.5, page::faint);
}

double bars(Svg& svg, double y, std::string_view title, const std::vector<Cut>& cuts, std::size_t most) {
  if (cuts.empty()) return y;
  heading(svg, y, title);
  y += 22;
  for (std::size_t i = 0; i < std::min(cuts.size(), most); ++i, y += pitch)
    bar(svg, y, cuts[i].name, cuts[i].share(),
        fmt::format("{:.0f} % of {}", 100 * cuts[i].share(), shown(cuts[i].wanted)));
  return y + 26;
}

}  // namespace

std::string draw_bisection(const std::string& title, const Bisection& bisection) {
  Svg svg;
  svg.text({page::margin, 46}, title, 24, page::ink, Anchor::start, true);
  double y = bars(svg, 90, "Halves of the machine", bisection.halves, 8);
  y = bars(svg, y, "Out of each group, the worst first", bisection.groups, 16);
  if (bisection.draws > 0) {
    heading(svg, y, "Random pairs of nodes, share of the injection bandwidth");
    for (const auto& [name, share] : {std::pair{"mean of all NICs", bisection.permutation_mean},
                                      {"least of any NIC", bisection.permutation_least}})
      bar(svg, y += pitch, name, share, fmt::format("{:.0f} %", 100 * share));
  }
  return svg.document(page::width, y + 60, title);
}

}  // namespace aifsim
