// A GPU model: datasheet figures, and constants fitted to real kernel runs (gpu_models/*.yaml).
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"
#include "catalog/gpu_attention.hpp"
#include "catalog/gpu_gemm.hpp"
#include "catalog/gpu_layer.hpp"
#include "catalog/gpu_power.hpp"

namespace aifsim {

enum class Dtype { fp64, fp32, tf32, bf16, fp16, fp8, int8, fp4 };
double bytes_of(Dtype dtype);  // bytes per element: 8, 4, 4, 2, 2, 1, 1, 0.5
const char* name_of(Dtype dtype);

struct GpuDescription {
  std::string name;  // catalogue id = file stem
  std::string title;
  std::string vendor;
  std::string architecture;
  std::vector<std::string> known_as;  // by drivers, tools and tables
  std::vector<std::string> pci;       // vendor and device, as sysfs writes them: "0x10de:0x2330"
  std::string usual_platform;         // that tables mean which name only the GPU
  Place place;
  Figure<double> multiprocessors;                // SMs or CUs
  std::map<Dtype, Figure<FlopsPerSecond>> peak;  // dense peaks of the matrix units
  Figure<Bytes> memory;                          // capacity
  Figure<BytesPerSecond> memory_bandwidth;
  Figure<Bytes> l2;
  Figure<Watts> power_limit;                                 // TDP
  Figure<double> power_cap{1, {}, Confidence::assumed, {}};  // share of power_limit that it may draw
  // Share of `memory` that a framework can allocate (context, NCCL buffers, fragmentation kept off).
  Figure<double> usable_memory;
  std::map<Dtype, GemmConstants> gemm;                      // a 16-bit block stands in for those that lack
  std::map<AttentionFormat, AttentionConstants> attention;  // prefill, training
  AttentionBackward attention_backward;
  std::map<AttentionFormat, DecodeConstants> decode;
  std::map<ExpertFormat, ExpertConstants> experts;
  std::map<StreamKind, StreamingConstants> streaming;  // `add` stands for kinds that have none
  HostConstants host;
  PowerConstants power;
};

}  // namespace aifsim
