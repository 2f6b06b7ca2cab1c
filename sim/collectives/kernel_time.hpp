// An inference engine's own all-reduce kernel inside one node or scale-up domain.
//
//   one shot   t = b + (n-1) b1 + (n-1) S / (B1 r^..)      up to `one_scale` times 512 KiB (n <= 4), 256 KiB
//   two shots  t = b + (n-1) b1 + b2 + V / (B2 r^..)       always one shot for two ranks
//   beyond own_limit the vendor's library, `library_time` times as long as by itself;
//   outside a CUDA graph t = max(t, floor) + 2 S / B_copy.
// t [s]; S bytes of the buffer, n ranks, V = 2 (n-1)/n S; r bandwidth of eight ranks over two. Assumes an idle
// node. Range: 2 to 8 ranks, 256 B to 1 GiB. Source: one-shot and two-shot kernels of vLLM, SGLang and
// TensorRT-LLM; constants fitted by `aifsim calibrate collectives`.
#pragma once
#include "catalog/collective_models.hpp"
#include "records/collective_rows.hpp"

namespace aifsim {

// `library`: what the vendor's library would take; `own_factor`: of a release, on the engine's own kernels.
Seconds kernel_time(const KernelModel& model, const CollectiveQuery& query, Seconds library,
                    double own_factor = 1);

// "vllm", "sglang", "sglang2", "trtllm" for a row of an engine's own kernel; "" for a library's.
std::string engine_of(const CollectiveQuery& query);

}  // namespace aifsim
