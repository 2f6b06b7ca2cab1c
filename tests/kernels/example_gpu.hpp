// An invented GPU of round figures: 100 TFLOP/s, 1 TB/s, 100 multiprocessors.
#pragma once
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
  gpu.gemm[Dtype::bf16].depth_latency.value = Seconds{50e-9};
  gpu.attention.forward_efficiency.value = 0.8;
  gpu.attention.backward_efficiency.value = 0.7;
  gpu.attention.memory_efficiency.value = 0.5;
  gpu.attention.fixed_time.value = Seconds{10e-6};
  gpu.attention.softmax_flops.value = 128;
  gpu.attention.tail.value = 0.5;
  gpu.streaming.memory_efficiency.value = 0.9;
  gpu.streaming.norm_efficiency.value = 0.4;
  gpu.streaming.activation_efficiency.value = 0.5;
  gpu.streaming.embedding_efficiency.value = 0.2;
  gpu.streaming.cache_saving.value = 0.2;
  gpu.streaming.fixed_time.value = Seconds{2e-6};
  return gpu;
}

}  // namespace aifsim
