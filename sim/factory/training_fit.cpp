#include "factory/training_fit.hpp"

#include <ceres/ceres.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace aifsim {
namespace {

constexpr std::size_t shared_count = 2, platform_count = 3;
using SharedVector = std::array<double, shared_count>;
using PlatformVector = std::array<double, platform_count>;

// Each constant is scaled to about one for the solver.
constexpr SharedVector shared_scale{0.1, 0.03};
constexpr SharedVector shared_low{0, 0}, shared_high{1, 0.3};
constexpr PlatformVector platform_scale{0.85, 0.8, 10e-6};
constexpr PlatformVector platform_low{0.3, 0.2, 0}, platform_high{1, 1, 500e-6};
constexpr std::array<const char*, shared_count> shared_names{"compute_slowdown", "host_per_step"};
constexpr std::array<const char*, platform_count> platform_names{"sustained_speed", "leave", "delay"};

SharedVector vector_of(const SharedConstants& c) { return {c.compute_slowdown, c.host_per_step}; }
PlatformVector vector_of(const PlatformConstants& c) { return {c.sustained_speed, c.leave, c.delay}; }
PlatformConstants constants_of(const PlatformVector& v) { return {v[0], v[1], v[2]}; }

template <std::size_t N>
std::array<double, N> times(const double* x, const std::array<double, N>& scale) {
  std::array<double, N> v;
  for (std::size_t i = 0; i < N; ++i) v[i] = x[i] * scale[i];
  return v;
}

// Names of the constants that ended at a bound: the data do not identify them.
template <std::size_t N>
std::vector<std::string> names_at_bound(const std::array<double, N>& v, const std::array<double, N>& low,
                                        const std::array<double, N>& high,
                                        const std::array<const char*, N>& names) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < N; ++i) {
    const double margin = 1e-6 * (high[i] - low[i]);
    if (v[i] <= low[i] + margin || v[i] >= high[i] - margin) found.emplace_back(names[i]);
  }
  return found;
}

}  // namespace

struct TrainingFitter::Sample {
  MeasuredRow row;
  std::string platform;
  mutable Plan plan;
  mutable CommunicationDescription communication;

  double log_error(const SharedVector& shared, const PlatformVector& own) const {
    communication.neighbours.leave.value = own[1];
    communication.neighbours.delay.value = Seconds{own[2]};
    set_constants(plan, communication, own[0], shared[0]);
    return std::log((analytical_duration(plan).value + shared[1]) / row.measured.value);
  }
};

TrainingFitter::TrainingFitter(const std::vector<MeasuredRow>& rows) {
  for (const MeasuredRow& row : rows) {
    if (!row.job) continue;
    const PlatformDescription& platform = row.job->platform->description;
    // The step's host work comes last on the compute stream, so it is added to a plan without it.
    TrainingJob job = *row.job;
    job.stack.host_per_step.value = Seconds{0};
    try {
      samples_.push_back({row, platform.name, make_training_plan(job), platform.communication});
    } catch (const CannotAnswer&) {
      continue;
    }
  }
}

TrainingFitter::~TrainingFitter() = default;

std::size_t TrainingFitter::size() const { return samples_.size(); }
const MeasuredRow& TrainingFitter::row(std::size_t i) const { return samples_[i].row; }

double TrainingFitter::log_error(std::size_t i, const TrainingFit& fit) const {
  for (const PlatformFit& p : fit.platforms)
    if (p.platform == samples_[i].platform)
      return samples_[i].log_error(vector_of(fit.shared), vector_of(p.constants));
  return std::numeric_limits<double>::quiet_NaN();
}

TrainingFit TrainingFitter::fit(const std::vector<bool>& use) const {
  TrainingFit result;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    const auto same = [&](const PlatformFit& p) { return p.platform == samples_[i].platform; };
    if (use[i] && std::none_of(result.platforms.begin(), result.platforms.end(), same))
      result.platforms.push_back({samples_[i].platform, {}, {}});
  }
  if (result.platforms.empty()) return result;
  ceres::Problem problem;
  SharedVector shared = vector_of(result.shared);
  for (std::size_t i = 0; i < shared_count; ++i) shared[i] /= shared_scale[i];
  std::vector<PlatformVector> own;
  for (const PlatformFit& p : result.platforms) {
    own.push_back(vector_of(p.constants));
    for (std::size_t i = 0; i < platform_count; ++i) own.back()[i] /= platform_scale[i];
  }
  struct Residual {
    const Sample* sample;
    bool operator()(const double* shared_x, const double* own_x, double* residual) const {
      *residual = sample->log_error(times(shared_x, shared_scale), times(own_x, platform_scale));
      return true;
    }
  };
  ceres::NumericDiffOptions differences;
  differences.relative_step_size = 1e-4;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    if (!use[i]) continue;
    for (std::size_t p = 0; p < own.size(); ++p) {
      if (result.platforms[p].platform != samples_[i].platform) continue;
      problem.AddResidualBlock(
          new ceres::NumericDiffCostFunction<Residual, ceres::CENTRAL, 1, shared_count, platform_count>(
              new Residual{&samples_[i]}, ceres::TAKE_OWNERSHIP, 1, differences),
          new ceres::SoftLOneLoss(0.05), shared.data(), own[p].data());
    }
  }
  for (std::size_t i = 0; i < shared_count; ++i) {
    problem.SetParameterLowerBound(shared.data(), static_cast<int>(i), shared_low[i] / shared_scale[i]);
    problem.SetParameterUpperBound(shared.data(), static_cast<int>(i), shared_high[i] / shared_scale[i]);
  }
  for (std::size_t p = 0; p < own.size(); ++p) {
    for (std::size_t i = 0; i < platform_count; ++i) {
      problem.SetParameterLowerBound(own[p].data(), static_cast<int>(i), platform_low[i] / platform_scale[i]);
      problem.SetParameterUpperBound(own[p].data(), static_cast<int>(i),
                                     platform_high[i] / platform_scale[i]);
    }
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-9;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);

  const SharedVector s = times(shared.data(), shared_scale);
  result.shared = {s[0], s[1]};
  result.at_bound = names_at_bound(s, shared_low, shared_high, shared_names);
  for (std::size_t p = 0; p < own.size(); ++p) {
    const PlatformVector v = times(own[p].data(), platform_scale);
    result.platforms[p].constants = constants_of(v);
    result.platforms[p].at_bound = names_at_bound(v, platform_low, platform_high, platform_names);
  }
  return result;
}

}  // namespace aifsim
