// The memory of a training step's device that is the host itself.
#pragma once
#include <algorithm>
#include <vector>

#include "common/step.hpp"

namespace real_runs {

class HostMemory {
 public:
  using Floats = std::vector<float>;
  using Integers = std::vector<std::int32_t>;
  Floats floats(Size count) const { return Floats(static_cast<std::size_t>(count), 0.0F); }
  Integers integers(const std::vector<std::int32_t>& values) const { return values; }
  void upload(Floats& to, const std::vector<float>& from) const { to = from; }
  std::vector<float> download(const Floats& from) const { return from; }
  void clear(float* x, Size count) const { std::fill(x, x + count, 0.0F); }
};

}  // namespace real_runs
