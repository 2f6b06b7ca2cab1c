// What one rank holds of a model, and the sizes that follow: parameters, model FLOPs.
//
// Multi-token prediction (DeepSeek-AI 2024, arXiv:2412.19437, section 2.2): of each further token a layer like the last,
// of which embedding and head are the model's, behind a projection 2h x h of what the layer before gave and the next
// token's embedding, each through a norm.
//
// Tensor parallelism (Shoeybi et al. 2019, Megatron-LM, arXiv:1909.08053): of T ranks, each holds heads / T,
// ffn_hidden / T and vocabulary / T columns or rows of the matrices, all of the norms. The projections to latent
// vectors are held whole. Experts are held whole by the ranks that share them out (expert parallelism E).
#pragma once
#include <cstdint>
#include <vector>

#include "base/units.hpp"
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

// How many ranks split what, and how.
struct Degrees {
  std::int64_t tensor = 1, context = 1, expert = 1;
  bool sequence_parallel = false;
  bool overlaps_tensor = false, keeps_gathered = false;
  double elementwise = 1;    // bytes of passes bound by memory, over those of fused kernels
  double expert_passes = 1;  // the same around experts
};
Degrees degrees_of(const TrainingDescription& training, const StackDescription& stack);

// What tells a model's layers apart.
struct LayerKind {
  bool experts = false, windowed = false;
  static const LayerKind dense, expert;
  bool operator==(const LayerKind&) const = default;
};
inline constexpr LayerKind LayerKind::dense{}, LayerKind::expert{true, false};

// A product with a matrix of a layer: `n` outputs, `k` inputs.
struct Matrix {
  std::int64_t n = 0, k = 0;
  std::int64_t elements() const { return n * k; }
};

// What one rank holds; all of the model where nothing is split.
struct ModelShare {
  ModelShare(const ModelDescription& model, const Degrees& degrees = {});

  std::int64_t layers, hidden, head_dim, value_dim;      // of the whole model
  std::int64_t heads, kv_heads, ffn_hidden, vocabulary;  // this rank's
  Mlp mlp;
  NormKind norm;
  PositionEncoding position;
  bool tied_embeddings;
  ExpertsDescription experts;  // of the whole model, but:
  std::int64_t local_experts;  // this rank's
  std::int64_t shared_ffn;     // this rank's width of the block beside the experts
  LatentAttentionDescription latent;
  bool causal;
  WindowDescription window;
  Biases biases;
  QkNorm qk_norm;
  std::int64_t norms_per_layer;
  bool parallel_blocks;
  std::int64_t positions, token_types;
  bool embedding_norm, final_norm;
  std::int64_t head_layers;
  bool head_bias;
  std::int64_t predict_layers;  // behind `layers`
  Degrees degrees;

  std::int64_t all_layers() const { return layers + predict_layers; }
  // Of one behind the last: the last one's.
  LayerKind kind_of(std::int64_t layer) const;
  std::int64_t expert_layers() const;
  bool gated() const { return mlp == Mlp::swiglu; }
  // Matrices that the MLP's first product holds side by side: gate and up of SwiGLU.
  std::int64_t mlp_inputs() const { return gated() ? 2 : 1; }
};

// Attention's products before and after it; those that go up from a latent vector follow the ones that go down.
std::vector<Matrix> attention_inputs(const ModelShare& model);
Matrix attention_output(const ModelShare& model);
std::int64_t qkv_width(const ModelShare& model);  // queries, keys and values of a token
// A layer's attention and the MLP that each token meets (beside experts the shared one); what the router and one
// expert hold.
std::vector<Matrix> token_matrices(const ModelShare& model, LayerKind kind);
Matrix router_matrix(const ModelShare& model);
std::vector<Matrix> expert_matrices(const ModelShare& model);

// Parameters of one layer of a kind: of its experts, and of all else.
std::int64_t layer_matrices(const ModelShare& model,
                            LayerKind kind = LayerKind::dense);         // without biases, norms
std::int64_t active_matrices(const ModelShare& model, LayerKind kind);  // the same, that one token meets
std::int64_t layer_parameters(const ModelShare& model, LayerKind kind = LayerKind::dense);
std::int64_t expert_parameters(const ModelShare& model, LayerKind kind);
std::int64_t layer_tensors(
    const ModelShare& model);  // weights of a layer without experts, biases not counted
std::int64_t lora_parameters(const ModelShare& model, LayerKind kind, std::int64_t rank);
Matrix predict_projection(const ModelShare& model);
// Token and learned position embeddings; final norm and output head, which is there also where it is tied.
std::int64_t embedding_parameters(const ModelShare& model, std::int64_t sequence);
std::int64_t head_parameters(const ModelShare& model);
// Everything outside the layers, tied weights once.
std::int64_t root_parameters(const ModelShare& model, std::int64_t sequence);
// What a stage of a pipeline has of that: with layers that predict further tokens the head's has an embedding, too.
std::int64_t end_parameters(const ModelShare& model, std::int64_t sequence, bool embedding, bool head);
std::int64_t total_parameters(const ModelShare& model, std::int64_t sequence);
double parameters_of(const ModelDescription& model, std::int64_t sequence);  // of a network too
Flops forward_flops(const ModelDescription& model, std::int64_t sequence);  // of a sample; 2 per multiply-add

// Model FLOPs of one sequence, forward and backward, as MFU counts them (Chowdhery et al. 2022, PaLM,
// appendix B): 6 per token and matrix parameter that it meets (output head included, look-ups not) plus
// 12*L*s*heads*head_dim per token for attention without the causal saving (s: at most a window); recompute is not counted. Where adapters
// alone are trained, 4 per parameter. Of a network (network.hpp): three times a forward pass.
Flops model_flops(const ModelDescription& model, std::int64_t sequence, bool adapters_alone = false);

}  // namespace aifsim
