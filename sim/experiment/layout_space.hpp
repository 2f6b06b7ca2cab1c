// All ways in which a training job's ranks may share its work: the space that a search walks.
//
// Axes: GPUs, tensor, context, pipeline and expert parallelism, virtual stages, sequence parallelism, order of passes,
// sharding (and the group of hsdp: whole nodes, doubled), micro-batch, recompute (none, selective where attention is
// plain, that or of the cheap modules where the model has experts or latents, full, and full of some layers of a piece:
// each number up to 8, else eighths); where that is asked, optimizer and activations on the GPUs or in some places. What the workload says besides
// (precision, attention, global batch ...) stays. GPipe is left out: 1F1B takes as long and never holds more.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalog/stack.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

// By module; of a size that does not change, so that processes may pass layouts on.
using RecomputeModules = std::array<bool, 7>;
RecomputeModules modules_of(const TrainingDescription& training);

struct OffloadChoice {
  OffloadTo optimizer = OffloadTo::none, activations = OffloadTo::none;
  auto operator<=>(const OffloadChoice&) const = default;
};

struct LayoutChoice {
  std::int64_t gpus = 0;
  std::int64_t tensor = 1, context = 1, pipeline = 1, chunks = 1, expert = 1, micro_batch = 1,
               shard_group = 0;
  bool sequence_parallel = false;
  PipelineSchedule schedule = PipelineSchedule::one_f_one_b;
  Sharding sharding = Sharding::ddp;
  Recompute recompute = Recompute::none;
  std::int64_t recompute_layers = 0;
  RecomputeModules recompute_modules = {};    // with selective
  std::optional<OffloadChoice> offload = {};  // where the search chooses it
  auto operator<=>(const LayoutChoice&) const = default;
};

struct LayoutQuestion {
  const ModelDescription* model = nullptr;
  TrainingDescription training;  // with global_batch
  const StackDescription* stack = nullptr;
  std::vector<std::int64_t> gpus;
  std::int64_t gpus_per_node = 1;
  std::vector<std::string> kept = {};   // keys of training that stay as the workload has them
  std::vector<OffloadTo> offload = {};  // where state may go too; none: it stays as the workload has it
};

// Keys of `training` that the search chooses.
const std::vector<std::string>& layout_keys();

// Those that divide the job, its model and its global batch, in order; not yet whether they fit in memory.
std::vector<LayoutChoice> layouts_of(const LayoutQuestion& question);

TrainingDescription with_layout(TrainingDescription training, const LayoutChoice& choice);

// "TP 8 with SP, PP 8 x 2 pieces, DP 8, zero1, micro-batch 1, recompute 3 layers of a piece"
std::string words_of(const LayoutChoice& choice);
// Keys and values of `training`, as a scenario's variant has them.
std::vector<std::pair<std::string, std::string>> settings_of(const LayoutChoice& choice);

}  // namespace aifsim
