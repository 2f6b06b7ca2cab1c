#include "lowering/training/memory.hpp"

#include <algorithm>

#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

// What backward reads of a layer: both norms' inputs, both products' inputs after them, q, k, v, attention's output
// (and its input to the projection, the same), the MLP's pre-activation and activation. Under a recipe the inputs
// of products are kept cast; attention's output also as it is.
double kept_of_layer(const ModelShare& m, Precision precision, double tokens) {
  const double e = bytes_of(storage_of(precision)), h = static_cast<double>(m.hidden);
  const double heads = static_cast<double>((2 * m.heads + 2 * m.kv_heads) * m.head_dim);
  const double wide = static_cast<double>(m.ffn_hidden), gates = m.mlp == Mlp::swiglu ? 2 : 1;
  if (!quantises(precision)) return (4 + heads / h + (gates + 1) * (wide / h)) * (tokens * h * e);
  const double output = static_cast<double>(m.heads * m.head_dim);
  const double cast = (2 * h + output + wide) * quantised_bytes(precision);
  return tokens * ((2 * h + heads + gates * wide) * e + cast);
}

// Cast weights, in both layouts: until the backward pass has used them; where every rank holds all parameters,
// from step to step.
double cast_weights(const ModelShare& m, const TrainingDescription& t, bool parameters_sharded) {
  const bool one = parameters_sharded && t.recompute == Recompute::full;
  return 2 * quantised_bytes(t.precision) * static_cast<double>(layer_matrices(m) * (one ? 1 : m.layers));
}

}  // namespace

TrainingMemory training_memory(const ModelDescription& model, const TrainingDescription& t,
                               const StackDescription& stack, std::int64_t gpus) {
  const Layout layout = layout_of(model, t, gpus);
  const ModelShare m(model, layout.tensor);
  const double p = static_cast<double>(total_parameters(m, t.sequence));
  const double layer = static_cast<double>(layer_parameters(m));
  const double root = static_cast<double>(root_parameters(m, t.sequence));
  const double e = bytes_of(storage_of(t.precision)), g = bytes_of(t.gradient_precision);
  const double state = p / static_cast<double>(layout.state_shards);

  TrainingMemory memory;
  memory.optimizer = Bytes{(t.optimizer == OptimizerKind::adamw ? 8 : 4) * state};
  if (layout.parameters_sharded) {
    const double gathered =
        static_cast<double>(std::min({stack.max_gathers_in_flight, stack.prefetch + 1, m.layers}));
    memory.parameters = Bytes{4 * state};
    memory.gradients = Bytes{4 * state};
    memory.buffers = Bytes{e * (gathered * layer + root) + g * (layer + root)};
  } else {
    memory.parameters = Bytes{4 * state + e * p};
    memory.gradients = Bytes{t.sharding == Sharding::zero2 ? 4 * state + g * layer : 4 * p};
    memory.buffers = Bytes{g * layer * static_cast<double>(std::min(stack.bucket_layers, m.layers))};
  }
  memory.buffers += Bytes{cast_weights(m, t, layout.parameters_sharded)};
  const double tokens = static_cast<double>(t.micro_batch * t.sequence);
  const double unit = tokens * static_cast<double>(m.hidden) * e;
  const double scores =
      t.attention == AttentionKernel::plain ? 2 * e * tokens * static_cast<double>(t.sequence * m.heads) : 0;
  const double full_layer = kept_of_layer(m, t.precision, tokens) + scores;
  const bool recomputes = t.recompute == Recompute::full;
  const double logits = tokens * static_cast<double>(m.vocabulary) * (e + 4 + 4);
  memory.kept_per_layer = Bytes{recomputes ? unit : full_layer};
  memory.working = Bytes{logits + (recomputes ? full_layer : 0)};
  return memory;
}

}  // namespace aifsim
