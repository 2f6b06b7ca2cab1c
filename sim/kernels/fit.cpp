#include "kernels/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/sample.hpp"
#include "base/statistics.hpp"
#include "kernels/describe.hpp"
#include "kernels/price.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kEnough = 1500;  // rows to choose between starts
// What a fit takes, so that its work is bounded: rows of a family, releases with factors of their own, groups left out in
// turn, and rows of all of those fits together.
constexpr std::size_t kMostRows = 20'000, kMostReleases = 40, kMostGroups = 40, kMostLeftOutRows = 300'000;
constexpr double kPowerWeight = 0.3;  // of logged power beside time: short kernels' power is read roughly
constexpr double kBand = 1.2816;      // quantile 0.9 of the normal distribution: 80 % lie within

using Chosen = std::vector<const KernelRow*>;

double target_of(const Family& family, const KernelRow& row) {
  return family.target == Target::time ? row.time.value : row.power.value;
}

double predicted(const Family& family, const GpuDescription& gpu, const KernelRow& row,
                 std::string_view software) {
  const Price p = price(gpu, *row.op, {release_of(software), row.sustained});
  return family.target == Target::time ? p.time.value : p.energy.value / p.time.value;
}

FitErrors errors(const std::vector<double>& ratios) {
  std::vector<double> absolute, relative;
  for (const double ratio : ratios) {
    if (!std::isfinite(ratio)) continue;
    relative.push_back(ratio - 1);
    absolute.push_back(std::abs(ratio - 1));
  }
  if (absolute.empty()) return {};
  return {absolute.size(), median(absolute), quantile(absolute, 0.9), median(relative)};
}

class FamilyFitter {
 public:
  FamilyFitter(const Family& family, GpuDescription& previous) : family_(family), previous_(previous) {}

  // Constants and release factors of `gpu` fitted to `rows`.
  // Several starts are tried on some of the rows where there are many.
  FitResult fit(GpuDescription& gpu, const Chosen& all, int starts) const {
    const Chosen rows = at_full_clock(all);
    if (starts > 1 && rows.size() > 2 * kEnough) {
      Chosen some;
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
    const bool plain =
        family_.target == Target::time &&
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
    FitResult result = fit_log_times(parameters, model, measured, starts, groups);
    set(gpu, result.parameters, weight);
    return result;
  }

  bool has_previous() const { return family_.info(previous_).spread.value > 0; }

  FitSlice slice(const std::string& name, const GpuDescription& gpu, const Chosen& rows) const {
    std::vector<double> model, control, before;
    for (const KernelRow* row : rows) {
      const double measured = target_of(family_, *row);
      model.push_back(predicted(family_, gpu, *row, row->software) / measured);
      if (family_.target == Target::time) control.push_back(family_.control(gpu, *row->op) / measured);
      if (!has_previous()) continue;
      try {
        before.push_back(predicted(family_, previous_, *row, row->software) / measured);
      } catch (const CannotAnswer&) {
        // The previous model had no constants for it.
      }
    }
    return {name, errors(model), errors(control), errors(before)};
  }

  std::vector<double> log_residuals(const GpuDescription& gpu, const Chosen& rows) const {
    std::vector<double> residuals;
    for (const KernelRow* row : rows)
      residuals.push_back(
          std::abs(std::log(target_of(family_, *row) / predicted(family_, gpu, *row, row->software))));
    return residuals;
  }

  void write_info(GpuDescription& gpu, const FitResult& result, const Chosen& rows, double spread,
                  const FitOptions& options) const {
    FitInfo& info = family_.info(gpu);
    info.spread.value = spread;
    info.points = static_cast<std::int64_t>(rows.size());
    info.date = options.date;
    info.range = range_of(rows);
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

 private:
  // Rows of kernels at full clock where there are enough of them: the power limit is another family's matter.
  Chosen at_full_clock(const Chosen& rows) const {
    if (family_.target == Target::power) return rows;
    Chosen burst;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(burst),
                 [](const KernelRow* row) { return !row->sustained; });
    return burst.size() >= 100 ? burst : rows;
  }

  // `values`: constants, a time factor per release (their weighted geometric mean is taken out), then each
  // constant that releases have of their own.
  void set(GpuDescription& gpu, std::span<const double> values,
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

  static std::string range_of(const Chosen& rows) {
    double shortest = rows.front()->time.value, longest = shortest;
    for (const KernelRow* row : rows) {
      shortest = std::min(shortest, row->time.value);
      longest = std::max(longest, row->time.value);
    }
    return fmt::format("kernels of {:.3g} us to {:.3g} ms", shortest * 1e6, longest * 1e3);
  }
  const Family& family_;
  GpuDescription& previous_;  // not const only because info() makes the block where there is none
};

// Calls work(0) to work(count - 1), in any order; the first exception thrown is passed on.
void on_all_processors(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::mutex failing;
  std::exception_ptr failure;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(failing);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < std::thread::hardware_concurrency() && i < count; ++i) helpers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

template <class Key>
std::map<std::string, Chosen> split(const Chosen& rows, Key key) {
  std::map<std::string, Chosen> parts;
  for (const KernelRow* row : rows) parts[key(*row)].push_back(row);
  return parts;
}

const char* time_range(const KernelRow& row) {
  const double us = row.time.value * 1e6;
  return us < 10 ? "below 10 us" : us < 100 ? "10 to 100 us" : us < 1000 ? "100 us to 1 ms" : "above 1 ms";
}

void add_slices(FamilyFit& fit, const FamilyFitter& fitter, const GpuDescription& gpu, const Chosen& rows) {
  fit.slices.push_back(fitter.slice("all", gpu, rows));
  for (auto& [name, part] : split(rows, time_range)) fit.slices.push_back(fitter.slice(name, gpu, part));
  const auto releases =
      split(rows, [](const KernelRow& r) { return fmt::format("{}, {}", r.dtype, release_of(r.software)); });
  if (releases.size() > kMostReleases) return;  // a few rows each
  for (const auto& [name, part] : releases) fit.slices.push_back(fitter.slice(name, gpu, part));
}

// Three rows per constant, at most 20.
std::size_t fewest_rows(const Family& family) {
  const auto free = std::count_if(family.constants.begin(), family.constants.end(),
                                  [](const Constant& c) { return !c.held && c.lower < c.upper; });
  return std::min<std::size_t>(20, 3 * static_cast<std::size_t>(free));
}

// Without `report` only the constants.
FamilyFit fit_family(const Family& family, GpuDescription& gpu, GpuDescription previous, const Chosen& rows,
                     const FitOptions& options, bool report) {
  FamilyFit fit;
  fit.family = &family;
  fit.points_before = family.info(previous).points;
  const FamilyFitter fitter(family, previous);
  Chosen seen, held_out;
  for (const KernelRow* row : rows) {
    const double place = uniform_of(describe(*row->op));
    (place < options.holdout ? held_out : seen).push_back(row);
  }
  const std::size_t fewest = fewest_rows(family);
  if (seen.size() < fewest) {
    fit.problem = fmt::format("{} rows are too few to fit; {} are needed", seen.size(), fewest);
    return fit;
  }
  GpuDescription trial = gpu;
  fitter.fit(trial, seen, 3);
  double spread = 0;
  if (!held_out.empty() && report) {
    add_slices(fit, fitter, trial, held_out);
    const std::vector<double> residuals = fitter.log_residuals(trial, held_out);
    spread = quantile(residuals, 0.8) / kBand;
    std::vector<double> halves[2];  // the band of one half, tried on the other
    for (std::size_t i = 0; i < residuals.size(); ++i) halves[i % 2].push_back(residuals[i]);
    const double band = quantile(halves[0], 0.8);
    fit.coverage =
        double(std::count_if(halves[1].begin(), halves[1].end(), [band](double r) { return r <= band; })) /
        double(halves[1].size());
  }
  if (options.leave_out && report) {
    const auto groups = split(rows, [](const KernelRow& r) { return r.group; });
    std::vector<const std::pair<const std::string, Chosen>*> turns;
    for (const auto& group : groups)
      if (groups.size() > 1 && rows.size() - group.second.size() >= fewest) turns.push_back(&group);
    const std::size_t most_groups = std::max(kMostGroups, kMostLeftOutRows / rows.size());
    if (turns.size() > most_groups) {
      std::stable_sort(turns.begin(), turns.end(),
                       [](const auto* a, const auto* b) { return a->second.size() > b->second.size(); });
      fit.groups_not_left_out = turns.size() - most_groups;
      turns.resize(most_groups);
    }
    const std::size_t most = kMostLeftOutRows / std::max<std::size_t>(turns.size(), 1);
    fit.left_out.resize(turns.size());
    on_all_processors(turns.size(), [&](std::size_t i) {
      const auto& [group, own] = *turns[i];
      Chosen others;
      for (const KernelRow* row : rows)
        if (row->group != group) others.push_back(row);
      GpuDescription without = trial;
      fitter.fit(without, sample_of(std::move(others), most), 1);
      fit.left_out[i] = fitter.slice("without " + group, without, own);
    });
  }
  // All rows: from where the seen ones led, and from the model before; the better is kept.
  GpuDescription other = gpu;
  gpu = trial;
  FitResult result = fitter.fit(gpu, rows, 1);
  if (fitter.has_previous()) {
    FitResult second = fitter.fit(other, rows, 1);
    if (second.cost < result.cost) {
      result = std::move(second);
      gpu = other;
    }
  }
  for (const std::size_t i : result.unidentified) {
    if (i < family.constants.size()) fit.unidentified.push_back(family.constants[i].key);
  }
  fitter.write_info(gpu, result, rows, spread, options);
  return fit;
}

// At most `most` rows of each family; `power`'s beside their own. Rows that no family takes are counted.
std::map<const Family*, Chosen> rows_of_families(const std::vector<KernelRow>& rows, const Family* power,
                                                 std::size_t most, Calibration& calibration) {
  calibration.rows = rows.size();
  std::map<const Family*, Chosen> chosen;
  for (const KernelRow& row : rows) {
    if (!row.op) {
      ++calibration.left_out[row.unsupported];
      continue;
    }
    const Family* family = family_of(calibration.gpu, *row.op);
    if (family) {
      chosen[family].push_back(&row);
    } else {
      ++calibration.left_out[fmt::format("no constants are fitted for {}", row.op_word)];
    }
    if (power && row.power.value > 0) chosen[power].push_back(&row);
  }
  for (auto& [family, own] : chosen) {
    if (own.size() > most)
      calibration.left_out[fmt::format("as {} takes {} rows at most, drawn evenly", family->title, most)] =
          own.size() - most;
    own = sample_of(std::move(own), most);
  }
  return chosen;
}

const Family* power_family() {
  for (const Family& family : families())
    if (family.target == Target::power) return &family;
  return nullptr;
}

using Work = std::vector<std::pair<const Family*, const Chosen*>>;

// Fits families on all processors. Each starts from the same GPU model and changes its own block alone, so
// their order does not matter.
class SideBySide {
 public:
  SideBySide(const GpuDescription& previous, const FitOptions& options, const FitProgress& progress,
             std::size_t total)
      : previous_(previous), options_(options), progress_(progress), total_(total) {}

  void fit(const Work& work, Calibration& calibration, bool report) {
    struct Done {
      FamilyFit fit;
      GpuDescription gpu;
    };
    std::vector<Done> done(work.size(), {{}, calibration.gpu});
    // The longest first, so that no processor idles in the end.
    std::vector<std::size_t> order(work.size());
    std::iota(order.begin(), order.end(), 0);
    const auto size = [&](std::size_t i) { return work[i].second->size() * work[i].first->constants.size(); };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
    on_all_processors(work.size(), [&](std::size_t turn) {
      const std::size_t i = order[turn];
      const auto& [family, rows] = work[i];
      tell(family->title);
      try {
        done[i].fit = fit_family(*family, done[i].gpu, previous_, *rows, options_, report);
      } catch (const CannotAnswer& error) {
        done[i].fit.family = family;
        done[i].fit.problem = error.what();
      }
    });
    for (Done& d : done) {
      if (d.fit.problem.empty()) {
        for (const Constant& c : d.fit.family->constants) *c.at(calibration.gpu) = *c.at(d.gpu);
        d.fit.family->info(calibration.gpu) = d.fit.family->info(d.gpu);
      }
      calibration.families.push_back(std::move(d.fit));
    }
  }

 private:
  void tell(const std::string& title) {
    if (!progress_) return;
    const std::lock_guard lock(telling_);
    progress_(told_++, total_, title);
  }
  const GpuDescription& previous_;
  const FitOptions& options_;
  const FitProgress& progress_;
  std::size_t total_, told_ = 0;
  std::mutex telling_;
};

}  // namespace

Calibration calibrate(const GpuDescription& gpu, const std::vector<KernelRow>& rows,
                      const FitOptions& options, const FitProgress& progress) {
  Calibration calibration;
  calibration.gpu = gpu;
  const Family* power = power_family();
  std::map<const Family*, Chosen> chosen = rows_of_families(rows, power, kMostRows, calibration);
  Work plain, limited, powered;  // limited: rows of theirs log power
  for (const Family& family : families()) {
    const auto found = chosen.find(&family);
    if (found == chosen.end() || found->second.empty()) continue;
    const bool logs = std::any_of(found->second.begin(), found->second.end(),
                                  [](const KernelRow* row) { return row->power.value > 0; });
    (&family == power ? powered : logs ? limited : plain).push_back({&family, &found->second});
  }
  // Times under a power limit and the power itself depend on each other: two rounds settle both.
  SideBySide fitter(gpu, options, progress, plain.size() + 2 * (limited.size() + powered.size()));
  fitter.fit(limited, calibration, false);
  fitter.fit(powered, calibration, false);
  calibration.families.clear();
  Work timed = plain;
  timed.insert(timed.end(), limited.begin(), limited.end());
  std::sort(timed.begin(), timed.end());  // as families() has them
  fitter.fit(timed, calibration, true);
  fitter.fit(powered, calibration, true);
  return calibration;
}

Calibration try_on(const GpuDescription& gpu, const std::vector<KernelRow>& rows) {
  Calibration calibration;
  calibration.gpu = gpu;
  GpuDescription previous = gpu;
  for (auto& [family, chosen] : rows_of_families(rows, power_family(), rows.size(), calibration)) {
    FamilyFit fit;
    fit.family = family;
    const FamilyFitter fitter(*family, previous);
    try {
      add_slices(fit, fitter, gpu, chosen);
      const double band = kBand * family->info(previous).spread.value;
      const std::vector<double> residuals = fitter.log_residuals(gpu, chosen);
      fit.coverage =
          double(std::count_if(residuals.begin(), residuals.end(), [band](double r) { return r <= band; })) /
          double(residuals.size());
    } catch (const CannotAnswer& error) {
      fit.problem = error.what();
    }
    calibration.families.push_back(std::move(fit));
  }
  return calibration;
}

}  // namespace aifsim
