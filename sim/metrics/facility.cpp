#include "metrics/facility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <span>

#include "base/calendar.hpp"
#include "base/quantity.hpp"
#include "machine/machine_figures.hpp"

namespace aifsim {
namespace {

constexpr std::size_t days = 365, hours = 24;
constexpr double coldest_day = 15, coldest_hour = 4;

// cos(2 pi (x - peak) / period) at each whole x.
template <std::size_t n>
std::array<double, n> swing(double period, double peak) {
  std::array<double, n> all;
  for (std::size_t x = 0; x < n; ++x)
    all[x] = std::cos(2 * std::numbers::pi * (static_cast<double>(x) - peak) / period);
  return all;
}

double price_at(const ElectricityDescription& electricity, double hour) {
  for (const TariffWindow& window : electricity.tariff)
    if (window.holds(hour)) return window.price->value;
  return electricity.price->value;
}

// A site hour by hour: what swings with the day of the year times, or plus, what swings with the hour of the day.
class SiteHours {
 public:
  explicit SiteHours(const FacilityDescription& site) : cooling_(site.cooling), told_(site.hours) {
    const OutsideDescription& outside = site.cooling.outside;
    const GridCarbonDescription& carbon = site.carbon;
    const auto cold_day = swing<days>(365, coldest_day), clean_day = swing<days>(365, carbon.cleanest_day);
    const auto cold_hour = swing<hours>(24, coldest_hour),
               clean_hour = swing<hours>(24, carbon.cleanest_hour);
    for (std::size_t d = 0; d < days; ++d) {
      warmth_of_day_[d] = outside.mean - outside.seasonal * cold_day[d];
      carbon_of_day_[d] = carbon.average->value * (1 - carbon.seasonal * clean_day[d]);
    }
    for (std::size_t h = 0; h < hours; ++h) {
      warmth_of_hour_[h] = -outside.daily * cold_hour[h];
      carbon_of_hour_[h] = 1 - carbon.daily * clean_hour[h];
      price_[h] = price_at(site.electricity, static_cast<double>(h));
    }
  }

  // Mean over [begin, end), in hours from the beginning of a year.
  SiteMeans mean_over(double begin, double end) const {
    SiteMeans sum;
    for (double at = begin; at < end;) {
      const double next = std::min(end, std::floor(at) + 1);
      const std::size_t hour = static_cast<std::size_t>(at) % (days * hours);
      add(hour / hours, hour % hours, next - at, sum);
      at = next;
    }
    return over(sum, end - begin);
  }
  SiteMeans mean_of_year() const {
    SiteMeans sum;
    for (std::size_t d = 0; d < days; ++d)
      for (std::size_t h = 0; h < hours; ++h) add(d, h, 1, sum);
    return over(sum, days * hours);
  }

 private:
  void add(std::size_t day, std::size_t hour, double weight, SiteMeans& sum) const {
    constexpr double kwh = 3.6e6;  // J
    const std::size_t at = day * hours + hour;
    const double outside =
        told_.temperature.empty() ? warmth_of_day_[day] + warmth_of_hour_[hour] : told_.temperature[at];
    const double carbon =
        told_.carbon.empty() ? carbon_of_day_[day] * carbon_of_hour_[hour] : told_.carbon[at] / kwh;
    const double price = told_.price.empty() ? price_[hour] : told_.price[at] / kwh;
    const double pue =
        weight * (cooling_.pue + cooling_.per_degree * std::max(0.0, outside - cooling_.free_cooling));
    sum.pue += pue;
    sum.carbon.value += pue * carbon;
    sum.price.value += pue * price;
  }
  static SiteMeans over(const SiteMeans& sum, double length) {
    return {sum.pue / length, sum.carbon / length, sum.price / length};
  }

  const CoolingDescription& cooling_;
  const HourlyDescription& told_;
  std::array<double, days> warmth_of_day_, carbon_of_day_;
  std::array<double, hours> warmth_of_hour_, carbon_of_hour_, price_;
};

// 0 may be the figure of a site.
template <class T>
bool is_told(const Figure<T>& figure) {
  return figure->value > 0 || figure.given();
}

Euros year_of_machine(const CostDescription& cost) {
  return *cost.capital / cost.years + *cost.maintenance + *cost.staff;
}

// Of those that a platform spans, or the platform.
struct Partition {
  std::string name, site;
  double nodes = 0;
  const FacilityDescription* facility = nullptr;
  const PowerDescription* power = nullptr;
  const CostDescription* cost = nullptr;
  double nodes_of_cost = 0;  // that it is of
  Watts file_systems;        // for each node

  // Of a year of the nodes that the cost is of, what so many of them are in so many hours.
  double share_of_year(double some, double of_hours) const {
    return some * of_hours / (nodes_of_cost * hours_of_year * cost->utilisation);
  }
};

void add_run(Metrics& metrics, const PlatformDescription& platform, std::span<const Partition> partitions,
             std::span<const std::int64_t> nodes, const WholeRun& run, Seconds time) {
  const double steps = run.tokens.value / metrics[Metric::tokens_per_step].value;
  const double repeated = steps / run.availability;
  const auto put = [&](Metric metric, double value) { metrics[metric].value = value; };
  const double all = static_cast<double>(std::accumulate(nodes.begin(), nodes.end(), std::int64_t{})),
               hours_of_run = time.value / 3600, gpu_hours = all * platform.node.gpus * hours_of_run;
  bool costs = platform.cost.has_value(), makes = costs;  // told of all nodes
  Euros machine;
  GramsCO2 embodied;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (nodes[i] == 0) continue;
    const CostDescription* cost = partitions[i].cost;
    costs = costs && cost;
    makes = costs && makes && is_told(cost->embodied);
    if (!cost) continue;
    const double share = partitions[i].share_of_year(static_cast<double>(nodes[i]), hours_of_run);
    machine += year_of_machine(*cost) * share;
    embodied += *cost->embodied / cost->years * share;
  }
  put(Metric::run_time, time.value);
  put(Metric::run_gpu_hours, gpu_hours);
  const auto whole = [&](Metric of_step) { return metrics[of_step].value * repeated; };
  if (metrics.has(Metric::meter_energy)) put(Metric::run_energy, whole(Metric::meter_energy));
  if (metrics.has(Metric::carbon)) {
    if (makes) put(Metric::run_embodied, embodied.value);
    put(Metric::run_carbon, whole(Metric::carbon) + metrics[Metric::run_embodied].or_zero());
  }
  if (metrics.has(Metric::electricity)) {
    put(Metric::run_electricity, whole(Metric::electricity));
    if (costs) {
      put(Metric::run_cost, whole(Metric::electricity) + machine.value);
      put(Metric::cost_per_gpu_hour, metrics[Metric::run_cost].value / gpu_hours);
    }
  }
}

std::vector<Partition> partitions_of(const PlatformDescription& platform) {
  const auto of = [&](const std::string& name, const auto& one) {
    return Partition{name,
                     one.site,
                     *one.nodes,
                     one.facility ? &*one.facility : nullptr,
                     one.power ? &*one.power : nullptr,
                     one.cost ? &*one.cost : nullptr,
                     *one.nodes,
                     file_systems_of_node(platform, name)};
  };
  if (platform.spanned.empty())
    return {of(platform.partition.empty() ? platform.name : platform.partition, platform)};
  std::vector<Partition> all;
  for (const SpannedPartition& one : platform.spanned) {
    all.push_back(of(one.name, one));
    all.back().nodes_of_cost = one.nodes_of_cost;
  }
  return all;
}

// But its power, carbon and price; `why` where the power cannot be told.
SiteDraw draw_of(const PlatformDescription& platform, const Partition& partition, std::int64_t nodes) {
  SiteDraw draw;
  draw.site = partition.site.empty() ? partition.name : partition.site;
  draw.partition = partition.name;
  draw.nodes = nodes;
  draw.meter = draw.site;
  if (partition.facility && partition.facility->power->value > 0) {
    draw.limit = *partition.facility->power;
    draw.meter += fmt::format(", {} of {}", draw.limit.value, partition.facility->power.place.str());
  }
  if (!partition.power)
    draw.why = fmt::format("{} does not say what its nodes draw (power)", partition.name);
  else if (!partition.facility || !(partition.facility->cooling.pue > 0))
    draw.why = fmt::format("{} does not say what its cooling takes (facility.cooling)", partition.name);
  if (platform.cost && partition.cost && partition.nodes_of_cost > 0) {
    const double used = partition.share_of_year(static_cast<double>(nodes), 1.0 / 3600);
    draw.machine = year_of_machine(*partition.cost).value * used;
    draw.embodied = partition.cost->embodied->value / partition.cost->years * used;
  }
  return draw;
}

// Of its site over a run, into the draw too.
SiteMeans means_of(SiteDraw& draw, const Partition& partition, std::optional<double> start, Seconds time) {
  if (!draw.why.empty()) return {};
  const FacilityDescription& site = *partition.facility;
  const SiteMeans means = site_means(site, start, time);
  if (is_told(site.carbon.average) || !site.hours.carbon.empty()) draw.carbon = means.carbon / means.pue;
  if (is_told(site.electricity.price) || !site.hours.price.empty()) draw.price = means.price / means.pue;
  return means;
}

// What is no board, over a time.
void add_nodes(EnergyAccount& account, const Partition& partition, const NodeDescription& node, double n,
               double load, Seconds time) {
  const PowerDescription& p = *partition.power;
  const auto put = [&](EnergyPart part, Watts power) { account.at(part) = (power * n * time).value; };
  put(EnergyPart::cpus, (*p.cpu_idle + (*p.cpu_busy - *p.cpu_idle) * load) * node.cpus);
  put(EnergyPart::memory, *p.memory);
  put(EnergyPart::nics, *p.nic * node.nics);
  put(EnergyPart::drives, *p.storage);
  put(EnergyPart::node, *p.other);
  put(EnergyPart::switches, *p.fabric);
  put(EnergyPart::file_systems, partition.file_systems);
}

void add_losses(EnergyAccount& account, const PowerDescription& p, double pue) {
  const double file_systems = account.of(EnergyPart::file_systems).value,
               parts = account.total().value - file_systems;
  account.at(EnergyPart::conversion) = parts * (1 / p.conversion - 1);
  if (pue > 0) account.at(EnergyPart::cooling) = (parts / p.conversion + file_systems) * (pue - 1);
}

Watts all_of(const Partition& partition, const NodeDescription& node, double n, double load, Watts boards,
             double pue) {
  EnergyAccount second;
  second.at(EnergyPart::gpus) = boards.value;
  add_nodes(second, partition, node, n, load, Seconds{1});
  add_losses(second, *partition.power, pue);
  return Watts{second.total().value};
}

}  // namespace

SiteMeans site_means(const FacilityDescription& site, std::optional<double> start, Seconds duration) {
  const SiteHours by_hour(site);
  const double length = duration.value / 3600;
  // Longer runs are as good as whole years.
  if (!start || !(length < static_cast<double>(days * hours))) return by_hour.mean_of_year();
  return by_hour.mean_over(*start, *start + std::max(length, 1e-6));
}

void add_facility(Metrics& metrics, EnergyAccount& account, const PlatformDescription& platform,
                  const GpuDescription& gpu, const NodesOfJob& job, const WholeRun& run) {
  account = {};
  const Seconds step{metrics[Metric::step_time].or_zero()};
  const double of_step = metrics[Metric::tokens_per_step].or_zero();
  const double all = static_cast<double>(std::accumulate(job.nodes.begin(), job.nodes.end(), std::int64_t{}));
  const bool whole = run.tokens.value > 0 && of_step > 0 && step.value > 0;
  const Seconds time = whole ? step * (run.tokens.value / of_step / run.availability) : step;
  const Joules boards{step.value > 0 ? metrics[Metric::energy].or_zero() : 0};
  bool drawn = boards.value > 0, metered = drawn;
  GramsCO2 carbon;
  Euros electricity;
  const std::vector<Partition> partitions = partitions_of(platform);
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const Partition& partition = partitions[i];
    const auto n = static_cast<double>(job.nodes[i]);
    if (job.nodes[i] == 0) continue;
    SiteDraw& draw = account.sites.emplace_back(draw_of(platform, partition, job.nodes[i]));
    drawn = drawn && partition.power;
    metered = metered && draw.why.empty();
    const SiteMeans means = means_of(draw, partition, run.start, time);
    if (partition.power && boards.value > 0) {
      EnergyAccount own;
      own.at(EnergyPart::gpus) = boards.value * (job.boards.empty() ? n / all : job.boards[i]);
      add_nodes(own, partition, platform.node, n, partition.power->cpu_load, step);
      add_losses(own, *partition.power, means.pue);
      if (draw.why.empty()) draw.at_most = draw.power = Watts{own.total().value / step.value};
      carbon += own.total() * draw.carbon;
      electricity += own.total() * draw.price;
      std::transform(own.parts.begin(), own.parts.end(), account.parts.begin(), account.parts.begin(),
                     std::plus<>());
    } else if (draw.why.empty()) {
      draw.why = "what the boards draw is not known: from all of them idle to all at their limits";
      const double limit = gpu.power_limit->value * platform.node.gpus * n;
      const auto with = [&](double of_boards) {
        return all_of(partition, platform.node, n, partition.power->cpu_load, Watts{of_boards}, means.pue);
      };
      draw.power = with(limit * gpu.power.idle);
      draw.at_most = with(limit * std::min(1.0, *gpu.power_cap));
    }
  }
  if (!drawn) account.parts = {};
  if (metered) {
    const auto put = [&](Metric metric, double value) {
      if (!std::isnan(value)) metrics[metric].value = value;
    };
    put(Metric::meter_energy, account.total().value);
    put(Metric::meter_power, account.total().value / step.value);
    put(Metric::carbon, carbon.value);
    put(Metric::electricity, electricity.value);
  }
  if (whole) add_run(metrics, platform, partitions, job.nodes, run, time);
}

std::vector<SiteDraw> idle_draws(const PlatformDescription& platform, const GpuDescription& gpu) {
  std::vector<SiteDraw> draws;
  for (const Partition& partition : partitions_of(platform)) {
    SiteDraw& draw =
        draws.emplace_back(draw_of(platform, partition, static_cast<std::int64_t>(partition.nodes)));
    if (!draw.why.empty()) continue;
    const SiteMeans means = means_of(draw, partition, std::nullopt, Seconds{});
    const Watts limits = *gpu.power_limit * (platform.node.gpus * partition.nodes);
    const auto with = [&](double share) {
      return all_of(partition, platform.node, partition.nodes, 0, limits * share, means.pue);
    };
    draw.power = draw.at_most = with(gpu.power.idle);
    if (!(gpu.power.idle > 0)) draw.at_most = with(std::min(1.0, *gpu.power_cap));  // not told
  }
  return draws;
}

std::string access_note(const PlatformDescription& platform, double gpu_hours) {
  if (!platform.facility) return "";
  for (const AccessDescription& access : platform.facility->access) {
    if (gpu_hours < access.from || (access.to > 0 && gpu_hours > access.to)) continue;
    const std::string hours = gpu_hours < 10    ? fmt::format("{:.2g}", gpu_hours)
                              : gpu_hours < 1e4 ? fmt::format("{:.0f}", gpu_hours)
                                                : print_quantity(gpu_hours, Dimension::tokens);
    std::string note = fmt::format("asks for {} GPU hours: {}", hours, access.name);
    if (!access.who.empty()) note += ", for " + access.who;
    if (!access.answer.empty()) note += fmt::format(" (answer: {})", access.answer);
    return note;
  }
  return "";
}

}  // namespace aifsim
