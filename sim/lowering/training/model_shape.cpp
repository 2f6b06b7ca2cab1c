#include "lowering/training/model_shape.hpp"

#include <algorithm>

#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

std::int64_t attention_width(const ModelShare& m) { return m.heads * m.head_dim; }
std::int64_t qkv_width(const ModelShare& m) { return (m.heads + 2 * m.kv_heads) * m.head_dim; }
std::int64_t norm_parameters(const ModelShare& m) {
  return m.norm == NormKind::layer_norm ? 2 * m.hidden : m.hidden;
}
// Matrices that the layer's first MLP product holds side by side: gate and up for SwiGLU.
std::int64_t mlp_inputs(const ModelShare& m) { return m.mlp == Mlp::swiglu ? 2 : 1; }

Kernel gemm(std::int64_t m, std::int64_t n, std::int64_t k, Dtype dtype) {
  return {Gemm{m, n, k, 1, dtype}, 1};
}

Kernel stream(StreamKind kind, double bytes) { return {Streaming{kind, Bytes{bytes}}, 1}; }

// A product of a linear layer, whose operands have been cast where the precision is a recipe.
Kernel linear(std::int64_t m, std::int64_t n, std::int64_t k, Precision precision) {
  return {Gemm{m, n, k, 1, product_of(precision), quantises(precision)}, 1};
}

// The passes that cast a 16-bit tensor of rows x columns into `layouts` layouts (precision.hpp).
void cast(std::vector<Kernel>& into, std::int64_t rows, std::int64_t columns, std::int64_t layouts,
          Precision precision) {
  if (!quantises(precision) || layouts == 0) return;
  const double elements = static_cast<double>(rows) * static_cast<double>(columns);
  const double read = bytes_of(storage_of(precision));
  if (reads_maximum(precision)) into.push_back(stream(StreamKind::quantise, read * elements));
  into.push_back(stream(StreamKind::quantise,
                        (read + static_cast<double>(layouts) * quantised_bytes(precision)) * elements));
}

// A linear layer's forward product, with the casts of its input and its weight.
void forward_product(std::vector<Kernel>& into, std::int64_t tokens, std::int64_t n, std::int64_t k,
                     Precision precision, const Casts& casts) {
  cast(into, tokens, k, casts.inputs, precision);
  cast(into, n, k, casts.weights, precision);
  into.push_back(linear(tokens, n, k, precision));
}

Kernel attention(const ModelShare& m, const TrainingDescription& t, Pass pass) {
  Attention a;
  a.batch = t.micro_batch;
  a.heads = m.heads;
  a.kv_heads = m.kv_heads;
  a.head_dim = m.head_dim;
  a.seq_q = a.seq_kv = t.sequence;
  a.kernel = t.attention;
  a.pass = pass;
  a.dtype = storage_of(t.precision);
  return {a, 1};
}

struct Sizes {
  std::int64_t tokens;
  double row;   // bytes of one activation of width `hidden`, all tokens
  double wide;  // ... of width `ffn_hidden`
};

Sizes sizes(const ModelShare& m, const TrainingDescription& t) {
  const std::int64_t tokens = t.micro_batch * t.sequence;
  const double e = bytes_of(storage_of(t.precision)) * static_cast<double>(tokens);
  return {tokens, e * static_cast<double>(m.hidden), e * static_cast<double>(m.ffn_hidden)};
}

// A product's backward: one for the input's gradient, one for the weight's.
Kernel input_gradient(std::int64_t tokens, std::int64_t n, std::int64_t k, Precision p) {
  return linear(tokens, k, n, p);
}
Kernel weight_gradient(std::int64_t tokens, std::int64_t n, std::int64_t k, Precision p) {
  return linear(n, k, tokens, p);
}

}  // namespace

ModelShare::ModelShare(const ModelDescription& m, std::int64_t tensor_parallel)
    : layers(m.layers),
      hidden(m.hidden),
      head_dim(m.hidden / m.heads),
      heads(m.heads / tensor_parallel),
      kv_heads(std::max<std::int64_t>(1, m.kv_heads / tensor_parallel)),
      ffn_hidden(m.ffn_hidden / tensor_parallel),
      vocabulary((m.vocabulary + tensor_parallel - 1) / tensor_parallel),
      mlp(m.mlp),
      norm(m.norm),
      position(m.position),
      tied_embeddings(m.tied_embeddings) {}

std::int64_t layer_matrices(const ModelShare& m) {
  return m.hidden * (qkv_width(m) + attention_width(m) + (mlp_inputs(m) + 1) * m.ffn_hidden);
}

std::int64_t layer_parameters(const ModelShare& m) {
  const bool biases = m.norm == NormKind::layer_norm;  // GPT-style models have them, Llama-style do not
  const std::int64_t bias = biases ? qkv_width(m) + 2 * m.hidden + mlp_inputs(m) * m.ffn_hidden : 0;
  return layer_matrices(m) + bias + 2 * norm_parameters(m);
}

std::int64_t root_parameters(const ModelShare& m, std::int64_t sequence) {
  const std::int64_t positions = m.position == PositionEncoding::learned ? sequence * m.hidden : 0;
  return (m.tied_embeddings ? 1 : 2) * m.vocabulary * m.hidden + positions + norm_parameters(m);
}

std::int64_t total_parameters(const ModelShare& m, std::int64_t sequence) {
  return m.layers * layer_parameters(m) + root_parameters(m, sequence);
}

Flops model_flops(const ModelDescription& model, std::int64_t sequence) {
  const ModelShare m(model);
  const double s = static_cast<double>(sequence);
  const double matrices = static_cast<double>(m.layers * layer_matrices(m) + m.vocabulary * m.hidden);
  return Flops{s * (6 * matrices + 12 * static_cast<double>(m.layers * m.hidden) * s)};
}

// Bytes of the streaming operations are counted as reads plus writes of whole activations in eager mode,
// with biases fused into the products.
std::vector<Part> layer_forward(const ModelShare& m, const TrainingDescription& t, const Casts& casts) {
  const auto [tokens, row, wide] = sizes(m, t);
  const double qkv = row * static_cast<double>(qkv_width(m)) / static_cast<double>(m.hidden);
  const auto product = [&, tokens = tokens](Part& part, std::int64_t n, std::int64_t k) {
    forward_product(part.kernels, tokens, n, k, t.precision, casts);
  };
  Part attend{{stream(StreamKind::norm, 2 * row)}, true};
  product(attend, qkv_width(m), m.hidden);
  attend.kernels.push_back(stream(StreamKind::copy, 2 * qkv));  // split into heads, and rotary where used
  attend.kernels.push_back(attention(m, t, Pass::forward));
  product(attend, m.hidden, attention_width(m));
  Part feed{{stream(StreamKind::add, 3 * row), stream(StreamKind::norm, 2 * row)}, true};
  product(feed, mlp_inputs(m) * m.ffn_hidden, m.hidden);
  feed.kernels.push_back(stream(StreamKind::activation, static_cast<double>(mlp_inputs(m) + 1) * wide));
  product(feed, m.hidden, m.ffn_hidden);
  return {attend, feed, {{stream(StreamKind::add, 3 * row)}}};
}

std::vector<Part> layer_backward(const ModelShare& m, const TrainingDescription& t,
                                 const Casts& recomputing) {
  const auto [tokens, row, wide] = sizes(m, t);
  const Precision p = t.precision;
  const double qkv = row * static_cast<double>(qkv_width(m)) / static_cast<double>(m.hidden);
  const std::int64_t up = mlp_inputs(m) * m.ffn_hidden;
  const auto cast_gradient = [&, tokens = tokens](Part& part, std::int64_t width) {
    cast(part.kernels, tokens, width, 2, p);
  };
  std::vector<Part> parts;
  if (t.recompute == Recompute::full) parts = layer_forward(m, t, recomputing);
  Part feed{{}, true, {weight_gradient(tokens, up, m.hidden, p)}};
  cast_gradient(feed, m.hidden);
  feed.kernels.push_back(input_gradient(tokens, m.hidden, m.ffn_hidden, p));
  feed.kernels.push_back(weight_gradient(tokens, m.hidden, m.ffn_hidden, p));
  feed.kernels.push_back(stream(StreamKind::activation, static_cast<double>(2 * mlp_inputs(m) + 1) * wide));
  cast_gradient(feed, up);
  feed.kernels.push_back(input_gradient(tokens, up, m.hidden, p));
  parts.push_back(std::move(feed));
  Part attend{{stream(StreamKind::norm, 4 * row), stream(StreamKind::add, 3 * row)},
              true,
              {weight_gradient(tokens, qkv_width(m), m.hidden, p)}};
  cast_gradient(attend, m.hidden);
  attend.kernels.push_back(input_gradient(tokens, m.hidden, attention_width(m), p));
  attend.kernels.push_back(weight_gradient(tokens, m.hidden, attention_width(m), p));
  attend.kernels.push_back(attention(m, t, Pass::backward));
  attend.kernels.push_back(stream(StreamKind::copy, 4 * qkv));
  cast_gradient(attend, qkv_width(m));
  attend.kernels.push_back(input_gradient(tokens, qkv_width(m), m.hidden, p));
  parts.push_back(std::move(attend));
  parts.push_back({{stream(StreamKind::norm, 4 * row), stream(StreamKind::add, 3 * row)}});
  return parts;
}

std::vector<Part> embedding_forward(const ModelShare& m, const TrainingDescription& t) {
  const double reads = m.position == PositionEncoding::learned ? 3 : 2;
  return {{{stream(StreamKind::embedding, reads * sizes(m, t).row)}, true}};
}

std::vector<Part> embedding_backward(const ModelShare& m, const TrainingDescription& t) {
  const double table = bytes_of(storage_of(t.precision)) * static_cast<double>(m.vocabulary * m.hidden);
  return {{{stream(StreamKind::embedding, table + 2 * sizes(m, t).row)}}};
}

// The loss is taken in fp32: logits are cast, then read for the maximum, the sum and the gradient. The head stays
// out of a recipe.
std::vector<Part> head_forward(const ModelShare& m, const TrainingDescription& t) {
  const Sizes size = sizes(m, t);
  const Dtype d = storage_of(t.precision);
  const double logits = static_cast<double>(size.tokens * m.vocabulary);
  return {{{stream(StreamKind::norm, 2 * size.row), gemm(size.tokens, m.vocabulary, m.hidden, d),
            stream(StreamKind::cross_entropy, logits * (bytes_of(d) + 4 + 4))}}};
}

std::vector<Part> head_backward(const ModelShare& m, const TrainingDescription& t) {
  const Sizes size = sizes(m, t);
  const Dtype d = storage_of(t.precision);
  const double logits = static_cast<double>(size.tokens * m.vocabulary);
  return {{{stream(StreamKind::cross_entropy, logits * (4 + 4 + bytes_of(d))),
            gemm(size.tokens, m.hidden, m.vocabulary, d)},
           true,
           {gemm(m.vocabulary, m.hidden, size.tokens, d)}},
          {{stream(StreamKind::norm, 4 * size.row)}}};
}

std::vector<Kernel> accumulate_gradients(const TrainingDescription& t, double parameters) {
  return {stream(StreamKind::add, (4 + 4 + bytes_of(t.gradient_precision)) * parameters)};
}

// Bytes per parameter, fp32, one kernel per elementary operation (PyTorch's foreach implementation):
//   clipping: norm 4, scale 8; AdamW: decay 8, first moment 12, second moment 8 + 12, square root 8,
//   bias correction 8, epsilon 8, update 16; SGD with momentum: momentum 8 + 12, update 12.
std::vector<Kernel> optimizer_step(OptimizerKind optimizer, double parameters) {
  const double per_parameter = optimizer == OptimizerKind::adamw ? 12 + 80 : 12 + 32;
  return {stream(StreamKind::optimizer, per_parameter * parameters)};
}

}  // namespace aifsim
