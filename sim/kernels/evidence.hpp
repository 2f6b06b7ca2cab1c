// What a GPU model can price, and what stands behind each of its blocks of constants.
#pragma once
#include <string>
#include <vector>

#include "catalog/gpu.hpp"

namespace aifsim {

// measured: fitted to the GPU's own rows. published: figures of papers and benchmarks. carried_over: from other
// GPUs. data_sheet: no constants, only peaks and bandwidth.
enum class Evidence { measured, published, carried_over, data_sheet };
const char* name_of(Evidence evidence);

struct OperationEvidence {
  std::string operation;  // "products in bf16", "attention", ...
  Evidence evidence;
};
// Of every operation that training and serving need, in the formats of the GPU's peaks.
std::vector<OperationEvidence> evidence_of(const GpuDescription& gpu);

// The weakest that stands behind 16-bit products and the forward pass of attention, most of a step's time.
Evidence kernel_evidence(const GpuDescription& gpu);

// Whether every operation of a training step, or of prefill and decoding, has a price.
bool can_train(const GpuDescription& gpu);
bool can_serve(const GpuDescription& gpu);

}  // namespace aifsim
