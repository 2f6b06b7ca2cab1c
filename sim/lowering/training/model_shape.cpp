#include "lowering/training/model_shape.hpp"

#include <algorithm>

#include "lowering/training/documents.hpp"
#include "lowering/training/network.hpp"

namespace aifsim {
namespace {

std::int64_t norm_parameters(const ModelShare& m) {
  return m.norm == NormKind::layer_norm ? 2 * m.hidden : m.norm == NormKind::rms_norm ? m.hidden : 0;
}
Biases biases_of(const ModelShare& m) {
  if (m.biases != Biases::by_norm) return m.biases;
  return m.norm == NormKind::layer_norm ? Biases::all : Biases::none;
}
std::vector<Matrix> mlp_matrices(const ModelShare& m, std::int64_t width) {
  if (width == 0) return {};
  return {{m.mlp_inputs() * width, m.hidden}, {m.hidden, width}};
}

std::int64_t elements(const std::vector<Matrix>& all) {
  std::int64_t sum = 0;
  for (const Matrix& one : all) sum += one.elements();
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
      causal(m.causal),
      window(m.window),
      biases(m.biases),
      qk_norm(m.qk_norm),
      norms_per_layer(m.norms_per_layer),
      parallel_blocks(m.parallel_blocks),
      positions(m.positions),
      token_types(m.token_types),
      embedding_norm(m.embedding_norm),
      final_norm(m.final_norm),
      head_layers(m.head_layers),
      head_bias(m.head_bias),
      predict_layers(m.predict_layers),
      degrees(d) {}

LayerKind ModelShare::kind_of(std::int64_t layer) const {
  layer = std::min(layer, layers - 1);
  LayerKind kind;
  kind.experts = experts.count > 0 && layer >= experts.dense_layers &&
                 (layer - experts.dense_layers + 1) % experts.every == 0;
  kind.windowed = window.tokens > 0 && layer >= window.full_layers &&
                  (window.full_every == 0 || (layer + 1) % window.full_every != 0);
  return kind;
}

std::int64_t ModelShare::expert_layers() const {
  return experts.count > 0 ? (layers - experts.dense_layers) / experts.every : 0;
}

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

std::vector<Matrix> token_matrices(const ModelShare& m, LayerKind kind) {
  std::vector<Matrix> all = attention_inputs(m);
  all.push_back(attention_output(m));
  for (const Matrix& one : mlp_matrices(m, kind.experts ? m.shared_ffn : m.ffn_hidden)) all.push_back(one);
  return all;
}

Matrix router_matrix(const ModelShare& m) { return {m.experts.count, m.hidden}; }

std::vector<Matrix> expert_matrices(const ModelShare& m) { return mlp_matrices(m, m.experts.ffn_hidden); }

std::int64_t layer_matrices(const ModelShare& m, LayerKind kind) {
  const std::int64_t sum = elements(token_matrices(m, kind));
  if (!kind.experts) return sum;
  return sum + router_matrix(m).elements() + m.local_experts * elements(expert_matrices(m));
}

std::int64_t active_matrices(const ModelShare& m, LayerKind kind) {
  const std::int64_t sum = elements(token_matrices(m, kind));
  if (!kind.experts) return sum;
  return sum + router_matrix(m).elements() + m.experts.per_token * elements(expert_matrices(m));
}

std::int64_t expert_parameters(const ModelShare& m, LayerKind kind) {
  if (!kind.experts) return 0;
  const std::int64_t biases =
      biases_of(m) == Biases::all ? m.hidden + m.mlp_inputs() * m.experts.ffn_hidden : 0;
  return m.local_experts * (elements(expert_matrices(m)) + biases);
}

std::int64_t layer_tensors(const ModelShare& m) {
  const std::int64_t feed_forward = m.mlp_inputs() + 1, output = 1;
  return std::ssize(attention_inputs(m)) + output + feed_forward + m.norms_per_layer;
}

std::int64_t layer_parameters(const ModelShare& m, LayerKind kind) {
  const Biases biases = biases_of(m);
  std::int64_t rest = m.latent.kv_rank > 0 ? m.latent.query_rank + m.latent.kv_rank : 0;
  if (biases != Biases::none) rest += qkv_width(m);
  if (biases == Biases::attention || biases == Biases::all) rest += m.hidden;
  if (biases == Biases::all)
    rest += kind.experts
                ? m.experts.count + m.local_experts * (m.hidden + m.mlp_inputs() * m.experts.ffn_hidden) +
                      (m.shared_ffn > 0 ? m.hidden + m.mlp_inputs() * m.shared_ffn : 0)
                : m.hidden + m.mlp_inputs() * m.ffn_hidden;
  if (m.qk_norm == QkNorm::head) rest += 2 * m.head_dim;
  if (m.qk_norm == QkNorm::full) rest += (m.heads + m.kv_heads) * m.head_dim;
  return layer_matrices(m, kind) + rest + m.norms_per_layer * norm_parameters(m);
}

std::int64_t lora_parameters(const ModelShare& m, LayerKind kind, std::int64_t rank) {
  std::int64_t sum = 0;
  for (const Matrix& one : token_matrices(m, kind)) sum += rank * (one.n + one.k);
  return sum;
}

std::int64_t embedding_parameters(const ModelShare& m, std::int64_t sequence) {
  const std::int64_t learned = m.position != PositionEncoding::learned ? 0
                               : m.positions > 0                       ? m.positions
                                                                       : sequence;
  return (m.vocabulary + learned + m.token_types) * m.hidden + (m.embedding_norm ? norm_parameters(m) : 0);
}

std::int64_t head_parameters(const ModelShare& m) {
  return m.vocabulary * m.hidden + (m.final_norm ? norm_parameters(m) : 0) +
         m.head_layers * (m.hidden * m.hidden + m.hidden + norm_parameters(m)) +
         (m.head_bias ? m.vocabulary : 0) +
         m.predict_layers * (predict_projection(m).elements() + 3 * norm_parameters(m));
}

std::int64_t root_parameters(const ModelShare& m, std::int64_t sequence) {
  const std::int64_t tied = m.tied_embeddings ? m.vocabulary * m.hidden : 0;
  return embedding_parameters(m, sequence) + head_parameters(m) - tied;
}

std::int64_t end_parameters(const ModelShare& m, std::int64_t sequence, bool embedding, bool head) {
  if (embedding && head) return root_parameters(m, sequence);
  if (embedding) return embedding_parameters(m, sequence);
  if (!head) return 0;
  return head_parameters(m) + (m.predict_layers > 0 && !m.tied_embeddings ? m.vocabulary * m.hidden : 0);
}

Matrix predict_projection(const ModelShare& m) {
  return {share_of(m.hidden, m.degrees.tensor), 2 * m.hidden};
}

std::int64_t total_parameters(const ModelShare& m, std::int64_t sequence) {
  std::int64_t sum =
      root_parameters(m, sequence) + m.predict_layers * layer_parameters(m, m.kind_of(m.layers));
  const std::int64_t expert = m.expert_layers();
  sum += (m.layers - expert) * layer_parameters(m, LayerKind::dense);
  if (expert > 0) sum += expert * layer_parameters(m, LayerKind::expert);
  return sum;
}

double parameters_of(const ModelDescription& model, std::int64_t sequence) {
  if (model.network) return parameters_of(*model.network);
  return static_cast<double>(total_parameters(ModelShare(model), sequence));
}

Flops forward_flops(const ModelDescription& model, std::int64_t sequence) {
  return model.network ? forward_flops(*model.network) : model_flops(model, sequence) / 3.0;
}

Flops model_flops(const ModelDescription& model, std::int64_t sequence, bool adapters_alone) {
  if (model.network) return training_flops(*model.network);
  const ModelShare m(model);
  const double s = static_cast<double>(sequence);
  const std::int64_t expert = m.expert_layers();
  std::int64_t matrices = (m.layers - expert) * layer_matrices(m, LayerKind::dense) +
                          m.vocabulary * m.hidden + m.head_layers * m.hidden * m.hidden;
  if (expert > 0) matrices += expert * active_matrices(m, LayerKind::expert);
  if (m.predict_layers > 0)
    matrices += m.predict_layers * (active_matrices(m, m.kind_of(m.layers)) +
                                    predict_projection(m).elements() + m.vocabulary * m.hidden);
  double keys = 0;  // of all layers, that a query may see
  const double window = std::min(s, static_cast<double>(m.window.tokens)),
               seen = m.window.blocks ? block_of_token(s, window) : window;
  for (std::int64_t i = 0; i < m.all_layers(); ++i) keys += m.kind_of(i).windowed ? seen : s;
  const double scores = static_cast<double>(m.heads * (m.head_dim + m.value_dim)) / 2 * keys;
  const double passes = adapters_alone ? 4 : 6;
  return Flops{s * (passes * static_cast<double>(matrices) + 12 * scores)};
}

}  // namespace aifsim
