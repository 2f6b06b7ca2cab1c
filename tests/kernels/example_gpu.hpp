// An invented GPU of round figures: 100 TFLOP/s, 1 TB/s, 100 multiprocessors.
#pragma once
#include <utility>

#include "catalog/gpu.hpp"

namespace aifsim {

inline GpuDescription example_gpu() {
  GpuDescription gpu;
  gpu.name = "example_gpu";
  gpu.multiprocessors.value = 100;
  gpu.peak[Dtype::bf16].value = FlopsPerSecond{100e12};
  gpu.peak[Dtype::fp32].value = FlopsPerSecond{10e12};
  gpu.memory_bandwidth.value = BytesPerSecond{1e12};
  gpu.l2.value = Bytes{40e6};
  gpu.gemm[Dtype::bf16].compute_efficiency.value = 0.8;
  gpu.gemm[Dtype::bf16].memory_efficiency.value = 0.75;
  gpu.gemm[Dtype::bf16].fixed_time.value = Seconds{3e-6};
  gpu.gemm[Dtype::bf16].norm.value = 2;
  gpu.gemm[Dtype::bf16].depth_ramp.value = 80;
  gpu.gemm[Dtype::bf16].depth_latency.value = Seconds{1e-9};
  gpu.gemm[Dtype::bf16].split_time.value = Seconds{1e-6};
  AttentionConstants& attention = gpu.attention[AttentionFormat::bf16];
  attention.forward_efficiency.value = 0.8;
  attention.backward_efficiency.value = 0.7;
  attention.memory_efficiency.value = 0.5;
  attention.cache_gain.value = 1;
  attention.norm.value = 1;
  attention.fixed_time.value = Seconds{10e-6};
  attention.store_efficiency.value = 0.25;
  attention.token_time.value = Seconds{1e-9};
  attention.softmax_flops.value = 128;
  attention.tail.value = 0.5;
  DecodeConstants& decode = gpu.decode[AttentionFormat::bf16];
  decode.memory_efficiency.value = 0.8;
  decode.cache_gain.value = 2;
  decode.fixed_time.value = Seconds{5e-6};
  decode.block_time.value = Seconds{1e-6};
  decode.head_time.value = Seconds{1e-6};
  decode.key_time.value = Seconds{10e-9};
  decode.norm.value = 1;
  decode.join_time.value = Seconds{3e-6};
  decode.regroup_time.value = Seconds{4e-6};
  decode.sequence_time.value = Seconds{10e-9};
  ExpertConstants& experts = gpu.experts[ExpertFormat::bf16];
  experts.compute_efficiency.value = 0.5;
  experts.memory_efficiency.value = 0.8;
  experts.cache_gain.value = 1;
  experts.norm.value = 1;
  experts.fixed_time.value = Seconds{20e-6};
  experts.expert_time.value = Seconds{10e-9};
  experts.local_efficiency.value = 0.5;
  experts.token_efficiency.value = 100;
  experts.odd_time.value = 1;
  experts.averaging.value = 0.5;
  for (const auto& [kind, efficiency] : {std::pair{StreamKind::add, 0.9},
                                         {StreamKind::norm, 0.4},
                                         {StreamKind::activation, 0.5},
                                         {StreamKind::rotary, 0.6},
                                         {StreamKind::embedding, 0.2}}) {
    StreamingConstants& c = gpu.streaming[kind];
    c.efficiency.value = efficiency;
    c.cache_saving.value = 0.2;
    c.cache_reach.value = 1;
    c.fixed_time.value = Seconds{2e-6};
    c.norm.value = 1;
  }
  return gpu;
}

}  // namespace aifsim
