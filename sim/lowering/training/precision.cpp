#include "lowering/training/precision.hpp"

#include <algorithm>

namespace aifsim {

Dtype storage_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return Dtype::fp32;
    case Precision::tf32:
      return Dtype::tf32;
    case Precision::fp16:
      return Dtype::fp16;
    case Precision::bf16:
    case Precision::fp8:
    case Precision::fp8_current:
    case Precision::fp8_block:
    case Precision::mxfp8:
    case Precision::nvfp4:
      break;
  }
  return Dtype::bf16;
}

Dtype product_of(Precision precision) {
  if (!quantises(precision)) return storage_of(precision);
  return precision == Precision::nvfp4 ? Dtype::fp4 : Dtype::fp8;
}

Dtype kernel_dtype(Dtype dtype) { return dtype == Dtype::fp16 ? Dtype::bf16 : dtype; }

bool quantises(Precision precision) { return quantised_bytes(precision) > 0; }

double frozen_bytes(const TrainingDescription& t) {
  return t.frozen_weights == FrozenWeights::nf4 ? (4 + 8.0 / 64 + 32.0 / (64 * 256)) / 8
                                                : bytes_of(storage_of(t.precision));
}

bool lists_narrow(const TrainingDescription& t, const StackDescription& stack) {
  const std::vector<Precision>& held = stack.narrow_weights;
  return quantises(t.precision) && std::find(held.begin(), held.end(), t.precision) != held.end();
}

bool narrow_weights(const TrainingDescription& t, const StackDescription& stack) {
  const bool whole = t.sharding != Sharding::zero3 && t.sharding != Sharding::hsdp;
  return whole && t.lora_rank == 0 && lists_narrow(t, stack);
}

double gathered_weight_bytes(const TrainingDescription& t, const StackDescription& stack) {
  const bool tensor = t.precision == Precision::fp8 || t.precision == Precision::fp8_current;
  return tensor && t.lora_rank == 0 && lists_narrow(t, stack) ? quantised_bytes(t.precision)
                                                              : bytes_of(storage_of(t.precision));
}

double quantised_bytes(Precision precision) {
  switch (precision) {
    case Precision::fp8:
    case Precision::fp8_current:
      return 1;
    case Precision::fp8_block:
      return 1 + 4.0 / 128;
    case Precision::mxfp8:
      return 1 + 1.0 / 32;
    case Precision::nvfp4:
      return 0.5 + 1.0 / 16;
    case Precision::fp32:
    case Precision::tf32:
    case Precision::bf16:
    case Precision::fp16:
      break;
  }
  return 0;
}

bool reads_maximum(Precision precision) {
  return precision == Precision::fp8_current || precision == Precision::nvfp4;
}

bool runs_on(const GpuDescription& gpu, Precision precision) {
  if (!gpu.peak.contains(storage_of(precision)) || !gpu.peak.contains(product_of(precision))) return false;
  if (precision == Precision::mxfp8) return gpu.peak.contains(Dtype::fp4);
  return precision != Precision::nvfp4 || gpu.vendor == "NVIDIA";
}

}  // namespace aifsim
