#include "report/site_table.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text_table.hpp"
#include "report/format.hpp"
#include "report/site_units.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_sited = 600;

template <class Text>
std::string metric_text(const Point& p, Metric metric, Text text, double scale = 1) {
  return p.metrics.has(metric) ? text(p.of(metric) * scale) : "-";
}

template <class Text>
std::string with_band(const Point& p, Metric metric, Text text) {
  const Measure& m = p.metrics[metric];
  if (!m.known()) return "-";
  if (std::isnan(m.p10)) return text(m.value);
  return fmt::format("{} ({} to {})", text(m.value), text(m.p10), text(m.p90));
}

template <class Told, class Cells>
SiteTable table_of(const Result& result, Metric needed, Told told, std::string title,
                   std::vector<std::string> heads, Cells cells) {
  SiteTable table{std::move(title), std::move(heads), {}};
  for (const Point& p : result.points)
    if (p.problem.empty() && p.metrics.has(needed) && told(p) && table.rows.size() < most_sited)
      table.rows.push_back({&p, cells(p)});
  return table;
}

// Platforms of one title are told apart by the names of their files.
std::string heading_in(const SiteTable& table, const Point& p) {
  for (const SiteRow& row : table.rows)
    if (row.point->platform != p.platform && title_of(*row.point) == title_of(p)) {
      const std::string label = label_of(p);
      return fmt::format("{} ({}){}{}", title_of(p), p.platform, label.empty() ? "" : ", ", label);
    }
  return group_of(p);
}

}  // namespace

SiteTable meter_table(const Result& result) {
  // What jobs draw stands with their run (site_totals.hpp).
  const auto told = [&](const Point& p) { return result.runs.empty() || p.tokens_per_step() > 0; };
  return table_of(
      result, Metric::meter_power, told,
      "At the site's meter: nodes, fabric, file systems, conversion, cooling; for a million tokens (or "
      "samples) of steps that all count",
      {"power", "energy", "CO2e", "electricity"}, [](const Point& p) {
        const double tokens = p.tokens_per_step(), per = tokens > 0 ? 1e6 / tokens : unknown;
        const auto of = [&](Metric metric, auto text) {
          return tokens > 0 ? metric_text(p, metric, text, per) : "-";
        };
        return std::vector<std::string>{metric_text(p, Metric::meter_power, human_watts),
                                        of(Metric::meter_energy, human_kwh), of(Metric::carbon, human_grams),
                                        of(Metric::electricity, human_euros)};
      });
}

SiteTable run_table(const Result& result) {
  return table_of(
      result, Metric::run_time, [](const Point&) { return true; },
      "The whole run, what is done again and the machine's embodied carbon included, with its 80 % band",
      {"time", "GPU hours", "energy", "CO2e", "electricity", "cost with machine"},
      [](const Point& p) {
        return std::vector<std::string>{with_band(p, Metric::run_time, human_days),
                                        metric_text(p, Metric::run_gpu_hours, human_count),
                                        metric_text(p, Metric::run_energy, human_kwh),
                                        metric_text(p, Metric::run_carbon, human_grams),
                                        metric_text(p, Metric::run_electricity, human_euros),
                                        with_band(p, Metric::run_cost, human_euros)};
      });
}

std::string text_of(const SiteTable& table, std::size_t width) {
  if (table.rows.empty()) return "";
  std::vector<TextColumn> heads{{"GPUs"}};
  for (const std::string& head : table.heads) heads.push_back({head});
  TextTable text(heads);
  std::string group;
  for (const SiteRow& row : table.rows) {
    if (const std::string heading = heading_in(table, *row.point); heading != group)
      text.heading(group = heading);
    std::vector<std::string> cells{std::to_string(row.point->gpus)};
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    text.row(std::move(cells));
  }
  return "\n" + wrapped(table.title, width) + text.str(width, 1);
}

void put_site_tables(std::string& out, const Result& result) {
  for (const SiteTable& table : {run_table(result), meter_table(result)}) {
    if (table.rows.empty()) continue;
    out += fmt::format(
        "<section><h2>{}</h2><div class=\"scroll\"><table class=\"points\"><thead><tr><th>GPUs</th>",
        escape(table.title));
    for (const std::string& head : table.heads) out += "<th>" + escape(head) + "</th>";
    out += "</tr></thead>\n";
    std::string group;
    for (const SiteRow& row : table.rows) {
      if (const std::string heading = heading_in(table, *row.point); heading != group) {
        out += group.empty() ? "" : "</tbody>\n";
        group = heading;
        out += fmt::format("<tbody class=\"group\"><tr><th colspan=\"{}\">{}</th></tr>\n",
                           table.heads.size() + 1, escape(group));
      }
      out += fmt::format("<tr><td><b>{}</b></td>", row.point->gpus);
      for (const std::string& cell : row.cells) out += "<td>" + escape(cell) + "</td>";
      out += "</tr>\n";
    }
    out += "</tbody></table></div></section>\n";
  }
}

}  // namespace aifsim
