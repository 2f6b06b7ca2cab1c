// Runs kernels in loops on the host, one lane per row: what the CUDA programs compare the GPU with.
#pragma once
#include <algorithm>

#include "common/host_memory.hpp"
#include "cuda/bodies.hpp"

namespace real_runs::cuda {

class HostLauncher : public HostMemory {
 public:
  void copy(const float* from, float* to, Size count) const { std::copy(from, from + count, to); }
  template <class F>
  void each(Size count, F f) const {
    for (Size i = 0; i < count; ++i) f(i);
  }
  template <class F>
  void rows(Size count, F f) const {
    for (Size row = 0; row < count; ++row) f(row, bodies::Index{0}, bodies::Index{1}, Alone{});
  }
  void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
            bool accumulate) const {
    for (Size i = 0; i < m; ++i)
      for (Size j = 0; j < n; ++j) {
        double sum = accumulate ? static_cast<double>(c[i * n + j]) : 0;
        for (Size p = 0; p < k; ++p)
          sum += static_cast<double>(transpose == Transpose::a ? a[p * m + i] : a[i * k + p]) *
                 static_cast<double>(transpose == Transpose::b ? b[j * k + p] : b[p * n + j]);
        c[i * n + j] = static_cast<float>(sum);
      }
  }

 private:
  struct Alone {
    float sum(float value) const { return value; }
    float maximum(float value) const { return value; }
  };
};

}  // namespace real_runs::cuda
