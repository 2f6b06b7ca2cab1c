#include "lowering/training/per_op.hpp"

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

std::vector<Matrix> inputs_of_attention(const ModelShare& m) {
  if (m.latent.kv_rank > 0) return attention_inputs(m);
  const std::int64_t queries = m.heads * m.head_dim, keys = m.kv_heads * m.head_dim,
                     values = m.kv_heads * m.value_dim;
  return {{queries, m.hidden}, {keys, m.hidden}, {values, m.hidden}};
}

// Gate and up, or up alone.
std::vector<Matrix> inputs_of_block(const ModelShare& m) {
  return std::vector<Matrix>(m.gated() ? 2 : 1, Matrix{m.ffn_hidden, m.hidden});
}

// Whether the product of this place in a layer, from 1 on, is repeated.
bool again(std::size_t place) { return place % 2 == 0; }

struct OpsAgain {
  std::vector<Matrix> attention;  // products before attention
  bool output = false;            // the one behind it
  std::vector<Matrix> feed_forward;
};

OpsAgain ops_again(const ModelShare& m) {
  OpsAgain ops;
  std::size_t place = 0;
  for (const Matrix& p : inputs_of_attention(m))
    if (again(++place)) ops.attention.push_back(p);
  ops.output = again(++place) && m.degrees.tensor == 1;
  for (const Matrix& p : inputs_of_block(m))
    if (again(++place)) ops.feed_forward.push_back(p);
  return ops;
}

}  // namespace

double kept_per_op(const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  std::size_t place = 0;
  std::int64_t wide = m.heads * m.value_dim;  // elements of a token; attention's output
  double rows = 1;                            // of the residual's width
  for (const Matrix& p : inputs_of_attention(m))
    if (!again(++place)) wide += p.n;
  if (!again(++place) || m.degrees.tensor > 1) ++rows;
  for (const Matrix& p : inputs_of_block(m))
    if (!again(++place)) wide += p.n;
  if (!again(++place) || m.degrees.tensor > 1) ++rows;
  return rows * shape.own_row + bytes_of(storage_of(t.precision)) * static_cast<double>(shape.tokens * wide);
}

std::vector<Part> again_per_op(const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  const OpsAgain ops = ops_again(m);
  const auto gathered = input_of_column_product(m, shape);
  const Kernel norm = stream(StreamKind::norm, 2 * shape.own_row);
  std::vector<Part> parts{{{norm}, gathered}, {}};
  std::vector<Kernel>* kernels = &parts.back().kernels;
  for (const Matrix& p : ops.attention) forward_product(*kernels, {shape.tokens, p}, t, {2, 0});
  if (ops.attention.empty()) cast(*kernels, shape.tokens, m.hidden, 1, t.precision);
  attention_prepared(*kernels, m, t);
  const Matrix output = attention_output(m);
  if (ops.output)
    forward_product(*kernels, {shape.tokens, output}, t, {2, 0});
  else
    cast(*kernels, shape.tokens, output.k, 1, t.precision);
  if (m.parallel_blocks) {
    for (const Matrix& p : ops.feed_forward) forward_product(*kernels, {shape.tokens, p}, t, {0, 0});
  } else {
    kernels->push_back(stream(StreamKind::add, 3 * shape.own_row));
    kernels->push_back(norm);
    parts.back().exchanges = gathered;
    parts.emplace_back();
    kernels = &parts.back().kernels;
    for (const Matrix& p : ops.feed_forward) forward_product(*kernels, {shape.tokens, p}, t, {2, 0});
    if (ops.feed_forward.empty()) cast(*kernels, shape.tokens, m.hidden, 1, t.precision);
  }
  const double wide = bytes_of(storage_of(t.precision)) * static_cast<double>(shape.tokens * m.ffn_hidden);
  kernels->push_back(stream(StreamKind::activation, (m.gated() ? 3 : 2) * wide));
  cast(*kernels, shape.tokens, m.ffn_hidden, 1, t.precision);
  return parts;
}

}  // namespace aifsim
