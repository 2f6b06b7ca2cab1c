#include "lowering/training/layout_memory.hpp"

#include <algorithm>

#include "lowering/training/activation_offload.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/network.hpp"
#include "lowering/training/pieces.hpp"
#include "lowering/training/schedule.hpp"

namespace aifsim {
namespace {

// Micro-batches after which a stage holds no more than before: schedules repeat after as many as there are stages.
std::int64_t enough(const TrainingDescription& t, const Layout& layout, std::int64_t micro_steps) {
  if (t.pipeline_schedule == PipelineSchedule::gpipe) return micro_steps;
  const std::int64_t most = 3 * layout.pipeline;
  return micro_steps <= most ? micro_steps : most + micro_steps % layout.pipeline;
}

class StageMemory {
 public:
  StageMemory(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
              const Layout& layout, std::int64_t stage)
      : pieces_(pieces_of(m, t, stack, layout, stage)), content_(content_of(pieces_, layout, stage)) {
    memory_ = training_memory(m, t, stack, layout, content_);
    kept_ = kept_of_stage(m, t, stack, pieces_);
  }

  MemoryAccount peak(const std::vector<Turn>& turns, bool offloaded) const {
    const std::optional<Bytes> places =
        offloaded ? offload_places(kept_.largest, most_kept(turns, kept_.of_pieces)) : std::nullopt;
    Bytes held = places.value_or(Bytes{}), most = held;
    const auto last = static_cast<std::int64_t>(kept_.of_pieces.size()) - 1;
    for (const Turn& turn : turns) {
      const bool head = content_.head && turn.chunk == last;
      const Bytes kept = places ? Bytes{} : kept_.of_pieces[static_cast<std::size_t>(turn.chunk)],
                  logits = head ? memory_.logits : Bytes{};
      switch (turn.kind) {
        case TurnKind::forward:
          held += kept + logits;
          most = std::max(most, held);
          break;
        case TurnKind::backward:
          most = std::max(most, held + memory_.recomputed);
          held -= kept + logits;
          break;
        case TurnKind::backward_inputs:
          most = std::max(most, held + memory_.recomputed);
          held -= logits;
          break;
        case TurnKind::backward_weights:
          held -= kept;
          break;
      }
    }
    return {memory_.parameters, memory_.gradients, memory_.optimizer, most, memory_.buffers};
  }

 private:
  std::vector<std::vector<Segment>> pieces_;
  StageContent content_;
  TrainingMemory memory_;
  KeptOfStage kept_;
};

}  // namespace

MemoryAccount layout_memory(const ModelDescription& model, const TrainingDescription& t,
                            const StackDescription& stack, std::int64_t gpus) {
  if (model.network || t.objective != Objective::next_token)
    return peak_memory(lower_training(model, t, stack, gpus));
  const Layout layout = layout_of(model, t, gpus);
  const ModelShare share(model, degrees_of(t, stack));
  const std::int64_t steps = layout.parameters_sharded ? 1 : enough(t, layout, micro_steps(model, t, gpus));
  MemoryAccount most;
  for (std::int64_t stage = 0; stage < layout.pipeline; ++stage) {
    const MemoryAccount one =
        StageMemory(share, t, stack, layout, stage)
            .peak(turns_of(t.pipeline_schedule, layout.pipeline, stage, layout.chunks, steps),
                  t.offload.activations != OffloadTo::none);
    if (one.total() > most.total()) most = one;
  }
  return most;
}

Bytes kept_activations(const ModelDescription& model, const TrainingDescription& t,
                       const StackDescription& stack, std::int64_t gpus) {
  Bytes most;
  if (model.network) {
    for (const NetworkBlock& block : model.network->blocks)
      most +=
          static_cast<double>(block.repeat) * kept_of_block(block, t, stack, t.recompute == Recompute::full);
    return most / stack.allocated_per_held;
  }
  const Layout layout = layout_of(model, t, gpus);
  const ModelShare share(model, degrees_of(t, stack));
  const std::int64_t steps = layout.parameters_sharded ? 1 : enough(t, layout, micro_steps(model, t, gpus));
  for (std::int64_t stage = 0; stage < layout.pipeline; ++stage)
    most = std::max(
        most, most_kept(turns_of(t.pipeline_schedule, layout.pipeline, stage, layout.chunks, steps),
                        kept_of_stage(share, t, stack, pieces_of(share, t, stack, layout, stage)).of_pieces));
  return most / stack.allocated_per_held;
}

}  // namespace aifsim
