#include "metrics/site_total.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace aifsim {
namespace {

Range times(const Range& range, double by) { return {range.least * by, range.most * by}; }

// All of a site that one limit bounds.
class Meter {
 public:
  Meter(const std::string& name, const std::vector<JobDraws>& jobs, const std::vector<SiteDraw>& machine,
        Seconds duration)
      : name_(name), jobs_(jobs), machine_(machine), duration_(duration) {}

  SiteTotal total() const {
    SiteTotal total;
    for (const SiteDraw& partition : machine_) {
      if (partition.meter != name_) continue;
      total.site = partition.site;
      total.limit = partition.limit;
      total.partitions += (total.partitions.empty() ? "" : ", ") + partition.partition;
      add_idle(total, partition);
    }
    for_each_draw([&](const JobDraws& job, const SiteDraw& draw) {
      if (draw.known())
        total.jobs += figures_of(draw, job.end - job.start);
      else
        total.without.push_back(job.job);
    });
    total.jobs.power = {};
    for (const JobDraws& first : jobs_) {
      const auto [jobs, all] = at(first.start);
      total.jobs.power = most(total.jobs.power, jobs);
      total.with_idle = most(total.with_idle, all);
    }
    return total;
  }

 private:
  template <class Use>
  void for_each_draw(Use use) const {
    for (const JobDraws& job : jobs_)
      for (const SiteDraw& draw : *job.sites)
        if (draw.meter == name_) use(job, draw);
  }

  static Range most(const Range& a, const Range& b) {
    const auto larger = [](double x, double y) {
      return std::isnan(x) || std::isnan(y) ? x + y : std::max(x, y);
    };
    return {larger(a.least, b.least), larger(a.most, b.most)};
  }

  void add_idle(SiteTotal& total, const SiteDraw& partition) const {
    std::int64_t free = partition.nodes;
    double node_seconds = static_cast<double>(partition.nodes) * duration_.value;
    for_each_draw([&](const JobDraws& job, const SiteDraw& draw) {
      if (draw.partition != partition.partition) return;
      free -= draw.nodes;
      node_seconds -= static_cast<double>(draw.nodes) * (job.end - job.start).value;
    });
    total.idle_nodes += free;
    SiteDraw idle = partition;
    idle.machine = idle.embodied = 0;  // which fall on hours that are used
    const double whole = static_cast<double>(partition.nodes) * duration_.value;
    const double share = whole > 0 ? std::max(0.0, node_seconds / whole) : 0;
    idle.power = idle.power * share;
    idle.at_most = idle.at_most * share;
    total.idle += figures_of(idle, duration_);
  }

  // Power of the jobs, and of those and all idle nodes, at a time.
  std::pair<Range, Range> at(Seconds time) const {
    Range jobs, all;
    std::vector<double> free;
    for (const SiteDraw& partition : machine_) free.push_back(static_cast<double>(partition.nodes));
    for_each_draw([&](const JobDraws& job, const SiteDraw& draw) {
      if (time < job.start || time >= job.end) return;
      if (draw.known()) jobs += {draw.power.value, draw.at_most.value};
      for (std::size_t i = 0; i < machine_.size(); ++i)
        if (machine_[i].partition == draw.partition) free[i] -= static_cast<double>(draw.nodes);
    });
    all = jobs;
    for (std::size_t i = 0; i < machine_.size(); ++i)
      if (const SiteDraw& one = machine_[i]; one.meter == name_ && one.nodes > 0)
        all += times({one.power.value, one.at_most.value}, free[i] / static_cast<double>(one.nodes));
    return {jobs, all};
  }

  const std::string& name_;
  const std::vector<JobDraws>& jobs_;
  const std::vector<SiteDraw>& machine_;
  Seconds duration_;
};

std::string in_megawatts(const Range& range) {
  const auto text = [](double watts) { return fmt::format("{:.4g}", watts / 1e6); };
  return text(range.least) == text(range.most) ? text(range.least)
                                               : fmt::format("{} to {}", text(range.least), text(range.most));
}

}  // namespace

SiteFigures figures_of(const SiteDraw& draw, Seconds duration) {
  SiteFigures f;
  f.power = {draw.power.value, draw.at_most.value};
  f.energy = times(f.power, duration.value);
  f.carbon = times(f.energy, draw.carbon.value);
  f.carbon += {draw.embodied * duration.value, draw.embodied * duration.value};
  f.electricity = times(f.energy, draw.price.value);
  f.cost = f.electricity;
  f.cost += {draw.machine * duration.value, draw.machine * duration.value};
  return f;
}

SiteFigures& operator+=(SiteFigures& sum, const SiteFigures& one) {
  sum.power += one.power;
  sum.energy += one.energy;
  sum.carbon += one.carbon;
  sum.electricity += one.electricity;
  sum.cost += one.cost;
  return sum;
}

std::vector<SiteTotal> site_totals(const std::vector<JobDraws>& jobs, const std::vector<SiteDraw>& machine,
                                   Seconds duration) {
  std::vector<SiteTotal> totals;
  std::vector<std::string> meters;
  for (const SiteDraw& partition : machine)
    if (std::find(meters.begin(), meters.end(), partition.meter) == meters.end())
      meters.push_back(partition.meter);
  for (const std::string& meter : meters) totals.push_back(Meter(meter, jobs, machine, duration).total());
  return totals;
}

std::string site_power_note(const SiteTotal& total, const std::string& jobs) {
  const double limit = total.limit.value;
  if (!(limit > 0)) return "";
  const bool alone = total.jobs.power.most > limit;
  if (!alone && !(total.with_idle.most > limit)) return "";
  return fmt::format(
      "{} {} MW at the meter{}, and the site has {:.4g} MW for this machine", jobs,
      in_megawatts(total.jobs.power),
      alone ? "" : fmt::format(", {} MW with the nodes that have no job", in_megawatts(total.with_idle)),
      limit / 1e6);
}

}  // namespace aifsim
