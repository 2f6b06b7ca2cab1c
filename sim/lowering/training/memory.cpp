#include "lowering/training/memory.hpp"

#include <algorithm>
#include <cmath>

#include "lowering/training/local_steps.hpp"
#include "lowering/training/muon.hpp"
#include "lowering/training/part.hpp"
#include "lowering/training/per_op.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

// What backward reads of a layer: both norms' inputs, both products' inputs after them, q, k, v, attention's output
// (and its input to the projection, the same), the MLP's pre-activation and activation. Under a recipe the inputs
// of products are kept cast; attention's output also as it is. Of modules that are computed again, their inputs alone.
double kept_of_layer(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                     LayerKind kind) {
  using enum RecomputeModule;
  const PassShape shape(m, t);
  const double e = bytes_of(storage_of(t.precision)), h = static_cast<double>(m.hidden);
  const double narrow = quantises(t.precision) ? quantised_bytes(t.precision) : e;
  const double tokens = static_cast<double>(shape.tokens), own = static_cast<double>(shape.own_tokens);
  const double gates = static_cast<double>(m.mlp_inputs());
  const double qkv = static_cast<double>(qkv_width(m)), out = static_cast<double>(m.heads * m.value_dim);
  const bool fused = stack.fuses_elementwise;
  // Norms' inputs and products' inputs, of which the second block's is the experts' own.
  const double whole = stack.keeps_gathered ? tokens : own;
  const double inputs = m.norms_per_layer == 1 ? 1 : 2;  // of products: parallel blocks may share theirs
  double kept = own * static_cast<double>(m.norms_per_layer) * h * e;
  if (!recomputes(t, layernorm)) kept += (kind.experts ? whole + own : inputs * whole) * h * narrow;
  const double direct = m.latent.query_rank > 0 ? 0 : static_cast<double>(m.heads * m.head_dim);
  kept += tokens * ((recomputes(t, mla_up_proj) ? direct : qkv) + out) * e;
  if (quantises(t.precision)) kept += tokens * out * narrow;
  // Unfused: the activation beside its product with the gate; queries and keys before and after their rotation.
  const double single = fused || !m.gated() ? 0 : e;
  if (!fused && m.position == PositionEncoding::rotary)
    kept += tokens * e * static_cast<double>((m.heads + m.kv_heads) * m.head_dim);
  if (m.qk_norm != QkNorm::none)
    kept += tokens * e * static_cast<double>((m.heads + m.kv_heads) * m.head_dim);
  const auto block = [&](double rows, std::int64_t width, RecomputeModule again) {
    if (!recomputes(t, again)) kept += rows * static_cast<double>(width) * (gates * e + narrow + single);
  };
  if (!kind.experts) {
    block(tokens, m.ffn_hidden, mlp);
  } else if (!recomputes(t, moe)) {
    const double pairs = own * static_cast<double>(m.experts.per_token) * busiest(m, t);
    kept += pairs * h * (narrow + e);  // permuted tokens, and what experts give back
    block(pairs, m.experts.ffn_hidden, moe_act);
    if (recomputes(t, moe_act)) kept += pairs * static_cast<double>(m.experts.ffn_hidden) * gates * e;
    block(tokens, m.shared_ffn, shared_experts);
  }
  if (m.latent.kv_rank > 0)
    kept += tokens * static_cast<double>(m.latent.query_rank + m.latent.kv_rank) * (e + narrow);
  if (t.attention == AttentionKernel::plain && !recomputes(t, core_attn))
    kept += 2 * e * tokens * static_cast<double>(t.sequence * m.heads);
  return kept;
}

// Cast weights, in both layouts: until the backward pass has used them; where every rank holds all parameters,
// from step to step; where they are gathered in the narrow format, of the layers that are gathered.
double cast_weights(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                    const StageContent& content, bool parameters_sharded) {
  const bool one = parameters_sharded && (t.recompute == Recompute::full ||
                                          t.recompute == Recompute::per_op || lists_narrow(t, stack));
  std::int64_t matrices = content.dense > 0 ? layer_matrices(m) * (one ? 1 : content.dense) : 0;
  if (const std::int64_t of_experts = layer_matrices(m, LayerKind::expert); content.expert > 0)
    matrices = one ? std::max(matrices, of_experts) : matrices + of_experts * content.expert;
  return 2 * quantised_bytes(t.precision) * static_cast<double>(matrices);
}

}  // namespace

StageParameters parameters_of(const ModelShare& m, const TrainingDescription& t, const Layout& layout,
                              const StageContent& c) {
  StageParameters p;
  double all = 0;
  const auto add = [&](LayerKind kind, std::int64_t layers) {
    if (layers == 0) return;
    const double n = static_cast<double>(layers);
    all += n * static_cast<double>(layer_parameters(m, kind));
    p.expert += n * static_cast<double>(expert_parameters(m, kind));
    p.trained_dense += n * static_cast<double>(lora_parameters(m, kind, t.lora_rank));
    p.linear += n * static_cast<double>(layer_matrices(m, kind));
    if (t.frozen_weights != FrozenWeights::as_trained) p.narrow = p.linear;
  };
  add(LayerKind::dense, c.dense);
  add(LayerKind::expert, c.expert);
  p.dense = all - p.expert + static_cast<double>(end_parameters(m, t.sequence, c.embedding, c.head));
  if (t.lora_rank == 0) {
    p.trained_dense = p.dense;
    p.trained_expert = p.expert;
  }
  if (t.optimizer == OptimizerKind::muon) p.dealt = dealt_out(m, t, layout, c);
  return p;
}

Updated updated_of(const StageParameters& p, const Layout& layout) {
  const double shards = static_cast<double>(layout.state_shards),
               copies = layout.state_shared() ? static_cast<double>(layout.expert_copies) : 1;
  const double experts = std::min(p.linear, p.trained_expert),
               even = (p.linear - experts) / shards + experts / copies, matrices = p.dealt.value_or(even);
  return {p.trained_dense / shards + p.trained_expert / copies + matrices - even, matrices};
}

TrainingMemory state_memory(const StageParameters& p, const LayerSizes& sizes, const TrainingDescription& t,
                            const StackDescription& stack, const Layout& layout) {
  const double layer = sizes.layer, root = sizes.root;
  const double e = bytes_of(storage_of(t.precision)), g = bytes_of(t.gradient_precision);
  const double shards = static_cast<double>(layout.state_shards),
               copies = layout.state_shared() ? static_cast<double>(layout.expert_copies) : 1;
  const double kept = stack.fuses_accumulation ? g : 4;  // products that add up do so in what is reduced
  const Updated updated = updated_of(p, layout);
  const double state = updated.all;
  const double trained = p.trained_dense + p.trained_expert, all = p.dense + p.expert;
  const double saved = e - frozen_bytes(t),
               held = e * (all - (narrow_weights(t, stack) ? p.linear : 0)) - saved * p.narrow;

  // Of what is gathered layer by layer: a rank's part.
  const double experts = std::min(p.narrow, p.expert),
               part = e * (p.dense / shards + p.expert / copies) -
                      saved * ((p.narrow - experts) / shards + experts / copies);

  const bool offloaded = t.offload.optimizer != OffloadTo::none;
  TrainingMemory memory;
  memory.optimizer = Bytes{offloaded ? 0 : moments_bytes(t, updated)};
  if (layout.parameters_sharded) {
    const double gathered =
        static_cast<double>(std::min({stack.max_gathers_in_flight, stack.prefetch + 1, sizes.layers}));
    memory.parameters = Bytes{offloaded       ? part
                              : trained < all ? weight_bytes(t) * state + part
                                              : weight_bytes(t) * state};
    memory.gradients = Bytes{4 * state};
    memory.buffers = Bytes{e * (gathered * layer + root) - saved * gathered * sizes.narrow +
                           (t.lora_rank > 0 ? 0 : g * (layer + root))};
  } else {
    const bool gathered = kept_gathered(t, layout);  // beside the rank's part
    const double beside =
        trained < all || gathered ? weight_bytes(t) : master_bytes(t, stack);  // adapters have no copy
    memory.parameters = Bytes{(offloaded ? 0 : beside * state) + held};
    memory.gradients = Bytes{gathered                        ? 4 * state + g * trained
                             : t.sharding == Sharding::zero2 ? 4 * state + g * layer
                                                             : kept * trained};
    memory.buffers = Bytes{
        t.lora_rank > 0 ? 0 : g * layer * static_cast<double>(std::min(stack.bucket_layers, sizes.of_stage))};
  }
  if (!layout.parameters_sharded && layout.data / layout.islands * layout.context > 1)
    memory.buffers += Bytes{static_cast<double>(stack.reduce_buffer) * trained};
  memory.buffers += stack.library_memory;
  memory.optimizer += island_memory(layout, p.trained_dense, p.trained_expert);
  return memory;
}

TrainingMemory training_memory(const ModelShare& m, const TrainingDescription& t,
                               const StackDescription& stack, const Layout& layout,
                               const StageContent& content) {
  const double e = bytes_of(storage_of(t.precision));
  const bool narrow = t.frozen_weights != FrozenWeights::as_trained;
  // What is gathered at a time.
  const bool of_experts =
      layout.parameters_sharded && content.expert > 0 &&
      (content.dense == 0 || layer_parameters(m, LayerKind::expert) > layer_parameters(m));
  const LayerKind largest = of_experts ? LayerKind::expert : LayerKind::dense;
  const std::int64_t root = stack.ends_apart
                                ? std::max(embedding_parameters(m, t.sequence), head_parameters(m))
                                : root_parameters(m, t.sequence);
  const LayerSizes sizes{static_cast<double>(layer_parameters(m, largest)), static_cast<double>(root),
                         narrow ? static_cast<double>(layer_matrices(m, largest)) : 0, m.layers,
                         content.dense + content.expert};
  TrainingMemory memory = state_memory(parameters_of(m, t, layout, content), sizes, t, stack, layout);
  (narrow_weights(t, stack) ? memory.parameters : memory.buffers) +=
      Bytes{cast_weights(m, t, stack, content, layout.parameters_sharded)};
  if (content.head)
    memory.logits =
        Bytes{std::round(static_cast<double>((1 + m.predict_layers) * PassShape(m, t).tokens * m.vocabulary) *
                         (stack.logit_bytes + e - 2))};
  // All of one layer, beside what is kept of it.
  if (t.recompute == Recompute::none) return memory;
  TrainingDescription all = t;
  all.recompute = Recompute::none;
  const auto again = [&](std::int64_t layers, LayerKind kind) {
    if (layers == 0) return;
    Bytes more = kept_per_layer(m, all, stack, kind, false);
    if (t.recompute != Recompute::full) more -= kept_per_layer(m, t, stack, kind, false);
    memory.recomputed = std::max(memory.recomputed, more);
  };
  again(content.dense, LayerKind::dense);
  again(content.expert, LayerKind::expert);
  return memory;
}

double held_bytes(const ModelShare& m, const TrainingDescription& t, LayerKind kind) {
  const double e = bytes_of(storage_of(t.precision));
  return e * static_cast<double>(layer_parameters(m, kind)) -
         (e - frozen_bytes(t)) * static_cast<double>(layer_matrices(m, kind));
}

namespace {

// Of a linear layer.
double gathered_element(const TrainingDescription& t, const StackDescription& stack) {
  return t.frozen_weights == FrozenWeights::as_trained ? gathered_weight_bytes(t, stack) : frozen_bytes(t);
}

}  // namespace

double gathered_bytes(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                      LayerKind kind) {
  const double e = bytes_of(storage_of(t.precision));
  const std::int64_t experts = expert_parameters(m, kind);
  return e * static_cast<double>(layer_parameters(m, kind) - experts) -
         (e - gathered_element(t, stack)) * static_cast<double>(layer_matrices(m, kind) - experts);
}

double gathered_expert_bytes(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                             LayerKind kind) {
  return gathered_element(t, stack) * static_cast<double>(expert_parameters(m, kind));
}

Bytes kept_per_layer(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                     LayerKind kind, bool recomputed) {
  // Whole bytes, so that what is held and dropped adds up exactly.
  return Bytes{std::round(stack.allocated_per_held * (recomputed ? PassShape(m, t).own_row
                                                      : t.recompute == Recompute::per_op
                                                          ? kept_per_op(m, t)
                                                          : kept_of_layer(m, t, stack, kind)))};
}

}  // namespace aifsim
