#include "report/collective_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "base/quantity.hpp"
#include "base/text_table.hpp"
#include "catalog/words.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

constexpr double kBand = 1.2816;  // quantile 0.9 of the normal distribution: 80 % lie within

std::string rate(BytesPerSecond r) { return r.value > 0 ? human_rate(r) : "-"; }

// As the user gave it, else "1 GiB" where it is a whole number of them, as sizes of messages are said.
std::string message_size(Bytes bytes, const CollectiveQuestion& q) {
  if (bytes == q.size && !q.size_as_given.empty()) return q.size_as_given;
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = bytes.value;
  std::size_t unit = 0;
  while (unit + 1 < std::size(units) && value >= 1024 &&
         value / 1024 == static_cast<double>(static_cast<long>(value / 1024)))
    value /= 1024, ++unit;
  return value < 1e6 ? fmt::format("{:.0f} {}", value, units[unit]) : human_bytes(bytes);
}

// A tick of a size's axis: "64 KiB", "1.5 MiB".
std::string binary_size(double bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; unit + 1 < std::size(units) && bytes >= 1024; ++unit) bytes /= 1024;
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

struct TickUnit {
  double size;
  const char* name;
};

std::string human_tick(double value, std::initializer_list<TickUnit> units) {
  for (const TickUnit& unit : units)
    if (value >= unit.size * (1 - 1e-9)) return fmt::format("{:.3g} {}", value / unit.size, unit.name);
  const TickUnit& least = *(units.end() - 1);
  return fmt::format("{:.3g} {}", value / least.size, least.name);
}

}  // namespace

std::string collective_table(const CollectiveQuestion& question, const std::vector<CollectiveAnswer>& answers,
                             std::size_t width) {
  TextTable table({{"size"},
                   {"ranks"},
                   {"algorithm", true},
                   {"time"},
                   {"80 % band"},
                   {"algbw"},
                   {"busbw"},
                   {"latency"},
                   {"bottleneck", true}},
                  3);
  const CollectiveAnswer* last = nullptr;
  for (const CollectiveAnswer& a : answers) {
    if (last && (last->size.value != a.size.value || last->ranks != a.ranks)) table.heading("");
    last = &a;
    std::vector<std::string> keys{message_size(a.size, question), std::to_string(a.ranks)};
    if (!a.problem.empty()) {
      table.remark(std::move(keys), "no answer: " + a.problem);
      continue;
    }
    table.row(
        {keys[0], keys[1], std::string(name_of(a.algorithm)) + (a.chosen ? " *" : ""), human_time(a.time),
         a.spread > 0 ? band(a.time / std::exp(kBand * a.spread), a.time * std::exp(kBand * a.spread)) : "-",
         rate(a.algorithm_bandwidth), rate(a.bus_bandwidth),
         a.time.value > 0 ? percent(std::min(1.0, a.latency / a.time)) : "-",
         a.bottleneck.empty() ? "-" : a.bottleneck});
  }
  std::string out = table.str(width);
  const bool any = std::any_of(answers.begin(), answers.end(), [](const auto& a) { return a.chosen; });
  if (any) out += "* the library's choice\n";
  if (std::any_of(answers.begin(), answers.end(), [](const auto& a) { return a.spread > 0; }))
    out += wrapped("The band: of measured collectives of an idle machine about the fit to them.", width);
  return out;
}

std::string collective_json(const CollectiveQuestion& q, const std::string& platform,
                            const std::vector<CollectiveAnswer>& answers) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const CollectiveAnswer& a : answers) {
    if (!a.problem.empty()) {
      rows.push_back({{"bytes", a.size.value}, {"ranks", a.ranks}, {"problem", a.problem}});
      continue;
    }
    rows.push_back(
        {{"bytes", a.size.value},
         {"ranks", a.ranks},
         {"algorithm", name_of(a.algorithm)},
         {"chosen", a.chosen},
         {"time_s", a.time.value},
         {"latency_s", a.latency.value},
         {"log_spread", a.spread > 0 ? nlohmann::ordered_json(a.spread) : nlohmann::ordered_json()},
         {"algbw_Bps", a.algorithm_bandwidth.value},
         {"busbw_Bps", a.bus_bandwidth.value},
         {"bottleneck", a.bottleneck}});
  }
  const nlohmann::ordered_json all{{"collective", name_of(q.kind)},
                                   {"platform", platform},
                                   {"fidelity", catalog::word_of(q.fidelity)},
                                   {"placement", catalog::word_of(q.placement.policy)},
                                   {"seed", q.seed},
                                   {"rows", rows}};
  return all.dump(2) + '\n';
}

LineChart collective_chart(const CollectiveQuestion& q, const std::string& platform,
                           const std::vector<CollectiveAnswer>& answers) {
  const bool over_ranks = std::any_of(answers.begin(), answers.end(), [&](const CollectiveAnswer& a) {
    return a.ranks != answers.front().ranks;
  });
  const bool times = q.kind == CollectiveKind::barrier;
  LineChart chart;
  chart.title = over_ranks ? fmt::format("{} of {} on {}", name_of(q.kind), message_size(q.size, q), platform)
                           : fmt::format("{} of {} ranks on {}", name_of(q.kind), q.ranks, platform);
  chart.x_label = over_ranks ? "ranks" : "size of the whole buffer";
  chart.y_label = times ? "time" : "bus bandwidth";
  chart.log2_x = chart.log10_y = true;
  if (!over_ranks) chart.x_text = [](double bytes) { return binary_size(bytes); };
  chart.y_text = [times](double v) {
    return times ? human_tick(v, {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}})
                 : human_tick(v, {{1e12, "TB/s"}, {1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}});
  };
  if (std::any_of(answers.begin(), answers.end(), [](const CollectiveAnswer& a) { return a.spread > 0; }))
    chart.band_name = "80 % band, where fitted to measurements";
  for (const CollectiveAnswer& a : answers) {
    if (!a.problem.empty()) continue;
    auto at = std::find_if(chart.series.begin(), chart.series.end(),
                           [&](const ChartSeries& s) { return s.name == name_of(a.algorithm); });
    if (at == chart.series.end()) {
      ChartSeries made;
      made.name = name_of(a.algorithm);
      made.colour = static_cast<int>(chart.series.size() % 8);
      made.pattern = static_cast<int>(chart.series.size() / 8 % 4);
      at = chart.series.insert(chart.series.end(), made);
    }
    const double x = over_ranks ? static_cast<double>(a.ranks) : a.size.value;
    const double y = times ? a.time.value : a.bus_bandwidth.value, factor = std::exp(kBand * a.spread);
    if (x <= 0 || y <= 0) continue;  // a logarithmic axis has no place for nothing
    at->line.push_back({x, y, y / factor, y * factor,
                        fmt::format("{}, {}, {} ranks: {}{}", name_of(a.algorithm), message_size(a.size, q),
                                    a.ranks, human_time(a.time), times ? "" : ", " + rate(a.bus_bandwidth))});
  }
  return chart;
}

}  // namespace aifsim
