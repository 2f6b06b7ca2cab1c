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

// The share of a year of the whole machine that so many GPU hours are.
double share_of_year(const PlatformDescription& platform, double gpu_hours) {
  return gpu_hours / (platform.nodes * platform.node.gpus * hours_of_year * platform.cost->utilisation);
}

Euros year_of_machine(const CostDescription& cost) {
  return *cost.capital / cost.years + *cost.maintenance + *cost.staff;
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
    if (platform.cost)
      embodied = platform.cost->embodied->value / platform.cost->years * share_of_year(platform, gpu_hours);
    put(Metric::run_carbon, whole(Metric::carbon) + embodied);
  }
  if (metrics.has(Metric::electricity)) {
    put(Metric::run_electricity, whole(Metric::electricity));
    if (platform.cost)
      put(Metric::run_cost, whole(Metric::electricity) +
                                (year_of_machine(*platform.cost) * share_of_year(platform, gpu_hours)).value);
  }
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
      if (is_told(site.carbon.average) || !site.hours.carbon.empty())
        metrics[Metric::carbon].value = (drawn * means.carbon).value;
      if (is_told(site.electricity.price) || !site.hours.price.empty())
        metrics[Metric::electricity].value = (drawn * means.price).value;
    }
  }
  if (whole) add_run(metrics, platform, n * platform.node.gpus, run, time);
}

std::string site_power_note(const PlatformDescription& platform, const Metrics& metrics) {
  if (!platform.facility || !metrics.has(Metric::meter_power)) return "";
  const double drawn = metrics[Metric::meter_power].value, had = platform.facility->power->value;
  if (!(had > 0) || drawn <= had) return "";
  return fmt::format("draws {:.4g} MW at the meter, and the site has {:.4g} MW for this machine", drawn / 1e6,
                     had / 1e6);
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
