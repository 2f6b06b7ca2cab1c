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

std::optional<Guide> guide_of(const ModelDescription& model, const TrainingDescription& t,
                              const StackDescription& stack) {
  if (t.objective == Objective::next_token) return std::nullopt;
  TrainingDescription forward = t;
  forward.lora_rank = 0;
  switch (t.objective) {
    case Objective::next_token:
      break;
    case Objective::preference:
      return Guide{ModelShare(model, degrees_of(t, stack)), forward, t.lora_rank == 0, false, "reference"};
    case Objective::distillation:
      forward.frozen_weights = FrozenWeights::as_trained;
      return Guide{ModelShare(*t.teacher_model, degrees_of(t, stack)), forward, true, true, "teacher"};
  }
  return std::nullopt;
}

Bytes guide_parameters(const Guide& g, const Layout& layout) {
  if (!g.own_weights) return {};
  const std::int64_t expert = g.model.expert_layers();
  const StageParameters p = parameters_of(g.model, g.training, {g.model.layers - expert, expert, true, true});
  const double shards = layout.parameters_sharded ? static_cast<double>(layout.state_shards) : 1;
  const double cast = layout.parameters_sharded ? 0 : quantised_bytes(g.training.precision);
  const double matrices = static_cast<double>((g.model.layers - expert) * layer_matrices(g.model)) +
                          static_cast<double>(expert * layer_matrices(g.model, LayerKind::expert));
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
  if (!t.documents) return sum;
  return sum * (useful_share(t) * static_cast<double>(t.sequence) / static_cast<double>(length));
}

}  // namespace aifsim
