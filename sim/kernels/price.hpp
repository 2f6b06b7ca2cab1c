// Prices one device operation on one GPU model.
#pragma once
#include "base/units.hpp"
#include "catalog/gpu.hpp"
#include "program/kernel_op.hpp"

namespace aifsim {

struct Price {
  Seconds time;
  Flops flops;  // of the operation's mathematics (causal attention counts the unmasked half only)
  Bytes bytes;  // device memory traffic assumed
};

// Burst price of one launch. Throws CannotAnswer where the GPU model has no figure for it (a dtype
// without a peak), naming both.
Price price(const GpuDescription& gpu, const KernelOp& op);

}  // namespace aifsim
