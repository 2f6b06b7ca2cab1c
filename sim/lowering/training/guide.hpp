// A frozen model that runs forward beside the one that is trained: the teacher of a distillation (Hinton et al. 2015,
// arXiv:1503.02531), or the model before its preference tuning (Rafailov et al. 2023, DPO, arXiv:2305.18290), which with
// adapters is the model without them and costs no memory; of rollouts that one, a reward model, and the trained model
// itself. Those of rollouts score a step's answers before it trains on them, others run in each micro-step.
//
// Its weights lie as those of the trained model do: split by tensor-parallel ranks and into a pipeline's pieces, gathered
// layer by layer or whole on each rank, in the precision of compute; a stage runs both models' layers on a micro-batch, and
// sends on what both give. A teacher's logits are kept for the loss, which reads them twice; of others
// only the probabilities of the answers' tokens are left, of a reward model a number for each answer.
#pragma once
#include <vector>

#include "lowering/training/memory.hpp"
#include "lowering/training/part.hpp"
#include "lowering/training/pieces.hpp"

namespace aifsim {

struct Guide {
  ModelShare model;
  TrainingDescription training;  // of its forward pass: without adapters
  bool own_weights = true;       // not those of the trained model
  bool keeps_logits = false;     // until the loss
  bool has_logits = true;        // not a reward model
  const char* name = "";
};
std::vector<Guide> guides_of(const ModelDescription& model, const TrainingDescription& training,
                             const StackDescription& stack);

// Its layers in the pieces of a stage.
std::vector<std::vector<Segment>> guide_pieces(const Guide& guide, const StackDescription& stack,
                                               const Layout& layout, std::int64_t stage);

// What a rank of a stage holds of its own weights, and what it gathers at once.
Bytes guide_parameters(const Guide& guide, const StackDescription& stack, const Layout& layout,
                       std::int64_t stage);
Bytes guide_buffers(const Guide& guide, const StackDescription& stack, const Layout& layout);
Bytes guide_logits(const Guide& guide);
// The loss against its logits, each way; nothing where they are not kept.
std::vector<Kernel> guide_loss(const Guide& guide);

// Model FLOPs of a sequence, as model_flops counts them, those of the forward passes beside it, and of generating it. Of
// documents: those of the tokens that count, each among the keys of its document.
Flops step_flops(const ModelDescription& model, const TrainingDescription& training);

}  // namespace aifsim
