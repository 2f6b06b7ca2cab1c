// How a job's ranks share the model, and whether a training description fits the job.
//
// Ranks lie on the mesh tp, cp, dp, pp, fastest first, as in Megatron-LM; experts see those of a stage as ep, and
// what copies each expert. Groups that train alone for some steps (islands) are the slowest axis: a site each.
#pragma once
#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

struct Layout {
  std::int64_t tensor = 1;    // ranks that split each layer
  std::int64_t context = 1;   // that split each sequence
  std::int64_t data = 1;      // data-parallel ranks: GPUs / (tensor x context x pipeline)
  std::int64_t islands = 1;   // groups that train alone for some steps, each with data / islands of them
  std::int64_t pipeline = 1;  // stages
  std::int64_t chunks = 1;    // virtual stages of each
  std::int64_t expert = 1;    // ranks that share out experts
  std::int64_t expert_copies =
      1;  // that share the same ones' state: ranks of a stage (hsdp: of a group) / expert
  std::int64_t expert_replicas = 1;  // hsdp: copies of that
  std::int64_t state_shards = 1;     // ranks that share one copy of the optimizer state: of data x context
  std::int64_t replicas = 1;         // copies of the sharded state (hsdp) or of the parameters (ddp)
  bool parameters_sharded = false;   // gathered layer by layer (zero3, hsdp without a pipeline)
  bool state_shared() const { return state_shards > 1 || parameters_sharded; }
  std::int64_t gpus() const { return tensor * context * data * pipeline; }
};

// zero3 and hsdp in a pipeline: a stage's parameters are gathered at its first pass of a step and kept until its last,
// behind which gradients are reduced (FSDP2's reshard_after_forward: false, as torchtitan has it there).
inline bool kept_gathered(const TrainingDescription& t, const Layout& layout) {
  return !layout.parameters_sharded && layout.state_shards > 1 &&
         (t.sharding == Sharding::zero3 || t.sharding == Sharding::hsdp);
}

// Why a layout cannot be, at the key that is in the way.
class RefusedLayout : public CannotAnswer {
 public:
  explicit RefusedLayout(Problem what) : CannotAnswer(what.str()), problem(std::move(what)) {}
  Problem problem;
};

// Throws RefusedLayout, which names the key's place and both numbers, when a degree does not divide the job or the
// model, or when the sharding does not divide the data-parallel ranks: other GPU counts of a sweep may well be
// divided.
Layout layout_of(const ModelDescription& model, const TrainingDescription& training, std::int64_t gpus);

// Micro-steps per optimizer step: as given, or global_batch / (data-parallel ranks x micro_batch). Throws as
// layout_of does, and when that is no whole number.
std::int64_t micro_steps(const ModelDescription& model, const TrainingDescription& training,
                         std::int64_t gpus);

}  // namespace aifsim
