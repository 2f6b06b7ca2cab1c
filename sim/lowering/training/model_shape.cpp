#include "lowering/training/model_shape.hpp"

#include <algorithm>

namespace aifsim {
namespace {

std::int64_t norm_parameters(const ModelShare& m) {
  return m.norm == NormKind::layer_norm ? 2 * m.hidden : m.hidden;
}
// Matrices that the layer's first MLP product holds side by side: gate and up for SwiGLU.
std::int64_t mlp_inputs(const ModelShare& m) { return m.gated() ? 2 : 1; }

std::int64_t attention_matrices(const ModelShare& m) {
  std::int64_t sum = attention_output(m).elements();
  for (const Matrix& p : attention_inputs(m)) sum += p.elements();
  return sum;
}

std::int64_t share_of(std::int64_t width, std::int64_t ranks) { return (width + ranks - 1) / ranks; }

}  // namespace

Degrees degrees_of(const TrainingDescription& t, const StackDescription& stack) {
  return {.tensor = t.tensor_parallel,
          .context = t.context_parallel,
          .expert = t.expert_parallel,
          .sequence_parallel = t.sequence_parallel,
          .overlaps_tensor = stack.overlaps_tensor,
          .keeps_gathered = stack.keeps_gathered,
          .elementwise = *stack.elementwise_passes,
          .expert_passes = *stack.expert_passes};
}

ModelShare::ModelShare(const ModelDescription& m, const Degrees& d)
    : layers(m.layers),
      hidden(m.hidden),
      head_dim((m.head_dim > 0 ? m.head_dim : m.hidden / m.heads) +
               (m.latent.kv_rank > 0 ? m.latent.rope_dim : 0)),
      value_dim(m.latent.kv_rank > 0 ? m.latent.value_dim : head_dim),
      heads(m.heads / d.tensor),
      kv_heads(std::max<std::int64_t>(1, m.kv_heads / d.tensor)),
      ffn_hidden(m.ffn_hidden / d.tensor),
      vocabulary(share_of(m.vocabulary, d.tensor)),
      mlp(m.mlp),
      norm(m.norm),
      position(m.position),
      tied_embeddings(m.tied_embeddings),
      experts(m.experts),
      local_experts(m.experts.count / d.expert),
      shared_ffn(share_of(m.experts.shared_ffn_hidden, d.tensor)),
      latent(m.latent),
      degrees(d) {}

std::vector<Matrix> attention_inputs(const ModelShare& m) {
  if (m.latent.kv_rank == 0) return {{qkv_width(m), m.hidden}};
  const std::int64_t nope = m.head_dim - m.latent.rope_dim;
  std::vector<Matrix> all;
  if (m.latent.query_rank > 0) {
    all.push_back({m.latent.query_rank, m.hidden});
    all.push_back({m.heads * m.head_dim, m.latent.query_rank});
  } else {
    all.push_back({m.heads * m.head_dim, m.hidden});
  }
  all.push_back({m.latent.kv_rank + m.latent.rope_dim, m.hidden});
  all.push_back({m.heads * (nope + m.value_dim), m.latent.kv_rank});
  return all;
}

Matrix attention_output(const ModelShare& m) { return {m.hidden, m.heads * m.value_dim}; }

std::int64_t qkv_width(const ModelShare& m) {
  return (m.heads + m.kv_heads) * m.head_dim + m.kv_heads * m.value_dim;
}

std::int64_t layer_matrices(const ModelShare& m, LayerKind kind) {
  const std::int64_t blocks = mlp_inputs(m) + 1;
  std::int64_t sum = attention_matrices(m);
  if (kind == LayerKind::dense) return sum + blocks * m.hidden * m.ffn_hidden;
  sum += m.hidden * m.experts.count + blocks * m.hidden * m.shared_ffn;
  return sum + m.local_experts * blocks * m.hidden * m.experts.ffn_hidden;
}

std::int64_t expert_parameters(const ModelShare& m, LayerKind kind) {
  if (kind == LayerKind::dense) return 0;
  return m.local_experts * (mlp_inputs(m) + 1) * m.hidden * m.experts.ffn_hidden;
}

std::int64_t layer_parameters(const ModelShare& m, LayerKind kind) {
  const bool biases = m.norm == NormKind::layer_norm;  // GPT-style models have them, Llama-style do not
  const std::int64_t bias = biases ? qkv_width(m) + 2 * m.hidden + mlp_inputs(m) * m.ffn_hidden : 0;
  const std::int64_t latent = m.latent.kv_rank > 0 ? m.latent.query_rank + m.latent.kv_rank : 0;
  return layer_matrices(m, kind) + bias + latent + 2 * norm_parameters(m);
}

std::int64_t lora_parameters(const ModelShare& m, LayerKind kind, std::int64_t rank) {
  std::vector<Matrix> all = attention_inputs(m);
  all.push_back(attention_output(m));
  const std::int64_t width = kind == LayerKind::dense ? m.ffn_hidden : m.shared_ffn;
  if (width > 0) {
    all.push_back({mlp_inputs(m) * width, m.hidden});
    all.push_back({m.hidden, width});
  }
  std::int64_t sum = 0;
  for (const Matrix& p : all) sum += rank * (p.n + p.k);
  return sum;
}

std::int64_t embedding_parameters(const ModelShare& m, std::int64_t sequence) {
  return m.vocabulary * m.hidden + (m.position == PositionEncoding::learned ? sequence * m.hidden : 0);
}

std::int64_t head_parameters(const ModelShare& m) { return m.vocabulary * m.hidden + norm_parameters(m); }

std::int64_t root_parameters(const ModelShare& m, std::int64_t sequence) {
  const std::int64_t tied = m.tied_embeddings ? m.vocabulary * m.hidden : 0;
  return embedding_parameters(m, sequence) + head_parameters(m) - tied;
}

std::int64_t total_parameters(const ModelShare& m, std::int64_t sequence) {
  std::int64_t sum = root_parameters(m, sequence);
  const std::int64_t dense = m.experts.count > 0 ? m.experts.dense_layers : m.layers;
  sum += dense * layer_parameters(m, LayerKind::dense);
  if (dense < m.layers) sum += (m.layers - dense) * layer_parameters(m, LayerKind::expert);
  return sum;
}

Flops model_flops(const ModelDescription& model, std::int64_t sequence, bool adapters_alone) {
  const ModelShare m(model);
  const double s = static_cast<double>(sequence);
  const std::int64_t dense = m.experts.count > 0 ? m.experts.dense_layers : m.layers;
  std::int64_t matrices = dense * layer_matrices(m, LayerKind::dense) + m.vocabulary * m.hidden;
  if (dense < m.layers) {
    const std::int64_t idle =
        (m.experts.count - m.experts.per_token) * (mlp_inputs(m) + 1) * m.hidden * m.experts.ffn_hidden;
    matrices += (m.layers - dense) * (layer_matrices(m, LayerKind::expert) - idle);
  }
  const double scores = static_cast<double>(m.layers * m.heads * (m.head_dim + m.value_dim)) / 2;
  const double passes = adapters_alone ? 4 : 6;
  return Flops{s * (passes * static_cast<double>(matrices) + 12 * scores * s)};
}

}  // namespace aifsim
