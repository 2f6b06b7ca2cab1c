#include "lowering/training/guide.hpp"

#include <algorithm>
#include <cmath>

#include "lowering/training/documents.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

std::int64_t document_of_token(const TrainingDescription& t) {
  return std::llround(
      DocumentLengths(static_cast<double>(t.documents->tokens), static_cast<double>(t.sequence)).of_token());
}

double logits_of(const Guide& g) {
  return static_cast<double>(PassShape(g.model, g.training).tokens * g.model.vocabulary);
}

}  // namespace

std::vector<Guide> guides_of(const ModelDescription& model, const TrainingDescription& t,
                             const StackDescription& stack) {
  TrainingDescription forward = t;
  forward.lora_rank = 0;
  const Degrees degrees = degrees_of(t, stack);
  const Guide reference{ModelShare(model, degrees), forward, t.lora_rank == 0, false, true, "reference"};
  std::vector<Guide> guides;
  switch (t.objective) {
    case Objective::next_token:
      break;
    case Objective::preference:
      guides.push_back(reference);
      break;
    case Objective::distillation:
      forward.frozen_weights = FrozenWeights::as_trained;
      guides.push_back({ModelShare(*t.teacher_model, degrees), forward, true, true, true, "teacher"});
      break;
    case Objective::rollouts:
      if (t.rollouts->policy) guides.push_back({ModelShare(model, degrees), t, false, false, true, "policy"});
      if (t.rollouts->reference) guides.push_back(reference);
      if (t.rollouts->reward) {
        ModelShare reward(*t.rollouts->reward, degrees);
        reward.tied_embeddings = true;  // its head is a vector
        guides.push_back({reward, forward, true, false, false, "reward model"});
      }
      break;
  }
  for (Guide& guide : guides) guide.model.predict_layers = 0;  // they score tokens
  return guides;
}

std::vector<std::vector<Segment>> guide_pieces(const Guide& g, const StackDescription& stack,
                                               const Layout& layout, std::int64_t stage) {
  TrainingDescription forward = g.training;
  forward.recompute = Recompute::none;
  return pieces_of(g.model, forward, stack, layout, stage);
}

Bytes guide_parameters(const Guide& g, const StackDescription& stack, const Layout& layout,
                       std::int64_t stage) {
  if (!g.own_weights) return {};
  const StageContent own = content_of(guide_pieces(g, stack, layout, stage), layout, stage);
  const StageParameters p = parameters_of(g.model, g.training, {}, own);
  const double shards = layout.parameters_sharded ? static_cast<double>(layout.state_shards) : 1;
  const double cast = layout.parameters_sharded ? 0 : quantised_bytes(g.training.precision);
  const double matrices = static_cast<double>(own.dense * layer_matrices(g.model)) +
                          static_cast<double>(own.expert * layer_matrices(g.model, LayerKind::expert));
  return Bytes{bytes_of(storage_of(g.training.precision)) * (p.dense + p.expert) / shards + cast * matrices};
}

Bytes guide_buffers(const Guide& g, const StackDescription& stack, const Layout& layout) {
  if (!layout.parameters_sharded) return {};
  const double gathered =
      static_cast<double>(std::min({stack.max_gathers_in_flight, stack.prefetch + 1, g.model.layers}));
  return Bytes{gathered * held_bytes(g.model, g.training, LayerKind::dense) +
               bytes_of(storage_of(g.training.precision)) *
                   static_cast<double>(root_parameters(g.model, g.training.sequence))};
}

Bytes guide_logits(const Guide& g) {
  return Bytes{std::round(bytes_of(storage_of(g.training.precision)) * logits_of(g))};
}

std::vector<Kernel> guide_loss(const Guide& g) {
  if (!g.keeps_logits) return {};
  return {stream(StreamKind::cross_entropy, logits_of(g) * (bytes_of(storage_of(g.training.precision)) + 4))};
}

Flops step_flops(const ModelDescription& model, const TrainingDescription& t) {
  const std::int64_t length = t.documents ? document_of_token(t) : t.sequence;
  Flops sum = model_flops(model, length, t.lora_rank > 0);
  if (t.objective == Objective::preference) sum += forward_flops(model, length);
  if (t.objective == Objective::distillation) sum += forward_flops(*t.teacher_model, length);
  if (const auto& r = t.rollouts) {
    sum += forward_flops(model, length) * ((r->policy ? 1.0 : 0.0) + (r->reference ? 1.0 : 0.0));
    if (r->reward) sum += forward_flops(*r->reward, length);
  }
  if (t.documents)
    sum = sum * (useful_share(t) * static_cast<double>(t.sequence) / static_cast<double>(length));
  if (!t.rollouts) return sum;
  const RolloutsDescription& r = *t.rollouts;  // of the prompt once for all its answers
  sum += forward_flops(model, r.prompt + r.response);
  sum -= forward_flops(model, r.prompt) * (1 - 1 / static_cast<double>(r.answers));
  return sum;
}

}  // namespace aifsim
