#include "calibration/least_squares.hpp"

#include <ceres/ceres.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace aifsim {
namespace {

constexpr double kStep = 1e-5;  // of the differences, in what is moved
constexpr double kWide = 0.5;   // standard deviation of what is moved beyond which data do not identify it

// Signed root of rho, so that its square is the loss of the row.
double robust(double r, double scale) {
  const double x = r * r / (scale * scale);
  return r * std::sqrt(2 / (std::sqrt(1 + x) + 1));
}

// Derivative of robust().
double robust_slope(double r, double scale) {
  const double x = r * r / (scale * scale), root = std::sqrt(1 + x), s = 2 / (root + 1);
  return std::sqrt(s) * (1 - x * s / (4 * root));
}

// What the solver moves of a parameter, and back.
double moved_of(const FitParameter& p, double value) { return p.linear ? value / p.start : std::log(value); }
double value_of(const FitParameter& p, double moved) { return p.linear ? moved * p.start : std::exp(moved); }

struct Rows {
  const std::vector<FitParameter>& parameters;
  const FitModel& model;
  std::vector<double> log_measured;
  std::span<const int> groups;
  double loss_scale;
  std::vector<std::vector<std::size_t>> together;  // free parameters, by their place, that one call can move
  std::vector<const FitParameter*> free_ones;

  void arrange() {
    std::vector<std::size_t> open;  // sets of parameters of groups
    for (const FitParameter& p : parameters) {
      if (p.held) continue;
      free_ones.push_back(&p);
      if (p.acts_on == ActsOn::scale) continue;
      const std::size_t at = free_ones.size() - 1;
      const auto fits = std::find_if(open.begin(), open.end(), [&](std::size_t set) {
        return std::none_of(together[set].begin(), together[set].end(),
                            [&](std::size_t other) { return free_ones[other]->group == p.group; });
      });
      if (p.acts_on == ActsOn::group && fits != open.end()) {
        together[*fits].push_back(at);
      } else {
        if (p.acts_on == ActsOn::group) open.push_back(together.size());
        together.push_back({at});
      }
    }
  }
  // d residual / d what is moved, row by row, with these residuals there; false where the model refuses.
  bool derivatives(const double* free_at, std::span<const double> at, double* out) const {
    const std::size_t n = free(), m = log_measured.size();
    std::fill(out, out + n * m, 0.0);
    std::vector<double> tried(free_at, free_at + n), moved(m);
    for (const std::vector<std::size_t>& set : together) {
      for (const std::size_t j : set) tried[j] += kStep;
      if (!residuals(tried.data(), moved.data())) return false;
      for (const std::size_t j : set) {
        tried[j] = free_at[j];
        const FitParameter& p = *free_ones[j];
        for (std::size_t i = 0; i < m; ++i)
          if (p.acts_on == ActsOn::all_rows || groups[i] == p.group)
            out[i * n + j] = (moved[i] - at[i]) / kStep;
      }
    }
    for (std::size_t j = 0; j < n; ++j) {
      const FitParameter& p = *free_ones[j];
      if (p.acts_on != ActsOn::scale) continue;
      for (std::size_t i = 0; i < m; ++i) out[i * n + j] = (groups[i] == p.group ? 1 : 0) - p.weight;
    }
    return true;
  }

  std::size_t free() const { return free_ones.size(); }
  std::vector<double> values(const double* moved) const {
    std::vector<double> v;
    v.reserve(parameters.size());
    for (const FitParameter& p : parameters) v.push_back(p.held ? p.start : value_of(p, *moved++));
    return v;
  }
  // log(model / measured); false where the model refuses.
  bool residuals(const double* moved, double* out) const {
    std::span<double> times(out, log_measured.size());
    model(values(moved), times);
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (!(times[i] > 0) || !std::isfinite(times[i])) return false;
      times[i] = std::log(times[i]) - log_measured[i];
    }
    return true;
  }
};

// All rows as one block, so that the model prepares itself once for each set of parameters.
class AllRows : public ceres::CostFunction {
 public:
  explicit AllRows(const Rows& rows) : rows_(rows) {
    set_num_residuals(static_cast<int>(rows.log_measured.size()));
    mutable_parameter_block_sizes()->push_back(static_cast<int>(rows.free()));
  }
  bool Evaluate(double const* const* parameters, double* residuals, double** jacobians) const override {
    const std::size_t n = rows_.free(), m = rows_.log_measured.size();
    if (!rows_.residuals(parameters[0], residuals)) return false;
    if (jacobians && jacobians[0]) {
      if (!rows_.derivatives(parameters[0], {residuals, m}, jacobians[0])) return false;
      for (std::size_t i = 0; i < m; ++i) {
        const double slope = robust_slope(residuals[i], rows_.loss_scale);
        for (std::size_t j = 0; j < n; ++j) jacobians[0][i * n + j] *= slope;
      }
    }
    for (std::size_t i = 0; i < m; ++i) residuals[i] = robust(residuals[i], rows_.loss_scale);
    return true;
  }

 private:
  const Rows& rows_;
};

// Starting point number `start`: 0 is the given one; others lie between it and either bound.
double start_of(const FitParameter& p, int start, std::size_t index) {
  const double middle = moved_of(p, p.start);
  if (start == 0) return middle;
  const bool upwards = (static_cast<std::size_t>(start) + index) % 2 == 0;
  return middle + (moved_of(p, upwards ? p.upper : p.lower) - middle) * 0.4 * start / (start + 1.0);
}

bool at_bound(const FitParameter& p, double value) {
  if (p.linear) {
    const double margin = 1e-6 * (p.upper - p.lower);
    return value <= p.lower + margin || value >= p.upper - margin;
  }
  return value <= p.lower * 1.001 || value >= p.upper / 1.001;
}

// Parameters that move no row are wherever their start was: they go back to the given one, unless some row
// feels it there (a threshold moves none until it passes one). `residuals` and `derivatives` are those of the
// result.
void put_back_unmoved(const Rows& rows, const std::vector<double>& residuals,
                      const std::vector<double>& derivatives, FitResult& result) {
  const std::size_t m = residuals.size(), n = rows.free();
  std::vector<double> at, tried(m);
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < rows.parameters.size(); ++i) {
    if (rows.parameters[i].held) continue;
    free.push_back(i);
    at.push_back(moved_of(rows.parameters[i], result.parameters[i]));
  }
  for (std::size_t j = 0; j < n; ++j) {
    bool moves = false;
    for (std::size_t r = 0; r < m && !moves; ++r) moves = derivatives[r * n + j] != 0;
    if (moves) continue;
    const FitParameter& p = rows.parameters[free[j]];
    const double before = at[j];
    at[j] = moved_of(p, p.start);
    if (rows.residuals(at.data(), tried.data()) && tried == residuals) {
      result.parameters[free[j]] = p.start;
    } else {
      at[j] = before;
    }
  }
}

void add_covariance(const Rows& rows, std::vector<double> residuals, const std::vector<double>& derivatives,
                    FitResult& result) {
  std::vector<std::size_t> inner;  // free, and not at a bound
  for (std::size_t i = 0; i < rows.parameters.size(); ++i) {
    const FitParameter& p = rows.parameters[i];
    if (p.held) continue;
    if (at_bound(p, result.parameters[i])) {
      result.unidentified.push_back(i);
    } else {
      inner.push_back(i);
    }
  }
  const std::size_t all = rows.parameters.size(), m = residuals.size(), n = inner.size();
  if (n == 0 || m <= n) return;
  const std::size_t width = rows.free();
  Eigen::MatrixXd jacobian(m, n);
  for (std::size_t j = 0, position = 0, i = 0; i < all; ++i) {
    if (rows.parameters[i].held) continue;
    if (j < n && inner[j] == i) {
      for (std::size_t r = 0; r < m; ++r) jacobian(r, j) = derivatives[r * width + position];
      ++j;
    }
    ++position;
  }
  for (double& r : residuals) r = std::abs(r);
  std::nth_element(residuals.begin(), residuals.begin() + m / 2, residuals.end());
  const double sigma = 1.4826 * residuals[m / 2];  // robust standard deviation
  const Eigen::MatrixXd information = jacobian.transpose() * jacobian;
  const Eigen::MatrixXd covariance =
      sigma * sigma * information.completeOrthogonalDecomposition().pseudoInverse();
  // A direction that the data do not see has no variance in the pseudo-inverse: look for it apart.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(information);
  for (std::size_t a = 0; a < n; ++a) {
    double blind = 0;
    for (std::size_t e = 0; e < n; ++e) {
      if (eigen.eigenvalues()[e] < 1e-10 * eigen.eigenvalues()[n - 1])
        blind += std::pow(eigen.eigenvectors()(a, e), 2);
    }
    if (covariance(a, a) > kWide * kWide || blind > 0.01) result.unidentified.push_back(inner[a]);
    for (std::size_t b = 0; b <= a; ++b)
      result.covariance[inner[a] * (inner[a] + 1) / 2 + inner[b]] = covariance(a, b);
  }
  std::sort(result.unidentified.begin(), result.unidentified.end());
}

// What is told of a fit beside its parameters, from one set of derivatives.
void describe(const Rows& rows, FitResult& result) {
  const std::size_t all = rows.parameters.size(), m = rows.log_measured.size();
  result.covariance.assign(all * (all + 1) / 2, 0);
  std::vector<double> at;
  for (std::size_t i = 0; i < all; ++i)
    if (!rows.parameters[i].held) at.push_back(moved_of(rows.parameters[i], result.parameters[i]));
  std::vector<double> residuals(m), derivatives(m * rows.free());
  if (!rows.residuals(at.data(), residuals.data()) ||
      !rows.derivatives(at.data(), residuals, derivatives.data()))
    return;
  put_back_unmoved(rows, residuals, derivatives, result);
  add_covariance(rows, std::move(residuals), derivatives, result);
}

}  // namespace

FitResult fit_log_times(const std::vector<FitParameter>& parameters, const FitModel& model,
                        std::span<const double> measured, const FitEffort& effort,
                        std::span<const int> groups) {
  Rows rows{parameters, model, {measured.begin(), measured.end()}, groups, effort.loss_scale, {}, {}};
  rows.arrange();
  for (double& m : rows.log_measured) m = std::log(m);
  FitResult best;
  for (const FitParameter& p : parameters) best.parameters.push_back(p.start);
  best.cost = std::numeric_limits<double>::infinity();
  if (rows.free() == 0) return best;
  for (int start = 0; start < effort.starts; ++start) {
    std::vector<double> moved, lower, upper;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const FitParameter& p = parameters[i];
      if (p.held) continue;
      moved.push_back(start_of(p, start, i));
      lower.push_back(moved_of(p, p.lower));
      upper.push_back(moved_of(p, p.upper));
    }
    ceres::Problem problem;
    problem.AddResidualBlock(new AllRows(rows), nullptr, moved.data());
    for (std::size_t j = 0; j < moved.size(); ++j) {
      problem.SetParameterLowerBound(moved.data(), static_cast<int>(j), lower[j]);
      problem.SetParameterUpperBound(moved.data(), static_cast<int>(j), upper[j]);
    }
    ceres::Solver::Options options;
    options.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
    options.max_num_iterations = effort.most_iterations;
    options.function_tolerance = effort.tolerance;
    options.logging_type = ceres::SILENT;
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    if (summary.IsSolutionUsable() && summary.final_cost < best.cost) {
      best.cost = summary.final_cost;
      best.parameters = rows.values(moved.data());
    }
  }
  describe(rows, best);
  return best;
}

}  // namespace aifsim
