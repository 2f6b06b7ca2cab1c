// Prices one device operation on one GPU model.
#pragma once
#include <string_view>

#include "base/units.hpp"
#include "catalog/gpu.hpp"
#include "program/kernel_op.hpp"

namespace aifsim {

struct Price {
  Seconds time;
  Flops flops;        // of the operation's mathematics (causal attention counts the unmasked half only)
  Bytes bytes;        // device memory traffic assumed
  double spread = 0;  // of log(real / time): 80 % lie within 1.2816 times this
  Joules energy{};    // of the device during `time`
  const FitInfo* fit = nullptr;  // of the block whose constants priced it
  double widening = 1;           // of its spread, for shapes that no measured row was like
};

struct Conditions {
  std::string_view software;  // release of the kernels; one that the GPU model does not know changes nothing
  bool sustained = false;     // run for seconds on end: the clock has settled under the power limit
};

// Price of one launch, at full clock unless sustained. Throws CannotAnswer where the GPU model has no figure
// for it (a dtype without a peak), naming both.
Price price(const GpuDescription& gpu, const KernelOp& op, const Conditions& conditions = {});

}  // namespace aifsim
