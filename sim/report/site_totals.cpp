#include "report/site_totals.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <set>

#include "report/format.hpp"
#include "report/site_units.hpp"

namespace aifsim {
namespace {

constexpr double day = 86400;

template <class Text>
std::string text_of(const Range& range, Text text) {
  if (!range.known()) return "-";
  std::string least = text(range.least);
  const std::string most = text(range.most);
  if (least == most) return least;
  const std::size_t unit = least.find(' ');  // said once
  if (unit != std::string::npos && most.ends_with(least.substr(unit))) least.resize(unit);
  return least + " to " + most;
}

std::vector<std::string> row_of(std::string who, std::string nodes, const SiteFigures& f, bool with_cost) {
  return {std::move(who),
          std::move(nodes),
          text_of(f.power, human_watts),
          text_of(f.energy, human_kwh),
          text_of(f.carbon, human_grams),
          text_of(f.electricity, human_euros),
          with_cost ? text_of(f.cost, human_euros) : "-"};
}

SiteFigures scaled(SiteFigures f, double by) {
  for (const SiteFigureKeys& keys : site_figure_keys) {
    Range& range = f.*keys.figure;
    range = {range.least * by, range.most * by};
  }
  return f;
}

std::string beside_the_site(const SiteTotal& total) {
  if (!(total.limit.value > 0))
    return fmt::format("{} does not say what power it has for {} (facility.power)", total.site,
                       total.partitions);
  const auto text = [](const Range& range) { return text_of(range, human_watts); };
  if (const std::string over = site_power_note(total, "All jobs together draw"); !over.empty())
    return fmt::format("{} ({}): more than it has", over, total.site);
  return fmt::format("All jobs together draw {}, {} with the nodes that have no job, of the {} that {} has",
                     text(total.jobs.power), text(total.with_idle), human_watts(total.limit.value),
                     total.site);
}

}  // namespace

SiteTotals site_totals_of(const FabricRun& run) {
  SiteTotals table;
  if (run.sites.empty()) return table;
  const bool several = run.sites.size() > 1;
  const auto at = [&](const std::string& who, const std::string& site) {
    return several ? fmt::format("{}, {}", who, site) : who;
  };
  table.title = fmt::format(
      "At the meter of {} over the {} of the run: nodes, fabric, file systems, conversion, cooling; CO2e and "
      "cost with the "
      "nodes' share of the machine",
      several ? "each site" : run.sites.front().site, human_time(run.duration));
  table.heads = {"", "nodes", "power", "energy", "CO2e", "electricity", "cost with machine"};
  std::map<std::string, std::set<std::string>> reasons;
  bool any = false;
  for (const FabricJob& job : run.jobs)
    for (const SiteDraw& draw : job.figures.energy.sites) {
      any = any || draw.known();
      const std::string name = job.name.empty() ? job.what : job.name;
      table.rows.push_back(row_of(at(name, draw.site), std::to_string(draw.nodes),
                                  figures_of(draw, time_of(job, run.duration)), true));
      if (!draw.why.empty()) reasons[draw.why].insert(name);
      if (!draw.known()) continue;
      if (std::isnan(draw.carbon.value))
        reasons["the site's carbon is not told (facility.carbon)"].insert(name);
      if (std::isnan(draw.price.value))
        reasons["what electricity costs is not told (facility.electricity)"].insert(name);
      if (std::isnan(draw.machine)) reasons["what the machine costs is not told (cost)"].insert(name);
    }
  if (!any) table.rows.clear();
  SiteFigures all;
  for (const SiteTotal& total : run.sites) {
    all += total.jobs;
    if (!any) continue;
    table.rows.push_back(row_of(at("all jobs", total.site), "", total.jobs, true));
    table.rows.push_back(row_of(fmt::format("no job ({})", total.partitions),
                                std::to_string(total.idle_nodes), total.idle, false));
    table.remarks.push_back(beside_the_site(total));
  }
  if (any && several) table.rows.push_back(row_of("all jobs, all sites", "", all, true));
  if (any && run.duration.value > 0) {
    SiteFigures of_day = scaled(all, day / run.duration.value);
    of_day.power = {unknown, unknown};
    table.rows.push_back(row_of("all jobs, a day of it", "", of_day, true));
  }
  for (const auto& [why, jobs] : reasons)
    table.remarks.push_back(fmt::format("{}: {}", fmt::join(jobs, ", "), why));
  return table;
}

}  // namespace aifsim
