#include "report/account_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/format.hpp"

namespace aifsim {
namespace {

// Of each StepPart, in order.
constexpr auto part_groups =
    std::to_array<std::size_t>({0, 1, 0, 2, 2, 7, 3, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 7});
static_assert(part_groups.size() == step_parts);

}  // namespace

std::vector<BarPart> account_bar_parts() {
  return {{"products", 0},   {"attention", 1}, {"element-wise", 2}, {"host", 7},
          {"TP, CP, EP", 3}, {"DP", 4},        {"pipeline", 5},     {"other waits", 6}};
}

std::vector<double> account_bar(const StepAccount& account) {
  std::vector<double> parts(8, 0);
  for (std::size_t i = 0; i < step_parts; ++i) parts[part_groups[i]] += account.parts[i];
  return parts;
}

void AccountChart::add(const std::string& label, const StepAccount& account) {
  rows_.push_back({.label = label, .parts = account_bar(account), .note = human_time(account.step)});
}

std::string AccountChart::svg() const {
  return bars_svg({.title = "Where the time of a step goes",
                   .parts = account_bar_parts(),
                   .text = [](double v) { return human_time(Seconds{v}); },
                   .rows = rows_});
}

std::string waterfall_svg(const StepAccount& account) {
  constexpr double left = 260, right = 800, row = 24;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < step_parts; ++i)
    if (account.parts[i] > 0.0005 * account.step.value) shown.push_back(i);
  if (shown.empty()) return "";
  const double height = row * static_cast<double>(shown.size() + 1) + 8;
  std::string out = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 960 {:.0f}\" role=\"img\" aria-label=\"Where the time of a step "
      "goes\">",
      height);
  double at = 0, y = 4;
  const auto bar = [&](const std::string& name, double from, double length, std::size_t colour) {
    const double scale = (right - left) / account.step.value;
    out += fmt::format(
        "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text><g class=\"tip c{}\"><title>{}: "
        "{}</title>"
        "<rect class=\"part\" x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"18\"/></g>"
        "<text x=\"{:.1f}\" y=\"{:.0f}\">{}, {}</text>",
        left - 10, y + 14, escape(name), colour, escape(name), human_time(Seconds{length}),
        left + from * scale, y, std::max(1.0, length * scale), left + (from + length) * scale + 6, y + 14,
        human_time(Seconds{length}), percent(length / account.step.value));
    y += row;
  };
  const std::vector<BarPart> groups = account_bar_parts();
  for (const std::size_t i : shown) {
    bar(name_of(static_cast<StepPart>(i)), at, account.parts[i],
        static_cast<std::size_t>(groups[part_groups[i]].colour));
    at += account.parts[i];
  }
  bar("step", 0, account.step.value, 7);
  return out + "</svg>";
}

}  // namespace aifsim
