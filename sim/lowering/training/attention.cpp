// Attention and the projections around it.
//
// Context parallelism (Liu et al. 2023, Ring Attention, arXiv:2310.01889; Llama 3, arXiv:2407.21783): C ranks have
// tokens / C of each sequence, cut so that all see equally many keys under the causal mask: s (1 + 1/C) / 2 with the
// mask within a rank's own piece counted as the kernel does. Keys and values of the others come around a ring behind
// attention, or are gathered before it; in the backward pass their gradients go back the same way.
//
// A window of w tokens leaves a query w - w^2 / 2s keys of a sequence of s, on average; blocks of w tokens, which do
// not see each other, w / 2: the kernel is that of a shorter sequence of keys with as many. So is that of packed
// documents (documents.hpp). Scores that go through memory are all computed, whatever the window. Ranks that split packed sequences are taken to have equally many keys.
#include <algorithm>
#include <cmath>

#include "lowering/training/documents.hpp"
#include "lowering/training/part.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

Kernel attention(const ModelShare& m, const TrainingDescription& t, Pass pass, bool windowed) {
  Attention a;
  a.batch = t.micro_batch;
  a.heads = m.heads;
  a.kv_heads = m.kv_heads;
  a.head_dim = m.head_dim;
  if (m.value_dim != m.head_dim) a.value_dim = m.value_dim;
  a.seq_q = t.sequence / m.degrees.context;
  a.seq_kv = m.degrees.context > 1 && m.causal ? (t.sequence + a.seq_q) / 2 : t.sequence;
  a.causal = m.causal;
  const std::optional<DocumentLengths> packed = packed_lengths(t);
  const bool sees_less = windowed && m.window.tokens < t.sequence, blocks = sees_less && m.window.blocks;
  if ((sees_less || packed) && t.attention != AttentionKernel::plain) {
    const double s = static_cast<double>(t.sequence),
                 w = sees_less ? static_cast<double>(m.window.tokens) : s;
    const double keys = packed   ? (blocks ? packed->in_blocks(w) : *packed).keys(w)
                        : blocks ? block_of_token(s, w) / 2
                                 : w - w * w / (2 * s);
    a.seq_kv = std::llround(m.causal ? keys + static_cast<double>(a.seq_q) / 2
                            : packed ? std::min(w, packed->of_token())
                                     : w);
  }
  a.kernel = t.attention;
  a.pass = pass;
  a.dtype = storage_of(t.precision);
  return {a, 1};
}

// Keys and values of the whole sequence.
double kv_bytes(const ModelShare& m, const TrainingDescription& t) {
  return bytes_of(storage_of(t.precision)) * static_cast<double>(t.micro_batch * t.sequence) *
         static_cast<double>(m.kv_heads * (m.head_dim + m.value_dim));
}

double qkv_bytes(const ModelShare& m, const TrainingDescription& t, const PassShape& shape) {
  return bytes_of(storage_of(t.precision)) * static_cast<double>(shape.tokens * qkv_width(m));
}

double qk_bytes(const ModelShare& m, const TrainingDescription& t, const PassShape& shape) {
  return bytes_of(storage_of(t.precision)) *
         static_cast<double>(shape.tokens * (m.heads + m.kv_heads) * m.head_dim);
}

}  // namespace

void attention_prepared(std::vector<Kernel>& into, const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  // Split into heads, and rotary where used.
  into.push_back(stream(StreamKind::copy, 2 * qkv_bytes(m, t, shape)));
  if (m.qk_norm != QkNorm::none) into.push_back(stream(StreamKind::norm, 2 * qk_bytes(m, t, shape)));
}

std::vector<Part> attention_forward(const ModelShare& m, const TrainingDescription& t, const Casts& casts,
                                    bool windowed) {
  const PassShape shape(m, t);
  std::vector<Part> parts(1);
  for (const Matrix& p : attention_inputs(m))
    forward_product(parts.back().kernels, {shape.tokens, p}, t, casts);
  attention_prepared(parts.back().kernels, m, t);
  const Kernel attend = attention(m, t, Pass::forward, windowed);
  if (m.degrees.context > 1) {
    parts.back().exchanges = {{Among::context, CollectiveKind::all_gather, kv_bytes(m, t)}};
    if (t.context_exchange == ContextExchange::ring) parts.back().overlapped = {attend};
    parts.emplace_back();
  }
  if (m.degrees.context == 1 || t.context_exchange == ContextExchange::all_gather)
    parts.back().kernels.push_back(attend);
  forward_product(parts.back().kernels, {shape.tokens, attention_output(m)}, t, casts);
  parts.back().exchanges = sum_of_row_product(m, shape);
  return parts;
}

std::vector<Part> attention_backward(const ModelShare& m, const TrainingDescription& t, const Backward& what,
                                     bool windowed) {
  const PassShape shape(m, t);
  const Linear output{shape.tokens, attention_output(m)};
  const std::vector<Matrix> inputs = attention_inputs(m);
  std::vector<Part> parts(1);
  std::vector<Kernel>& first = parts.back().kernels;
  if (what.inputs) {
    cast_gradient(first, output, t);
    input_gradient(first, output, t);
  }
  if (what.weights) weight_gradient(first, output, t);
  if (what.inputs) {
    if (recomputes(t, RecomputeModule::mla_up_proj)) {
      for (const Matrix& p : inputs)
        if (p.k != m.hidden) forward_product(first, {shape.tokens, p}, t, {0, 0});
      first.push_back(stream(StreamKind::copy, 2 * qkv_bytes(m, t, shape)));
    }
    if (recomputes(t, RecomputeModule::core_attn) && t.attention == AttentionKernel::plain)
      first.push_back(attention(m, t, Pass::forward, windowed));
    const Kernel attend = attention(m, t, Pass::backward, windowed);
    const Exchange gathered{Among::context, CollectiveKind::all_gather, kv_bytes(m, t)},
        returned{Among::context, CollectiveKind::reduce_scatter, kv_bytes(m, t)};
    if (m.degrees.context == 1) {
      first.push_back(attend);
    } else if (t.context_exchange == ContextExchange::ring) {
      parts.back().exchanges = {gathered, returned};
      parts.back().overlapped = {attend};
      parts.emplace_back();
    } else {
      parts.back().exchanges = {gathered};
      parts.push_back({{attend}, {returned}});
      parts.emplace_back();
    }
    parts.back().kernels.push_back(stream(StreamKind::copy, 4 * qkv_bytes(m, t, shape)));
    if (m.qk_norm != QkNorm::none)
      parts.back().kernels.push_back(stream(StreamKind::norm, 4 * qk_bytes(m, t, shape)));
    if (const auto again = input_gathered_again(m, shape, what); !again.empty()) {
      parts.back().exchanges = again;  // of the input that was kept scattered, behind its gradient
      for (std::size_t i = inputs.size(); i-- > 0;) {
        cast_gradient(parts.back().overlapped, {shape.tokens, inputs[i]}, t);
        input_gradient(parts.back().overlapped, {shape.tokens, inputs[i]}, t);
      }
      parts.emplace_back();
    } else {
      for (std::size_t i = inputs.size(); i-- > 0;) {
        cast_gradient(parts.back().kernels, {shape.tokens, inputs[i]}, t);
        input_gradient(parts.back().kernels, {shape.tokens, inputs[i]}, t);
      }
    }
    parts.back().exchanges = sum_of_row_product(m, shape);
  }
  if (what.weights && !what.inputs) gather_beside(parts, input_gathered_again(m, shape, what));
  if (what.weights)
    for (std::size_t i = inputs.size(); i-- > 0;)
      weight_gradient(parts.back().overlapped, {shape.tokens, inputs[i]}, t);
  return parts;
}

}  // namespace aifsim
