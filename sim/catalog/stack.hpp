// A stack: the software that runs a workload (workloads/stacks/*.yaml), its choices and what it costs wherever it
// runs.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

enum class LaunchStyle { none, eager, compiled, graph };
// foreach: a kernel for each elementary operation (PyTorch). fused: one pass (Apex, Transformer Engine).
enum class OptimizerKernels { foreach, fused };

// How a pipeline's pieces are cut: equally many layers, or equal work with the head's counted.
enum class PieceCut { layers, work };

// What a stack does where a run does not say.
struct UsualTraining {
  Recompute recompute = Recompute::none;
  Recompute selective = Recompute::selective;  // what it calls so: that, or per_op
  bool sequence_parallel = false;
  Sharding sharding = Sharding::zero3;
  Dtype gradient_precision = Dtype::bf16;
  AttentionKernel attention = AttentionKernel::flash2;
  std::int64_t lora_rank = 16;  // of runs that train adapters
};

// What it can do: a search for a layout stays within it.
struct StackOffers {
  std::vector<Sharding> sharding{Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3,
                                 Sharding::hsdp};
  std::vector<PipelineSchedule> pipeline_schedule{PipelineSchedule::one_f_one_b,
                                                  PipelineSchedule::zero_bubble};
  bool tensor_parallel = true, context_parallel = true, pipeline_parallel = true;
  bool virtual_stages = true;  // the interleaved schedule
};

// Runs that tables ascribe to another stack but that ran this one: those for which all that is said is true.
struct StackSuccession {
  std::string of;  // the other, as tables call it
  double from_container =
      0;  // 26.06: their `source` names a container of this release or a later one; 0: any
  std::vector<Precision> precisions;  // theirs is one of these; empty: any
  std::vector<std::string> gpus;      // the same
  Place place;
};

struct StackDescription {
  std::string name, title, source;
  Place place;
  std::vector<std::string> known_as;  // in tables of measured runs
  std::optional<StackSuccession> succeeds;
  Figure<Seconds> host_per_step;          // once per optimizer step: bookkeeping, data, logging
  Figure<Seconds> host_per_layer;         // to dispatch one pass of a layer, besides its kernels' launches
  Figure<Seconds> host_per_expert_layer;  // of a layer with experts
  Figure<Seconds> host_per_layer_shard;   // zero1, zero2: to copy one rank's part of a layer's parameters
  Figure<Seconds> host_per_tensor_rank;  // more for each tensor-parallel rank, where a pipeline crosses nodes
  Figure<Seconds> host_per_tensor_exchange;  // of a tensor-parallel group, for each further node it spans
  // Bytes of a layer's passes bound by memory over those of fused kernels; the same of those around experts.
  Figure<double> elementwise_passes{1, {}, Confidence::assumed, {}};
  Figure<double> expert_passes{1, {}, Confidence::assumed, {}};
  // Parameters per second that the CPUs of a node update, all its GPUs together.
  Figure<double> host_optimizer_rate{4.5e9, {}, Confidence::assumed, {}};
  Figure<double> compute_slowdown;  // extra time of a kernel while a collective runs on its GPU
  LaunchStyle launch = LaunchStyle::eager;
  std::int64_t prefetch = 1;               // all-gathers issued ahead of the layer that needs them
  std::int64_t max_gathers_in_flight = 2;  // FSDP's rate limiter
  std::int64_t bucket_layers = 1;          // layers per gradient bucket (ddp, zero1, zero2)
  Bytes bucket_size;              // ddp: gradients of one all-reduce, in the format of compute; 0: a bucket's
  bool fuses_elementwise = true;  // else what single operations give is kept for the backward pass, too
  PieceCut cuts_by = PieceCut::layers;
  bool keeps_gathered =
      false;  // with sequence parallelism: what was gathered before a product, until the backward pass
  double logit_bytes = 10;        // held per logit between the head's passes: in 16 bits, and twice in 32
  double allocated_per_held = 1;  // activations: bytes that the allocator takes, over those that are held
  bool ends_apart = false;  // full sharding: embedding and head are gathered and reduced one after the other
  // Recipes whose linear layers have their weights in the narrow format alone; else beside those in 16 bits.
  std::vector<Precision> narrow_weights;
  std::int64_t reduce_buffer =
      0;                 // bytes per parameter that a rank holds besides where replicas reduce gradients
  Bytes library_memory;  // that libraries hold on a GPU beside the program
  OptimizerKernels optimizer_kernels = OptimizerKernels::foreach;
  bool fuses_accumulation = false;  // products add gradients of weights up themselves
  // Of ddp, zero1, zero2: those whose gradients are reduced behind the backward pass, not while it goes on.
  std::vector<Sharding> reduces_after_backward;
  bool reduces_whole_gradients =
      false;                         // zero1: each rank gets the sums of all gradients, not of its part alone
  bool overlaps_parameters = false;  // zero1, zero2: gathered while the next step's forward pass goes on
  // zero1, zero2: each rank sends the tensors that it has updated to all others, one rank after the other, where others
  // gather all at once.
  bool broadcasts_parameters = false;
  bool overlaps_stages = false;   // a pipeline's transfers go on beside its kernels
  bool overlaps_tensor = false;   // sums of tensor parallelism go on beside the product that they belong to
  bool overlaps_experts = false;  // exchanges of experts go on beside another micro-batch's kernels
  bool forwards_tokens = false;   // to experts: once to each node, where others send a token to each rank
  UsualTraining usual;
  StackOffers offers;
};

}  // namespace aifsim
