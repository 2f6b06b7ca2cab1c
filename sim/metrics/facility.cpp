#include "metrics/facility.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/calendar.hpp"
#include "base/quantity.hpp"

namespace aifsim {
namespace {

constexpr std::size_t days = 366, hours = 24;
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
  for (const TariffWindow& window : electricity.tariff) {
    const bool inside = window.from <= window.to ? hour >= window.from && hour < window.to
                                                 : hour >= window.from || hour < window.to;
    if (inside) return window.price->value;
  }
  return electricity.price->value;
}

// A site hour by hour.
class SiteHours {
 public:
  explicit SiteHours(const FacilityDescription& site)
      : site_(site),
        cold_day_(swing<days>(365, coldest_day)),
        cold_hour_(swing<hours>(24, coldest_hour)),
        clean_day_(swing<days>(365, site.carbon.cleanest_day)),
        clean_hour_(swing<hours>(24, site.carbon.cleanest_hour)) {
    for (std::size_t h = 0; h < hours; ++h) price_[h] = price_at(site.electricity, static_cast<double>(h));
  }

  // Adds an hour's figures, `weight` times.
  void add(std::size_t hour_of_all, double weight, SiteMeans& sum) const {
    const std::size_t day = hour_of_all / hours % days, hour = hour_of_all % hours;
    const CoolingDescription& cooling = site_.cooling;
    const OutsideDescription& outside = cooling.outside;
    const double temperature =
        outside.mean - outside.seasonal * cold_day_[day] - outside.daily * cold_hour_[hour];
    const double pue = cooling.pue + cooling.per_degree * std::max(0.0, temperature - cooling.free_cooling);
    const double carbon = site_.carbon.average->value * (1 - site_.carbon.daily * clean_hour_[hour]) *
                          (1 - site_.carbon.seasonal * clean_day_[day]);
    sum.pue += weight * pue;
    sum.carbon += GramsPerJoule{weight * pue * carbon};
    sum.price += EurosPerJoule{weight * pue * price_[hour]};
  }

 private:
  const FacilityDescription& site_;
  std::array<double, days> cold_day_;
  std::array<double, hours> cold_hour_;
  std::array<double, days> clean_day_;
  std::array<double, hours> clean_hour_, price_{};
};

constexpr std::size_t year = 365 * hours;

// Mean over [begin, end), in hours from the beginning of a year.
SiteMeans mean_over(const SiteHours& site, double begin, double end) {
  SiteMeans sum;
  for (double at = begin; at < end;) {
    const double next = std::min(end, std::floor(at) + 1);
    site.add(static_cast<std::size_t>(at) % year, next - at, sum);
    at = next;
  }
  return {sum.pue / (end - begin), sum.carbon / (end - begin), sum.price / (end - begin)};
}

double gpu_hour_euros(const PlatformDescription& platform) {
  const CostDescription& cost = *platform.cost;
  const double a_year = cost.capital->value / cost.years + cost.maintenance->value + cost.staff->value;
  return a_year / (platform.nodes * platform.node.gpus * hours_of_year * cost.utilisation);
}

void add_run(Metrics& metrics, const PlatformDescription& platform, double gpus, const WholeRun& run,
             Seconds time) {
  const double steps = run.tokens.value / metrics[Metric::tokens_per_step].value;
  const double repeated = steps / run.availability;
  const auto put = [&](Metric metric, double value) { metrics[metric].value = value; };
  const double gpu_hours = gpus * time.value / 3600;
  put(Metric::run_time, time.value);
  put(Metric::run_gpu_hours, gpu_hours);
  const auto whole = [&](Metric of_step) { return metrics[of_step].value * repeated; };
  if (metrics.has(Metric::meter_energy)) put(Metric::run_energy, whole(Metric::meter_energy));
  if (metrics.has(Metric::carbon)) {
    double embodied = 0;
    if (platform.cost && platform.cost->embodied->value > 0)
      embodied = platform.cost->embodied->value /
                 (platform.cost->years * hours_of_year * platform.nodes * platform.node.gpus *
                  platform.cost->utilisation) *
                 gpu_hours;
    put(Metric::run_carbon, whole(Metric::carbon) + embodied);
  }
  if (metrics.has(Metric::electricity)) {
    put(Metric::run_electricity, whole(Metric::electricity));
    if (platform.cost)
      put(Metric::run_cost, whole(Metric::electricity) + gpu_hours * gpu_hour_euros(platform));
  }
}

}  // namespace

SiteMeans site_means(const FacilityDescription& site, std::optional<double> start, Seconds duration) {
  const SiteHours by_hour(site);
  const double length = duration.value / 3600;
  if (!start || !(length < year))
    return mean_over(by_hour, 0, year);  // longer runs are as good as whole years
  return mean_over(by_hour, *start, *start + std::max(length, 1e-6));
}

Watts node_power(const NodeDescription& node, const PowerDescription& power) {
  const Watts cpu = *power.cpu_idle + (*power.cpu_busy - *power.cpu_idle) * power.cpu_load;
  return cpu * node.cpus + *power.memory + *power.nic * node.nics + *power.storage + *power.other;
}

void add_facility(Metrics& metrics, EnergyAccount& account, const PlatformDescription& platform,
                  std::int64_t nodes, const WholeRun& run) {
  account = {};
  const Seconds step{metrics[Metric::step_time].or_zero()};
  const double of_step = metrics[Metric::tokens_per_step].or_zero(), n = static_cast<double>(nodes);
  const bool whole = run.tokens.value > 0 && of_step > 0 && step.value > 0;
  const Seconds time = whole ? step * (run.tokens.value / of_step / run.availability) : step;
  const Joules boards{metrics[Metric::energy].or_zero()};
  if (platform.power && boards.value > 0) {
    const PowerDescription& p = *platform.power;
    const NodeDescription& node = platform.node;
    const auto put = [&](EnergyPart part, Watts power) { account.at(part) = (power * step).value; };
    const Watts cpu = *p.cpu_idle + (*p.cpu_busy - *p.cpu_idle) * p.cpu_load;
    account.at(EnergyPart::gpus) = boards.value;
    put(EnergyPart::cpus, cpu * node.cpus * n);
    put(EnergyPart::memory, *p.memory * n);
    put(EnergyPart::nics, *p.nic * node.nics * n);
    put(EnergyPart::drives, *p.storage * n);
    put(EnergyPart::node, *p.other * n);
    put(EnergyPart::switches, *p.fabric * n);
    const Joules parts = account.total();
    account.at(EnergyPart::conversion) = (parts * (1 / p.conversion - 1)).value;
    if (platform.facility && platform.facility->cooling.pue > 0) {
      const FacilityDescription& site = *platform.facility;
      const SiteMeans means = site_means(site, run.start, time);
      const Joules drawn = parts / p.conversion;
      account.at(EnergyPart::cooling) = (drawn * (means.pue - 1)).value;
      metrics[Metric::meter_energy].value = account.total().value;
      metrics[Metric::meter_power].value = account.total().value / step.value;
      if (site.carbon.average->value > 0) metrics[Metric::carbon].value = (drawn * means.carbon).value;
      if (site.electricity.price->value > 0) metrics[Metric::electricity].value = (drawn * means.price).value;
    }
  }
  if (whole) add_run(metrics, platform, n * platform.node.gpus, run, time);
}

std::string access_note(const PlatformDescription& platform, double gpu_hours) {
  if (!platform.facility) return "";
  for (const AccessDescription& access : platform.facility->access) {
    if (gpu_hours < access.from || (access.to > 0 && gpu_hours > access.to)) continue;
    std::string note =
        fmt::format("asks for {} GPU hours: {}", print_quantity(gpu_hours, Dimension::tokens), access.name);
    if (!access.who.empty()) note += ", for " + access.who;
    if (!access.answer.empty()) note += fmt::format(" (answer: {})", access.answer);
    return note;
  }
  return "";
}

}  // namespace aifsim
