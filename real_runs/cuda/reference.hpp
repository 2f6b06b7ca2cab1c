// What the kernels must compute, in double precision and written independently of bodies.hpp: whole rows, no
// lanes, no running softmax. The CUDA programs compare with it before they time; so do the tests.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace real_runs::reference {

using Vector = std::vector<double>;
using Index = std::int64_t;

inline Vector softmax(const Vector& x) {
  const double top = *std::max_element(x.begin(), x.end());
  Vector y;
  double sum = 0;
  for (const double v : x) {
    y.push_back(std::exp(v - top));
    sum += y.back();
  }
  for (double& v : y) v /= sum;
  return y;
}

// centred: layer norm without weights, else RMS norm.
inline Vector normalised(const Vector& x, bool centred) {
  double mean = 0, squares = 0;
  if (centred) {
    for (const double v : x) mean += v;
    mean /= static_cast<double>(x.size());
  }
  for (const double v : x) squares += (v - mean) * (v - mean);
  Vector y;
  for (const double v : x)
    y.push_back((v - mean) / std::sqrt(squares / static_cast<double>(x.size()) + 1e-5));
  return y;
}

inline double gelu(double x) {
  return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}
inline double swiglu(double gate, double up) { return gate / (1 + std::exp(-gate)) * up; }

struct Attention {
  Vector out, dq, dk, dv;  // [heads, sequence, head_dim]
};

// Causal, with gradients for `dout`, through the whole matrix of weights.
inline Attention attention(const Vector& q, const Vector& k, const Vector& v, const Vector& dout, Index heads,
                           Index sequence, Index head_dim) {
  Attention a{Vector(q.size()), Vector(q.size()), Vector(q.size()), Vector(q.size())};
  const double scale = 1 / std::sqrt(static_cast<double>(head_dim));
  for (Index h = 0; h < heads; ++h) {
    const auto at = [&](Index row, Index d) {
      return static_cast<std::size_t>((h * sequence + row) * head_dim + d);
    };
    for (Index i = 0; i < sequence; ++i) {
      Vector scores, dp;
      for (Index j = 0; j <= i; ++j) {
        double s = 0, g = 0;
        for (Index d = 0; d < head_dim; ++d) {
          s += q[at(i, d)] * k[at(j, d)];
          g += dout[at(i, d)] * v[at(j, d)];
        }
        scores.push_back(s * scale);
        dp.push_back(g);
      }
      const Vector p = softmax(scores);
      double mean = 0;
      for (std::size_t j = 0; j < p.size(); ++j) mean += p[j] * dp[j];
      for (Index j = 0; j <= i; ++j) {
        const double weight = p[static_cast<std::size_t>(j)];
        const double ds = weight * (dp[static_cast<std::size_t>(j)] - mean) * scale;
        for (Index d = 0; d < head_dim; ++d) {
          a.out[at(i, d)] += weight * v[at(j, d)];
          a.dq[at(i, d)] += ds * k[at(j, d)];
          a.dk[at(j, d)] += ds * q[at(i, d)];
          a.dv[at(j, d)] += weight * dout[at(i, d)];
        }
      }
    }
  }
  return a;
}

}  // namespace real_runs::reference
