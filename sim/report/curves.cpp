#include "report/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "report/format.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_curves = 12;

int index_of(std::map<std::string, int>& seen, const std::string& key) {
  return seen.emplace(key, static_cast<int>(seen.size())).first->second;
}

// With several platforms and variants, the colour says the platform and the pattern the variant; else every
// curve has its own colour.
std::vector<ChartSeries> named_series(const std::vector<Sweep>& sweeps) {
  std::map<std::string, int> platforms, variants;
  for (const Sweep& s : sweeps) {
    index_of(platforms, s.platform);
    index_of(variants, s.variant);
  }
  const bool both = platforms.size() > 1 && variants.size() > 1;
  std::vector<ChartSeries> all;
  for (const Sweep& s : sweeps) {
    ChartSeries series;
    series.name = platforms.size() == 1  ? s.variant
                  : variants.size() == 1 ? s.title
                                         : s.title + ", " + s.variant;
    const int number = static_cast<int>(all.size());
    series.colour = both ? index_of(platforms, s.platform) : number;
    series.pattern = both ? index_of(variants, s.variant) : number;
    all.push_back(std::move(series));
  }
  return all;
}

// Of more than a chart can show, those with the highest MFU at their largest size, in the result's order.
std::vector<Sweep> drawn_sweeps(const Result& result) {
  std::vector<Sweep> sweeps = sweeps_of(result);
  std::erase_if(sweeps, [](const Sweep& s) { return !s.answered.front()->metrics.has(Metric::mfu); });
  if (sweeps.size() <= most_curves) return sweeps;
  std::vector<double> mfu;
  for (const Sweep& s : sweeps) mfu.push_back(s.answered.back()->mfu());
  std::vector<double> sorted = mfu;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  std::vector<Sweep> drawn;
  for (std::size_t i = 0; i < sweeps.size() && drawn.size() < most_curves; ++i)
    if (mfu[i] >= sorted[most_curves - 1]) drawn.push_back(std::move(sweeps[i]));
  return drawn;
}

std::string where(const Point& p) { return fmt::format("{}, {} GPUs", group_of(p), p.gpus); }

// `value` turns a step time of the point into what the chart shows. Without a band the quantity does not
// follow from a step time alone, so measured step times give no marker either.
template <class Value>
LineChart chart_over_gpus(const Result& result, const std::string& title, const std::string& y_label,
                          Value value, bool with_band, bool in_percent) {
  LineChart chart{
      .title = title, .x_label = "GPUs", .y_label = y_label, .log2_x = true, .y_percent = in_percent};
  if (with_band) chart.band_name = "80 % band";
  chart.marker_name = "measured";
  const auto shown = [&](double v) { return in_percent ? percent(v) : human_time(Seconds{v}); };
  const std::vector<Sweep> sweeps = drawn_sweeps(result);
  chart.series = named_series(sweeps);
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    for (const Point* p : sweeps[i].answered) {
      const double gpus = static_cast<double>(p->gpus), y = value(*p, p->step_time());
      ChartPoint point{gpus, y, y, y, where(*p) + ": " + shown(y)};
      if (with_band) {
        std::tie(point.low, point.high) =
            std::minmax({value(*p, p->step_time_p10()), value(*p, p->step_time_p90())});
        point.label += fmt::format(" (80 % band {} to {})", shown(point.low), shown(point.high));
      }
      chart.series[i].line.push_back(std::move(point));
      if (!with_band || !p->measured) continue;
      const double m = value(*p, *p->measured);
      chart.series[i].markers.push_back(
          {gpus, m, m, m, fmt::format("{}: {} measured; {}", where(*p), shown(m), p->measured_source)});
    }
  }
  return chart;
}

}  // namespace

std::string curves_hint(const Result& result) {
  const std::size_t n = sweeps_of(result).size();
  return n <= most_curves
             ? ""
             : fmt::format("{} of {} curves are drawn: those with the highest MFU at their largest size. ",
                           most_curves, n);
}

bool sweeps_gpus(const Result& result) {
  const std::vector<Sweep> sweeps = sweeps_of(result);
  return std::any_of(sweeps.begin(), sweeps.end(), [](const Sweep& s) {
    return s.answered.front()->gpus != s.answered.back()->gpus &&
           s.answered.front()->metrics.has(Metric::mfu);
  });
}

LineChart mfu_chart(const Result& result) {
  // At a given GPU count the MFU is a constant over the step time.
  const auto mfu = [](const Point& p, Seconds step) {
    return step.value > 0 ? p.mfu() * (p.step_time() / step) : 0;
  };
  return chart_over_gpus(result, "MFU against GPU count: " + result.title, "model FLOPs utilisation", mfu,
                         true, true);
}

LineChart step_time_chart(const Result& result) {
  const auto time = [](const Point&, Seconds step) { return step.value; };
  return chart_over_gpus(result, "Step time against GPU count: " + result.title, "step time, seconds", time,
                         true, false);
}

LineChart exposed_chart(const Result& result) {
  const auto share = [](const Point& p, Seconds) { return exposed_share(p); };
  return chart_over_gpus(result, "Exposed communication against GPU count: " + result.title,
                         "share of the step", share, false, true);
}

LineChart energy_chart(const Result& result) {
  LineChart chart{.title = "Energy of a token against GPU count: " + result.title,
                  .x_label = "GPUs",
                  .y_label = "joules per token, GPU boards",
                  .log2_x = true};
  const std::vector<Sweep> sweeps = drawn_sweeps(result);
  chart.series = named_series(sweeps);
  for (std::size_t i = 0; i < sweeps.size(); ++i)
    for (const Point* p : sweeps[i].answered) {
      if (p->energy().value <= 0) continue;
      const double y = energy_per_token(*p).value;
      chart.series[i].line.push_back({static_cast<double>(p->gpus), y, y, y,
                                      fmt::format("{}: {}, {:.0f} W for a GPU", where(*p),
                                                  human_energy(energy_per_token(*p)), gpu_power(*p).value)});
    }
  return chart;
}

std::string chart_svg_for_readme(const Result& result) {
  return sweeps_gpus(result) ? chart_svg(mfu_chart(result), ChartUse::standalone) : "";
}

}  // namespace aifsim
