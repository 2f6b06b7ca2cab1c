#include "kernels/uncertainty.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>

#include "base/hash.hpp"
#include "kernels/family.hpp"
#include "kernels/price_cache.hpp"

namespace aifsim {
namespace {

// Variance of a logarithm along a direction, beyond which the rows do not tell the constants: there they stay
// as fitted, like the constants that a fit calls not identified. A factor e.
constexpr double kTold = 1;

void draw_block(const Family& family, GpuDescription& gpu, std::uint64_t key) {
  const FitInfo& fit = family.info(gpu);
  const auto n = static_cast<Eigen::Index>(fit.constants.size());
  if (n == 0) return;
  Eigen::MatrixXd covariance(n, n);
  for (Eigen::Index i = 0, at = 0; i < n; ++i)
    for (Eigen::Index j = 0; j <= i; ++j)
      covariance(i, j) = covariance(j, i) = fit.covariance[static_cast<std::size_t>(at++)];
  // Eigenvectors rather than Cholesky: printed digits may leave it a trifle indefinite.
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(covariance);
  Eigen::VectorXd z(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double variance = eigen.eigenvalues()[i];
    z[i] = variance > 0 && variance < kTold
               ? standard_normal(key + static_cast<std::uint64_t>(i)) * std::sqrt(variance)
               : 0;
  }
  const Eigen::VectorXd shift = eigen.eigenvectors() * z;
  for (const Constant& c : family.constants) {
    const auto found = std::find(fit.constants.begin(), fit.constants.end(), c.key);
    if (found == fit.constants.end() || *c.at(gpu) <= 0) continue;
    const double moved = *c.at(gpu) * std::exp(shift[found - fit.constants.begin()]);
    *c.at(gpu) = std::clamp(moved, std::min(c.lower, *c.at(gpu)), std::max(c.upper, *c.at(gpu)));
  }
}

}  // namespace

// Half a step off 0 and 1, which have none.
double standard_normal(std::uint64_t key) {
  const double u = std::max(uniform(key), 0x1p-54);
  return std::sqrt(2.0) * boost::math::erf_inv(2 * u - 1);
}

GpuDescription drawn(const GpuDescription& gpu, std::uint64_t draw) {
  GpuDescription result = gpu;
  if (draw == 0) return result;
  GpuDescription probe = gpu;  // info() makes a block where there is none
  std::uint64_t block = 0;
  for (const Family& family : families()) {
    ++block;
    if (family.info(probe).spread.value > 0) draw_block(family, result, mixed(mixed(draw) + 64 * block));
  }
  return result;
}

double drawn_miss(const KernelOp& op, const Price& price, std::uint64_t draw) {
  if (draw == 0 || !price.fit || price.spread <= 0) return 1;
  const std::uint64_t shape = price.fit->from.empty() ? KernelOpHash{}(op) : op.index();
  return std::exp(price.spread * standard_normal(mixed(draw) ^ mixed(shape)));
}

}  // namespace aifsim
