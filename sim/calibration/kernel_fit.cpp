#include "calibration/kernel_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <numeric>

#include "base/error.hpp"
#include "base/sample.hpp"
#include "calibration/kernel_problem.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kMostOfFamily = 20'000;  // of a family, so that the work of its fit is bounded
constexpr std::size_t kMostReported = 40;      // that are told apart

const char* time_range(const KernelRow& row) {
  const double us = row.time.value * 1e6;
  return us < 10 ? "below 10 us" : us < 100 ? "10 to 100 us" : us < 1000 ? "100 us to 1 ms" : "above 1 ms";
}

// All, then by range of time and by dtype and release.
std::vector<ErrorReport> reports_of(const KernelProblem& problem, const UnseenRows& unseen) {
  std::vector<ErrorReport> reports{report_of("all", unseen.errors)};
  const auto by = [&](auto key, std::size_t most) {
    std::map<std::string, std::vector<ErrorRow>> parts;
    for (std::size_t k = 0; k < unseen.rows.size(); ++k)
      parts[key(problem.row(unseen.rows[k]))].push_back(unseen.errors[k]);
    if (parts.size() > most) return;  // a few rows each
    for (const auto& [name, rows] : parts) reports.push_back(report_of(name, rows));
  };
  by(time_range, kMostReported);
  by([](const KernelRow& r) { return fmt::format("{}, {}", r.dtype, release_of(r.software)); },
     kMostReported);
  return reports;
}

FittedBlock block_of(const Family& family) {
  FittedBlock block;
  block.block = family.block;
  block.title = family.title;
  return block;
}

void describe_fit(FittedBlock& block, const Family& family, GpuDescription gpu) {
  for (const Constant& constant : family.constants)
    block.constants.emplace_back(constant.key, *constant.at(gpu));
  block.fit = family.info(gpu);
}

// Without `report` only the constants.
FittedBlock fit_family(const Family& family, GpuDescription& gpu, const GpuDescription& before,
                       const ChosenKernels& rows, const FitOptions& options, bool report,
                       std::vector<std::pair<const KernelRow*, ErrorRow>>& unseen) {
  FittedBlock block = block_of(family);
  GpuDescription probe = before;  // info() makes a block where there is none
  block.points_before = family.info(probe).points;
  const GpuDescription start = gpu;
  const KernelProblem problem(family, start, before, rows);
  const CrossValidation<GpuDescription> validation = cross_validate(problem, options, report);
  block.problem = validation.problem;
  if (!block.problem.empty()) return block;
  if (report && !validation.held_out.rows.empty()) block.errors = reports_of(problem, validation.held_out);
  if (!validation.groups.empty()) {
    block.left_out.push_back(
        report_of("groups left out", validation.left_out.errors, validation.groups.size()));
    block.left_out.insert(block.left_out.end(), validation.groups.begin(), validation.groups.end());
  }
  block.groups_not_left_out = validation.groups_not_left_out;
  if (family.target == Target::time)
    for (std::size_t k = 0; k < validation.left_out.rows.size(); ++k)
      unseen.emplace_back(rows[validation.left_out.rows[k]], validation.left_out.errors[k]);
  // All rows: from where the seen ones led, and from the model before; the better is kept.
  gpu = validation.seen;
  FitResult result = problem.fit_all(gpu, 1);
  if (problem.has_before()) {
    GpuDescription other = start;
    FitResult second = problem.fit_all(other, 1);
    if (second.cost < result.cost) {
      result = std::move(second);
      gpu = other;
    }
  }
  for (const std::size_t i : result.unidentified)
    if (i < family.constants.size()) block.unidentified.push_back(family.constants[i].key);
  problem.write_info(gpu, result, validation.spread, options.date);
  describe_fit(block, family, gpu);
  return block;
}

// At most `most` rows of each family; `power`'s beside their own. Rows that no family takes are counted.
std::map<const Family*, ChosenKernels> rows_of_families(const std::vector<KernelRow>& rows,
                                                        const Family* power, std::size_t most,
                                                        KernelCalibration& calibration) {
  FitReport& report = calibration.report;
  report.rows = rows.size();
  std::map<const Family*, ChosenKernels> chosen;
  for (const KernelRow& row : rows) {
    if (!row.op) {
      ++report.left_out[row.unsupported];
      continue;
    }
    const Family* family = family_of(calibration.gpu, *row.op);
    if (family) {
      chosen[family].push_back(&row);
    } else {
      ++report.left_out[fmt::format("no constants are fitted for {}", row.op_word)];
    }
    if (power && row.power.value > 0) chosen[power].push_back(&row);
  }
  for (auto& [family, own] : chosen) {
    if (own.size() > most)
      report.left_out[fmt::format("as {} takes {} rows at most, drawn evenly", family->title, most)] =
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

using FamilyWork = std::vector<std::pair<const Family*, const ChosenKernels*>>;

// Fits families on all processors. Each starts from the same GPU model and changes its own block alone, so
// their order does not matter.
class SideBySide {
 public:
  // `first`: of the rows of all families.
  SideBySide(const GpuDescription& previous, const KernelRow* first, const FitOptions& options,
             const FitProgress& progress, std::size_t total)
      : previous_(previous), first_(first), options_(options), progress_(progress), total_(total) {}

  void fit(const FamilyWork& work, KernelCalibration& calibration, bool report) {
    struct Done {
      FittedBlock block;
      GpuDescription gpu;
      std::vector<std::pair<const KernelRow*, ErrorRow>> unseen = {};
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
        done[i].block = fit_family(*family, done[i].gpu, previous_, *rows, options_, report, done[i].unseen);
      } catch (const CannotAnswer& error) {
        done[i].block = block_of(*family);
        done[i].block.problem = error.what();
      }
    });
    for (std::size_t i = 0; i < done.size(); ++i) {
      const Family& family = *work[i].first;
      if (done[i].block.problem.empty()) {
        for (const Constant& c : family.constants) *c.at(calibration.gpu) = *c.at(done[i].gpu);
        family.info(calibration.gpu) = family.info(done[i].gpu);
        calibration.families.push_back(&family);
      }
      calibration.report.blocks.push_back(std::move(done[i].block));
      for (const auto& [row, error] : done[i].unseen)
        calibration.report.unseen.emplace_back(static_cast<std::size_t>(row - first_), error);
    }
  }

 private:
  void tell(const std::string& title) {
    if (!progress_) return;
    const std::lock_guard lock(telling_);
    progress_(told_++, total_, title);
  }
  const GpuDescription& previous_;
  const KernelRow* first_;
  const FitOptions& options_;
  const FitProgress& progress_;
  std::size_t total_, told_ = 0;
  std::mutex telling_;
};

}  // namespace

KernelCalibration calibrate_kernels(const GpuDescription& gpu, const std::vector<KernelRow>& rows,
                                    const FitOptions& options, const FitProgress& progress) {
  KernelCalibration calibration;
  calibration.gpu = gpu;
  calibration.report.of = gpu.name;
  const Family* power = power_family();
  std::map<const Family*, ChosenKernels> chosen = rows_of_families(rows, power, kMostOfFamily, calibration);
  FamilyWork plain, limited, powered;  // limited: rows of theirs log power
  for (const Family& family : families()) {
    const auto found = chosen.find(&family);
    if (found == chosen.end() || found->second.empty()) continue;
    const bool logs = std::any_of(found->second.begin(), found->second.end(),
                                  [](const KernelRow* row) { return row->power.value > 0; });
    (&family == power ? powered : logs ? limited : plain).push_back({&family, &found->second});
  }
  GpuDescription start = gpu;
  for (const auto& [family, own] : powered)
    if (std::any_of(own->begin(), own->end(), [](const KernelRow* row) {
          return std::holds_alternative<Attention>(*row->op) ||
                 std::holds_alternative<AttentionDecode>(*row->op);
        }))
      start.power.attention.reset();  // whose constants stand for such rows where there are none
  calibration.gpu = start;
  // Times under a power limit and the power itself depend on each other: two rounds settle both.
  SideBySide fitter(start, rows.data(), options, progress,
                    plain.size() + 2 * (limited.size() + powered.size()));
  fitter.fit(limited, calibration, false);
  fitter.fit(powered, calibration, false);
  calibration.families.clear();
  calibration.report.blocks.clear();
  FamilyWork timed = plain;
  timed.insert(timed.end(), limited.begin(), limited.end());
  std::sort(timed.begin(), timed.end());  // as families() has them
  fitter.fit(timed, calibration, true);
  fitter.fit(powered, calibration, true);
  return calibration;
}

FitReport try_on(const GpuDescription& gpu, const std::vector<KernelRow>& rows) {
  KernelCalibration calibration;
  calibration.gpu = gpu;
  calibration.report.of = gpu.name;
  for (auto& [family, chosen] : rows_of_families(rows, power_family(), rows.size(), calibration)) {
    FittedBlock block = block_of(*family);
    const KernelProblem problem(*family, gpu, gpu, chosen);
    try {
      describe_fit(block, *family, gpu);
      UnseenRows unseen;
      for (std::size_t i = 0; i < problem.size(); ++i) {
        ErrorRow error = problem.predict(gpu, i);
        error.before = kNoFigure;
        error.set_band(block.fit.spread.value);
        unseen.add(i, error, "");
      }
      block.errors = reports_of(problem, unseen);
    } catch (const CannotAnswer& error) {
      block.problem = error.what();
    }
    calibration.report.blocks.push_back(std::move(block));
  }
  return calibration.report;
}

}  // namespace aifsim
