// A frozen model that each micro-step runs forward beside the one that it trains: the teacher of a distillation
// (Hinton et al. 2015, arXiv:1503.02531), or the model before its preference tuning (Rafailov et al. 2023, DPO,
// arXiv:2305.18290), which with adapters is the model without them and costs no memory.
//
// Its weights lie as those of the trained model do: split by tensor-parallel ranks, gathered layer by layer or whole on
// each rank, in the precision of compute. A teacher's logits are kept for the loss, which reads them twice; of a
// preference only the probabilities of the answers' tokens are left.
#pragma once
#include <optional>

#include "lowering/training/memory.hpp"
#include "lowering/training/part.hpp"

namespace aifsim {

struct Guide {
  ModelShare model;
  TrainingDescription training;  // of its forward pass: without adapters
  bool own_weights = true;       // not those of the trained model
  bool keeps_logits = false;     // until the loss
  const char* name = "";
};
std::optional<Guide> guide_of(const ModelDescription& model, const TrainingDescription& training,
                              const StackDescription& stack);

// What a rank holds of its own weights, and what it gathers at once.
Bytes guide_parameters(const Guide& guide, const Layout& layout);
Bytes guide_buffers(const Guide& guide, const StackDescription& stack, const Layout& layout);
Bytes guide_logits(const Guide& guide);
// The loss against its logits, each way; nothing where they are not kept.
std::vector<Kernel> guide_loss(const Guide& guide);

// Model FLOPs of a sequence, as model_flops counts them, and those of the forward pass beside it. Of documents: those of
// the tokens that count, each among the keys of its document.
Flops step_flops(const ModelDescription& model, const TrainingDescription& training);

}  // namespace aifsim
