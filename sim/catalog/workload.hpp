// A workload: a model's architecture and how it is trained (workloads/*.yaml).
#pragma once
#include <cstdint>
#include <string>

#include "base/units.hpp"
#include "catalog/figure.hpp"
#include "catalog/gpu.hpp"

namespace aifsim {

enum class Mlp { gelu, swiglu };
enum class NormKind { layer_norm, rms_norm };
enum class PositionEncoding { learned, rotary };
// flash: the newest FlashAttention for the GPU (3 on Hopper); flash2: FlashAttention-2, which PyTorch's
// scaled_dot_product_attention runs on every GPU; plain: the scores go through memory.
enum class AttentionKernel { flash, flash2, plain };

// A decoder-only transformer.
struct ModelDescription {
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, ffn_hidden = 0, vocabulary = 0;
  Mlp mlp = Mlp::gelu;
  NormKind norm = NormKind::layer_norm;
  PositionEncoding position = PositionEncoding::learned;
  bool tied_embeddings = false;
  Place place;
};

enum class Sharding { ddp, zero1, zero2, zero3, hsdp };
enum class Recompute { none, full };
enum class OptimizerKind { adamw, sgd };
// What training computes in. fp8 to nvfp4 are recipes of NVIDIA's Transformer Engine for the linear layers of a
// 16-bit model (DelayedScaling, Float8CurrentScaling, Float8BlockScaling, MXFP8BlockScaling,
// NVFP4BlockScaling); lowering/training/precision.hpp says what each of them computes and casts.
enum class Precision { fp32, tf32, bf16, fp16, fp8, fp8_current, fp8_block, mxfp8, nvfp4 };
const char* name_of(Precision precision);

struct TrainingDescription {
  std::int64_t sequence = 0;
  std::int64_t micro_batch = 0;            // sequences per data-parallel rank and micro-step
  std::int64_t gradient_accumulation = 1;  // micro-steps; where global_batch is given, it follows from that
  std::int64_t global_batch = 0;           // sequences per optimizer step; 0 = not given
  std::int64_t tensor_parallel = 1;        // ranks that split each layer's matrices among them
  Sharding sharding = Sharding::zero3;
  std::int64_t shard_group = 0;  // hsdp: data-parallel ranks that share one copy of the state; else 0
  Recompute recompute = Recompute::none;
  Precision precision = Precision::bf16;   // of compute; parameters are gathered in its 16- or 32-bit format
  Dtype gradient_precision = Dtype::bf16;  // of reduce-scatter and all-reduce
  OptimizerKind optimizer = OptimizerKind::adamw;
  AttentionKernel attention = AttentionKernel::flash2;
  std::string stack = "pytorch";  // of workloads/stacks/
  // Data loading: tokens per second and GPU that the input pipeline delivers; 0 = not a limit.
  double loader_tokens_per_second = 0;
  Place place, global_batch_place, stack_place;
  Place precision_place;  // where one is given
};

struct WorkloadDescription {
  std::string name, title, source;
  Place place;
  ModelDescription model;
  TrainingDescription training;
};

}  // namespace aifsim
