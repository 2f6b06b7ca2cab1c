#include "calibration/training_fit.hpp"

#include <algorithm>
#include <cmath>

#include "calibration/least_squares.hpp"
#include "lowering/training/layout.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kShared = 2, kOwn = 3;
constexpr const char *kSharedNames[kShared] = {"compute_slowdown", "host_per_step"},
                     *kOwnNames[kOwn] = {"sustained_speed", "leave", "delay"};
const FitEffort kEffort{.starts = 1, .loss_scale = 0.05, .tolerance = 1e-9, .most_iterations = 200};

FitParameter linear(double lower, double upper, double start, ActsOn acts_on, int group) {
  return {lower, upper, start, false, acts_on, group, 0, true};
}

std::vector<FitParameter> parameters_of(std::size_t platforms) {
  const TrainingConstants start;
  const PlatformConstants own;
  std::vector<FitParameter> made{linear(0, 1, start.compute_slowdown, ActsOn::all_rows, -1),
                                 linear(0, 0.3, start.host_per_step, ActsOn::all_rows, -1)};
  for (int p = 0; p < static_cast<int>(platforms); ++p) {
    made.push_back(linear(0.3, 1, own.sustained_speed, ActsOn::group, p));
    made.push_back(linear(0.2, 1, own.leave, ActsOn::group, p));
    made.push_back(linear(0, 500e-6, own.delay, ActsOn::group, p));
  }
  return made;
}

PlatformConstants own_of(std::span<const double> values, std::size_t platform) {
  const double* own = values.data() + kShared + kOwn * platform;
  return {own[0], own[1], own[2]};
}

}  // namespace

struct TrainingProblem::Sample {
  std::size_t number;  // among the rows given
  MeasuredRow row;
  std::string platform;
  mutable Plan plan;
  mutable CommunicationDescription communication;

  double seconds(double compute_slowdown, double host_per_step, const PlatformConstants& own) const {
    communication.neighbours.leave.value = own.leave;
    communication.neighbours.delay.value = Seconds{own.delay};
    set_constants(plan, communication, own.sustained_speed, compute_slowdown);
    return analytical_duration(plan).value + host_per_step;
  }
};

TrainingProblem::TrainingProblem(const std::vector<MeasuredRow>& rows) : control_(rows) {
  for (const MeasuredRow& row : rows) {
    if (!row.job || !std::isfinite(row.measured.value)) continue;
    const PlatformDescription& platform = row.job->platform->description;
    // The step's host work comes last on the compute stream, so it is added to a plan without it.
    TrainingJob job = *row.job;
    job.stack.host_per_step.value = Seconds{0};
    try {
      samples_.push_back({static_cast<std::size_t>(&row - rows.data()), row, platform.name,
                          make_training_plan(job), platform.communication});
    } catch (const CannotAnswer&) {
      continue;
    }
  }
}

TrainingProblem::~TrainingProblem() = default;

std::size_t TrainingProblem::size() const { return samples_.size(); }
std::size_t TrainingProblem::number(std::size_t i) const { return samples_[i].number; }
const MeasuredRow& TrainingProblem::row(std::size_t i) const { return samples_[i].row; }
const std::string& TrainingProblem::platform(std::size_t i) const { return samples_[i].platform; }

ErrorRow TrainingProblem::predict(const TrainingConstants& constants, std::size_t i) const {
  ErrorRow error;
  error.measured = row(i).measured.value;
  error.control = control_.seconds(row(i));
  if (const auto own = constants.platforms.find(platform(i)); own != constants.platforms.end())
    error.predicted = samples_[i].seconds(constants.compute_slowdown, constants.host_per_step, own->second);
  return error;
}

TrainingConstants TrainingProblem::fit(const std::vector<std::size_t>& rows, const TrainingConstants*) const {
  std::vector<std::string> platforms;
  std::vector<int> platform_of;
  std::vector<double> measured;
  for (const std::size_t i : rows) {
    auto at = std::find(platforms.begin(), platforms.end(), platform(i));
    if (at == platforms.end()) at = platforms.insert(at, platform(i));
    platform_of.push_back(static_cast<int>(at - platforms.begin()));
    measured.push_back(row(i).measured.value);
  }
  const FitModel model = [&](std::span<const double> values, std::span<double> times) {
    for (std::size_t k = 0; k < rows.size(); ++k)
      times[k] = samples_[rows[k]].seconds(values[0], values[1],
                                           own_of(values, static_cast<std::size_t>(platform_of[k])));
  };
  const FitResult result =
      fit_log_times(parameters_of(platforms.size()), model, measured, kEffort, platform_of);
  TrainingConstants constants;
  constants.compute_slowdown = result.parameters[0];
  constants.host_per_step = result.parameters[1];
  for (std::size_t p = 0; p < platforms.size(); ++p)
    constants.platforms[platforms[p]] = own_of(result.parameters, p);
  for (const std::size_t j : result.unidentified)
    constants.unidentified.push_back(j < kShared ? kSharedNames[j]
                                                 : platforms[(j - kShared) / kOwn] + " " +
                                                       kOwnNames[(j - kShared) % kOwn]);
  return constants;
}

namespace {

// The unseen rows of one platform ("": all), with bands from the other groups of it.
UnseenRows unseen_of(const TrainingProblem& problem, const UnseenRows& all, const std::string& platform) {
  UnseenRows own;
  for (std::size_t k = 0; k < all.rows.size(); ++k)
    if (platform.empty() || problem.platform(all.rows[k]) == platform)
      own.add(all.rows[k], all.errors[k], all.parts[k]);
  set_bands_from_others(own.errors, own.parts, SpreadBy::mean_square);
  return own;
}

// Fewer unseen rows than these do not tell how far a prediction may be off: the platform's width before the fit stands
// for those that are missing.
constexpr std::size_t kFewUnseen = 8;

double width_of(const UnseenRows& unseen, double before) {
  const double seen = spread_of(unseen.errors, SpreadBy::mean_square);
  const std::size_t n = unseen.rows.size();
  if (n >= kFewUnseen) return seen;
  const auto count = static_cast<double>(n), all = static_cast<double>(kFewUnseen);
  return std::sqrt((count * seen * seen + (all - count) * before * before) / all);
}

// Rows of one platform ("": all) under the constants of all, and left out.
FittedBlock block_of(const TrainingProblem& problem, const CrossValidation<TrainingConstants>& validation,
                     const std::string& platform, const FitOptions& options) {
  FittedBlock block;
  block.block = block.title = platform.empty() ? "stack" : platform;
  const UnseenRows unseen = unseen_of(problem, validation.left_out, platform);
  double before = 0;
  for (std::size_t i = 0; i < problem.size(); ++i)
    if (problem.platform(i) == platform)
      before = *problem.row(i).job->platform->description.calibration.log_residual_sd;
  block.fit.spread.value =
      platform.empty() ? spread_of(unseen.errors, SpreadBy::mean_square) : width_of(unseen, before);
  std::vector<ErrorRow> fitted;
  std::vector<double> times;
  for (std::size_t i = 0; i < problem.size(); ++i) {
    if (!platform.empty() && problem.platform(i) != platform) continue;
    fitted.push_back(problem.predict(validation.seen, i));
    fitted.back().set_band(block.fit.spread.value);
    times.push_back(fitted.back().measured);
  }
  block.errors.push_back(report_of("fitted", fitted));
  if (!unseen.rows.empty())
    block.left_out.push_back(report_of("groups left out", unseen.errors, validation.groups.size()));
  if (platform.empty())
    block.left_out.insert(block.left_out.end(), validation.groups.begin(), validation.groups.end());
  block.fit.points = static_cast<std::int64_t>(fitted.size());
  block.fit.date = options.date;
  block.fit.range = range_of("steps", times);
  const TrainingConstants& c = validation.seen;
  if (platform.empty()) {
    block.constants = {{"compute_slowdown", c.compute_slowdown}, {"host_per_step_s", c.host_per_step}};
  } else {
    const PlatformConstants& own = c.platforms.at(platform);
    block.constants = {{"sustained_speed", own.sustained_speed},
                       {"neighbours_leave", own.leave},
                       {"neighbours_delay_s", own.delay}};
  }
  for (const std::string& name : c.unidentified) {
    const std::size_t cut = name.find(' ');
    const bool shared = cut == std::string::npos;
    if (shared ? platform.empty() : name.substr(0, cut) == platform)
      block.unidentified.push_back(shared ? name : name.substr(cut + 1));
  }
  return block;
}

}  // namespace

TrainingCalibration calibrate_training(const std::vector<MeasuredRow>& rows, const FitOptions& options) {
  const TrainingProblem problem(rows);
  if (problem.size() == 0)
    throw CannotAnswer("no row of " + options.source + " can be expressed, so there is nothing to fit");
  FitOptions in_turn = options;
  in_turn.holdout = 0;
  const CrossValidation<TrainingConstants> validation = cross_validate(problem, in_turn);
  if (!validation.problem.empty()) throw CannotAnswer(options.source + ": " + validation.problem);
  TrainingCalibration calibration;
  calibration.constants = validation.seen;
  calibration.report.of = options.source;
  calibration.report.rows = rows.size();
  for (const MeasuredRow& row : rows)
    if (!row.job) ++calibration.report.left_out[row.unsupported];
  for (const auto& [platform, constants] : validation.seen.platforms) {
    calibration.report.blocks.push_back(block_of(problem, validation, platform, options));
    const UnseenRows unseen = unseen_of(problem, validation.left_out, platform);
    for (std::size_t k = 0; k < unseen.rows.size(); ++k)
      calibration.report.unseen.emplace_back(problem.number(unseen.rows[k]), unseen.errors[k]);
    const FitInfo& fit = calibration.report.blocks.back().fit;
    PlatformFit own{platform, constants, fit.spread.value, static_cast<std::size_t>(fit.points), 0, 0};
    for (std::size_t i = 0; i < problem.size(); ++i) {
      if (problem.platform(i) != platform) continue;
      const std::int64_t gpus = problem.row(i).gpus;
      own.smallest_job = own.smallest_job == 0 ? gpus : std::min(own.smallest_job, gpus);
      own.largest_job = std::max(own.largest_job, gpus);
      const TrainingJob& job = *problem.row(i).job;
      own.shardings.insert(job.training.sharding);
      own.most_micro_batches =
          std::max(own.most_micro_batches, micro_steps(job.model, job.training, job.gpus));
    }
    calibration.platforms.push_back(own);
  }
  calibration.report.blocks.push_back(block_of(problem, validation, "", options));
  return calibration;
}

}  // namespace aifsim
