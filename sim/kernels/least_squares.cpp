#include "kernels/least_squares.hpp"

#include <ceres/ceres.h>

#include <cmath>
#include <limits>

namespace aifsim {
namespace {

// Residual of one row as a function of the logarithms of the free parameters.
struct LogResidual {
  const RowModel* model;
  const std::vector<FitParameter>* parameters;
  double log_measured;
  std::size_t row;

  bool operator()(double const* const* free, double* residual) const {
    thread_local std::vector<double> values;
    values.resize(parameters->size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const FitParameter& p = (*parameters)[i];
      values[i] = p.held ? p.start : std::exp(free[next++][0]);
    }
    residual[0] = std::log((*model)(values, row)) - log_measured;
    return std::isfinite(residual[0]);
  }
};

// Starting point number `start`: 0 is the given one; others lie between it and either bound.
double start_of(const FitParameter& p, int start, std::size_t index) {
  const double middle = std::log(p.start);
  if (start == 0) return middle;
  const bool upwards = (static_cast<std::size_t>(start) + index) % 2 == 0;
  const double bound = std::log(upwards ? p.upper : p.lower);
  return middle + (bound - middle) * 0.4 * start / (start + 1.0);
}

}  // namespace

std::vector<double> fit_log_time(const std::vector<FitParameter>& parameters, const RowModel& model,
                                 const std::vector<double>& measured, const std::vector<std::size_t>& rows,
                                 int starts) {
  std::vector<double> best(parameters.size());
  double best_cost = std::numeric_limits<double>::infinity();
  for (int start = 0; start < starts; ++start) {
    std::vector<double> free;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (!parameters[i].held) free.push_back(start_of(parameters[i], start, i));
    }
    std::vector<double*> blocks;
    for (double& value : free) blocks.push_back(&value);

    ceres::Problem::Options shared_loss;
    shared_loss.loss_function_ownership = ceres::DO_NOT_TAKE_OWNERSHIP;
    ceres::SoftLOneLoss loss(0.1);
    ceres::Problem problem(shared_loss);
    for (const std::size_t row : rows) {
      auto* cost = new ceres::DynamicNumericDiffCostFunction<LogResidual, ceres::CENTRAL>(
          new LogResidual{&model, &parameters, std::log(measured[row]), row});
      for (std::size_t i = 0; i < blocks.size(); ++i) cost->AddParameterBlock(1);
      cost->SetNumResiduals(1);
      problem.AddResidualBlock(cost, &loss, blocks);
    }
    std::size_t next = 0;
    for (const FitParameter& p : parameters) {
      if (p.held) continue;
      problem.SetParameterLowerBound(blocks[next], 0, std::log(p.lower));
      problem.SetParameterUpperBound(blocks[next], 0, std::log(p.upper));
      ++next;
    }
    ceres::Solver::Options options;
    options.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
    options.max_num_iterations = 60;
    options.function_tolerance = 1e-7;
    options.logging_type = ceres::SILENT;
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    if (summary.IsSolutionUsable() && summary.final_cost < best_cost) {
      best_cost = summary.final_cost;
      next = 0;
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        best[i] = parameters[i].held ? parameters[i].start : std::exp(free[next++]);
      }
    }
  }
  return best;
}

}  // namespace aifsim
