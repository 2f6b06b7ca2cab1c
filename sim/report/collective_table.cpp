#include "report/collective_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/quantity.hpp"
#include "catalog/words.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

constexpr double kBand = 1.2816;  // quantile 0.9 of the normal distribution: 80 % lie within

std::string padded(const std::string& text, std::size_t width, bool left = false) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? text + space : space + text;
}

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

}  // namespace

std::string collective_table(const CollectiveQuestion& question,
                             const std::vector<CollectiveAnswer>& answers) {
  using Row = std::vector<std::string>;
  std::vector<Row> rows{
      {"size", "ranks", "algorithm", "time", "80 % band", "algbw", "busbw", "latency", "bottleneck"}};
  for (const CollectiveAnswer& a : answers)
    rows.push_back(
        {message_size(a.size, question), std::to_string(a.ranks),
         std::string(name_of(a.algorithm)) + (a.chosen ? " *" : ""), human_time(a.time),
         a.spread > 0 ? band(a.time / std::exp(kBand * a.spread), a.time * std::exp(kBand * a.spread)) : "-",
         rate(a.algorithm_bandwidth), rate(a.bus_bandwidth),
         a.time.value > 0 ? percent(std::min(1.0, a.latency / a.time)) : "-",
         a.bottleneck.empty() ? "-" : a.bottleneck});
  std::string out;
  Row last;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      std::size_t width = 0;
      for (const Row& row : rows) width = std::max(width, width_of(row[c]));
      const bool left = c == 2 || c == 8;
      line += (c > 0 ? "  " : "") + padded(rows[r][c], c == 8 ? 0 : width, left);
    }
    const bool new_group = r > 1 && (rows[r][0] != rows[r - 1][0] || rows[r][1] != rows[r - 1][1]);
    if (new_group && answers.size() > 1) out += '\n';
    out += line + '\n';
  }
  const bool any = std::any_of(answers.begin(), answers.end(), [](const auto& a) { return a.chosen; });
  if (any) out += "* the library's choice\n";
  if (std::any_of(answers.begin(), answers.end(), [](const auto& a) { return a.spread > 0; }))
    out +=
        "With a band: fitted to measured collectives of an idle machine; the others are alpha-beta "
        "estimates.\n";
  return out;
}

std::string collective_json(const CollectiveQuestion& q, const std::string& platform,
                            const std::vector<CollectiveAnswer>& answers) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const CollectiveAnswer& a : answers)
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
  const nlohmann::ordered_json all{{"collective", name_of(q.kind)},
                                   {"platform", platform},
                                   {"fidelity", catalog::word_of(q.fidelity)},
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
  chart.x_label = over_ranks ? "ranks" : "size [KiB]";
  chart.y_label = times ? "time [µs]" : "bus bandwidth [GB/s]";
  chart.log2_x = true;
  for (const CollectiveAnswer& a : answers) {
    auto at = std::find_if(chart.series.begin(), chart.series.end(),
                           [&](const ChartSeries& s) { return s.name == name_of(a.algorithm); });
    if (at == chart.series.end()) {
      ChartSeries made;
      made.name = name_of(a.algorithm);
      made.colour = static_cast<int>(chart.series.size() % 8);
      made.pattern = static_cast<int>(chart.series.size() / 8 % 4);
      at = chart.series.insert(chart.series.end(), made);
    }
    const double x = over_ranks ? static_cast<double>(a.ranks) : a.size.value / 1024;
    const double y = times ? a.time.value * 1e6 : a.bus_bandwidth.value / 1e9;
    if (x <= 0) continue;  // no place for a size of nothing on a logarithmic axis
    at->line.push_back({x, y, y, y, fmt::format("{}: {}", name_of(a.algorithm), human_time(a.time))});
  }
  return chart;
}

}  // namespace aifsim
