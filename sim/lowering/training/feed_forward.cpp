// The feed-forward block: up (and gate), activation, down.
#include "lowering/training/part.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

double wide(const ModelShare& m, const TrainingDescription& t, const PassShape& shape) {
  return bytes_of(storage_of(t.precision)) * static_cast<double>(shape.tokens * m.ffn_hidden);
}

}  // namespace

std::vector<Part> feed_forward(const ModelShare& m, const TrainingDescription& t, const Casts& casts) {
  const PassShape shape(m, t);
  Part part;
  forward_product(part.kernels, {shape.tokens, {m.mlp_inputs() * m.ffn_hidden, m.hidden}}, t, casts);
  part.kernels.push_back(
      stream(StreamKind::activation, static_cast<double>(m.mlp_inputs() + 1) * wide(m, t, shape)));
  forward_product(part.kernels, {shape.tokens, {m.hidden, m.ffn_hidden}}, t, casts);
  part.exchanges = sum_of_row_product(m, shape);
  return {part};
}

std::vector<Part> feed_backward(const ModelShare& m, const TrainingDescription& t, const Backward& what) {
  const PassShape shape(m, t);
  const Linear up{shape.tokens, {m.mlp_inputs() * m.ffn_hidden, m.hidden}},
      down{shape.tokens, {m.hidden, m.ffn_hidden}};
  std::vector<Part> parts;
  const bool again = what.inputs && recomputes(t, RecomputeModule::mlp);
  if (again && !m.degrees.keeps_gathered)
    if (const auto gathered = input_of_column_product(m, shape); !gathered.empty())
      parts.push_back({{}, gathered});
  parts.emplace_back();
  std::vector<Kernel>& first = parts.back().kernels;
  if (again) {
    forward_product(first, up, t, {0, 0});
    first.push_back(
        stream(StreamKind::activation, static_cast<double>(m.mlp_inputs() + 1) * wide(m, t, shape)));
    cast(first, shape.tokens, m.ffn_hidden, 1, t.precision);
  }
  if (what.inputs) {
    cast_gradient(first, down, t);
    input_gradient(first, down, t);
  }
  if (what.weights) weight_gradient(first, down, t);
  if (what.inputs) {
    first.push_back(
        stream(StreamKind::activation, static_cast<double>(2 * m.mlp_inputs() + 1) * wide(m, t, shape)));
    cast_gradient(first, up, t);
    if (const auto gathered = input_gathered_again(m, shape, what); !gathered.empty()) {
      parts.back().exchanges = gathered;
      input_gradient(parts.back().overlapped, up, t);
      parts.emplace_back();
    } else {
      input_gradient(first, up, t);
    }
    parts.back().exchanges = sum_of_row_product(m, shape);
  }
  if (what.weights && !what.inputs) gather_beside(parts, input_gathered_again(m, shape, what));
  if (what.weights) weight_gradient(parts.back().overlapped, up, t);
  return parts;
}

}  // namespace aifsim
