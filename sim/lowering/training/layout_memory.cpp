#include "lowering/training/layout_memory.hpp"

#include <algorithm>

#include "lowering/training/lower.hpp"
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
    Bytes known[2][2][2];  // by kind, recomputed
    bool have[2][2][2] = {};
    for (const std::vector<Segment>& piece : pieces_) {
      Bytes sum;
      for (const Segment& s : piece) {
        Bytes& one = known[s.kind.experts][s.kind.windowed][s.recomputed];
        bool& is_known = have[s.kind.experts][s.kind.windowed][s.recomputed];
        if (!is_known) one = kept_per_layer(m, t, stack, s.kind, s.recomputed);
        is_known = true;
        sum += one * static_cast<double>(s.count);
      }
      kept_.push_back(sum);
    }
  }

  MemoryAccount peak(const std::vector<Turn>& turns) const {
    Bytes held, most;
    const auto last = static_cast<std::int64_t>(kept_.size()) - 1;
    for (const Turn& turn : turns) {
      const bool head = content_.head && turn.chunk == last;
      const Bytes kept = kept_[static_cast<std::size_t>(turn.chunk)],
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
  std::vector<Bytes> kept_;  // by virtual stage
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
            .peak(turns_of(t.pipeline_schedule, layout.pipeline, stage, layout.chunks, steps));
    if (one.total() > most.total()) most = one;
  }
  return most;
}

}  // namespace aifsim
