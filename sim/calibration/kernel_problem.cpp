#include "calibration/kernel_problem.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "calibration/fit_report.hpp"
#include "kernels/describe.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kEnough = 1500;      // rows to choose between starts
constexpr std::size_t kMostReleases = 40;  // with factors of their own
constexpr double kPowerWeight = 0.3;  // of logged power beside time: short kernels' power is read roughly

}  // namespace

KernelProblem::KernelProblem(const Family& family, const GpuDescription& start, const GpuDescription& before,
                             const ChosenKernels& rows)
    : family_(family), start_(start), before_(before), rows_(rows) {
  family_.info(before_);
}

std::string KernelProblem::case_of(std::size_t i) const { return describe(*rows_[i]->op); }

std::size_t KernelProblem::fewest() const {
  const auto free = std::count_if(family_.constants.begin(), family_.constants.end(),
                                  [](const Constant& c) { return !c.held && c.lower < c.upper; });
  return std::min<std::size_t>(20, 3 * static_cast<std::size_t>(free));
}

GpuDescription KernelProblem::fit(const std::vector<std::size_t>& rows, const GpuDescription* from) const {
  GpuDescription gpu = from ? *from : start_;
  ChosenKernels chosen;
  for (const std::size_t i : rows) chosen.push_back(rows_[i]);
  fit(gpu, chosen, from ? 1 : 3);
  return gpu;
}

double KernelProblem::predicted(const GpuDescription& gpu, const KernelRow& row) const {
  const Price p = price(gpu, *row.op, {release_of(row.software), row.sustained});
  return family_.target == Target::time ? p.time.value : p.energy.value / p.time.value;
}

ErrorRow KernelProblem::predict(const GpuDescription& gpu, std::size_t i) const {
  const KernelRow& row = *rows_[i];
  ErrorRow error;
  error.measured = family_.target == Target::time ? row.time.value : row.power.value;
  error.predicted = predicted(gpu, row);
  if (family_.target == Target::time) error.control = family_.control(gpu, *row.op);
  if (!has_before()) return error;
  try {
    error.before = predicted(before_, row);
  } catch (const CannotAnswer&) {
    // The model before had no constants for it.
  }
  return error;
}

FitResult KernelProblem::fit(GpuDescription& gpu, const ChosenKernels& all, int starts) const {
  const ChosenKernels rows = at_full_clock(all);
  if (starts > 1 && rows.size() > 2 * kEnough) {
    ChosenKernels some;
    const std::size_t step = rows.size() / kEnough;
    for (std::size_t i = 0; i < rows.size(); i += step) some.push_back(rows[i]);
    fit(gpu, some, starts);
    starts = 1;
  }
  FitInfo& info = family_.info(gpu);
  std::vector<ReleaseFactor> before;
  if (starts == 1) before = info.releases;
  info.releases.clear();
  const auto known = [&before](const std::string& software) {
    return std::find_if(before.begin(), before.end(),
                        [&](const ReleaseFactor& r) { return r.software == software; });
  };
  std::map<std::string, double> weight;
  if (family_.releases)
    for (const KernelRow* row : rows) ++weight[std::string(release_of(row->software))];
  if (weight.size() < 2) weight.clear();
  if (weight.size() > kMostReleases) {  // the rare ones keep the mean of the others
    std::vector<std::pair<std::string, double>> by_rows(weight.begin(), weight.end());
    std::stable_sort(by_rows.begin(), by_rows.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    weight = {by_rows.begin(), by_rows.begin() + kMostReleases};
  }
  for (const auto& [software, rows_of] : weight) info.releases.push_back({software, 1, {}, {}});

  std::vector<FitParameter> parameters;
  for (const Constant& c : family_.constants) {
    const double now = *c.at(gpu);
    const bool usable = now >= c.lower && now <= c.upper;  // a bound is where a fit may have ended
    const bool held = c.held || c.lower == c.upper || (c.of_release && !weight.empty());
    parameters.push_back({c.lower, c.upper, c.held || (starts == 1 && usable) ? now : c.start, held});
  }
  // Under a power limit a longer time is drawn out less: no plain factor.
  const bool plain = family_.target == Target::time &&
                     std::none_of(rows.begin(), rows.end(), [](const KernelRow* r) { return r->sustained; });
  int release = 0;
  double total = 0;
  for (const auto& [software, w] : weight) total += w;
  for (const auto& [software, w] : weight) {
    const auto at = known(software);
    const double now = at == before.end() ? 1 : std::clamp(at->time_factor, 0.51, 1.99);
    parameters.push_back(
        {0.5, 2, now, false, plain ? ActsOn::scale : ActsOn::all_rows, release++, w / total});
  }
  for (const Constant& c : family_.constants) {
    if (!c.of_release) continue;
    release = 0;
    for (const auto& [software, w] : weight) {
      const auto at = known(software);
      const double now = at == before.end() ? 0 : *c.of_release(*at);
      parameters.push_back({c.lower, c.upper, now >= c.lower && now <= c.upper ? now : c.start, false,
                            plain ? ActsOn::group : ActsOn::all_rows, release++});
    }
  }
  std::vector<int> groups;
  if (plain && !weight.empty())
    for (const KernelRow* row : rows) {
      const auto release_at = weight.find(std::string(release_of(row->software)));
      groups.push_back(
          release_at == weight.end() ? -1 : static_cast<int>(std::distance(weight.begin(), release_at)));
    }

  std::vector<double> measured;
  for (const KernelRow* row : rows) measured.push_back(row->time.value);
  if (family_.target == Target::power)
    for (const KernelRow* row : rows) measured.push_back(row->power.value);
  const FitModel model = [&](std::span<const double> values, std::span<double> times) {
    set(gpu, values, weight);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Price p = price(gpu, *rows[i]->op, {release_of(rows[i]->software), rows[i]->sustained});
      times[i] = p.time.value;
      if (family_.target != Target::power) continue;
      const double logged = measured[rows.size() + i];
      times[rows.size() + i] = logged * std::pow(p.energy.value / p.time.value / logged, kPowerWeight);
    }
  };
  FitResult result = fit_log_times(parameters, model, measured, {.starts = starts}, groups);
  set(gpu, result.parameters, weight);
  return result;
}

void KernelProblem::write_info(GpuDescription& gpu, const FitResult& result, double spread,
                               const std::string& date) const {
  FitInfo& info = family_.info(gpu);
  info.spread.value = spread;
  info.points = static_cast<std::int64_t>(rows_.size());
  info.date = date;
  std::vector<double> times;
  for (const KernelRow* row : rows_) times.push_back(row->time.value);
  info.range = range_of("kernels", times);
  info.constants.clear();
  info.covariance.clear();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < family_.constants.size(); ++i) {
    if (result.covariance[i * (i + 1) / 2 + i] <= 0) continue;
    kept.push_back(i);
    info.constants.push_back(family_.constants[i].key);
    for (const std::size_t j : kept) info.covariance.push_back(result.covariance[i * (i + 1) / 2 + j]);
  }
}

// Rows of kernels at full clock where there are enough of them: the power limit is another family's matter.
ChosenKernels KernelProblem::at_full_clock(const ChosenKernels& rows) const {
  if (family_.target == Target::power) return rows;
  ChosenKernels burst;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(burst),
               [](const KernelRow* row) { return !row->sustained; });
  return burst.size() >= 100 ? burst : rows;
}

// `values`: constants, a time factor per release (their weighted geometric mean is taken out), then each
// constant that releases have of their own.
void KernelProblem::set(GpuDescription& gpu, std::span<const double> values,
                        const std::map<std::string, double>& weight) const {
  for (std::size_t i = 0; i < family_.constants.size(); ++i) *family_.constants[i].at(gpu) = values[i];
  if (weight.empty()) return;
  const auto weighted_mean = [&](std::size_t first) {
    double sum = 0, total = 0;
    for (const auto& [software, w] : weight) {
      sum += w * std::log(values[first++]);
      total += w;
    }
    return std::exp(sum / total);
  };
  std::size_t next = family_.constants.size();
  std::vector<ReleaseFactor>& releases = family_.info(gpu).releases;
  const double mean = weighted_mean(next);
  for (ReleaseFactor& release : releases) release.time_factor = values[next++] / mean;
  for (const Constant& c : family_.constants) {
    if (!c.of_release) continue;
    *c.at(gpu) = weighted_mean(next);
    for (ReleaseFactor& release : releases) *c.of_release(release) = values[next++];
  }
}

}  // namespace aifsim
