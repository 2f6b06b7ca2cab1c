// A GPU model: datasheet figures, and constants fitted to real kernel runs (gpu_models/*.yaml).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

enum class Dtype { fp64, fp32, tf32, bf16, fp16, fp8, int8, fp4 };
double bytes_of(Dtype dtype);  // bytes per element: 8, 4, 4, 2, 2, 1, 1, 0.5
const char* name_of(Dtype dtype);

// Constants of the GEMM model (sim/kernels/gemm.hpp has the equation).
struct GemmConstants {
  Figure<double> compute_efficiency;  // e_c, of the dense peak, 0..1
  Figure<double> memory_efficiency;   // e_m, of the memory bandwidth, 0..1
  Figure<Seconds> fixed_time;         // t0
  Figure<double> norm;                // p, >= 1: how sharply the roofline's two sides meet
};

// Constants of the attention model (sim/kernels/attention.hpp).
struct AttentionConstants {
  Figure<double> forward_efficiency;   // of the dense peak, long sequences
  Figure<double> backward_efficiency;  // of the dense peak, long sequences
  Figure<double> memory_efficiency;
  Figure<Seconds> fixed_time;
};

// Constants of operations bound by memory: norm, activation, add, embedding, cross-entropy, optimizer.
struct StreamingConstants {
  Figure<double> memory_efficiency;
  Figure<Seconds> fixed_time;
};

struct GpuDescription {
  std::string name;          // catalogue id = file stem
  std::string title;
  std::string vendor;
  std::string architecture;
  Place place;
  Figure<double> multiprocessors;  // SMs or CUs
  std::map<Dtype, Figure<FlopsPerSecond>> peak;  // dense peaks of the matrix units
  Figure<Bytes> memory;            // capacity
  Figure<BytesPerSecond> memory_bandwidth;
  Figure<Bytes> l2;
  Figure<Watts> power_limit;       // TDP
  // Share of `memory` that a framework can allocate (context, NCCL buffers, fragmentation kept off).
  Figure<double> usable_memory;
  GemmConstants gemm;
  AttentionConstants attention;
  StreamingConstants streaming;
  Figure<double> residual_sd;      // standard deviation of log(measured / model) over held-out kernels
};

}  // namespace aifsim
