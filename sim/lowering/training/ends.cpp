// What stands outside the layers: embedding, final norm, output head with the loss; and what a step does with
// gradients. The embedding and the head are split over the vocabulary by tensor-parallel ranks; left out are the
// scalars that a split cross-entropy exchanges (8 bytes per token). Of each further token that is predicted: its
// embedding, two norms, the projection and the head once more; its layer stands behind the last one's (pieces.hpp).
#include "lowering/training/part.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {

std::vector<Part> embedding_forward(const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  const double reads = m.position == PositionEncoding::learned ? 3 : 2;
  std::vector<Part> parts{{{stream(StreamKind::embedding, (reads + (m.token_types > 0 ? 1 : 0)) * shape.row)},
                           sum_of_row_product(m, shape)}};
  if (m.embedding_norm) parts.push_back({{stream(StreamKind::norm, 2 * shape.own_row)}});
  return parts;
}

std::vector<Part> embedding_backward(const ModelShare& m, const TrainingDescription& t) {
  if (t.lora_rank > 0) return {};
  const PassShape shape(m, t);
  const double table = bytes_of(storage_of(t.precision)) * static_cast<double>(m.vocabulary * m.hidden);
  std::vector<Part> parts{{{}, input_of_column_product(m, shape)}};
  if (m.embedding_norm) parts.front().kernels.push_back(stream(StreamKind::norm, 4 * shape.own_row));
  parts.push_back({{stream(StreamKind::embedding, table + 2 * shape.row)}});
  return parts;
}

namespace {

Linear projection_of(const ModelShare& m, const PassShape& shape) {
  return {shape.tokens, predict_projection(m)};
}

}  // namespace

// The loss is taken in fp32: logits are cast, then read for the maximum, the sum and the gradient. The head stays
// out of a recipe.
std::vector<Part> head_forward(const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  const Dtype d = storage_of(t.precision);
  const double logits = static_cast<double>(shape.tokens * m.vocabulary);
  Part before{{}, input_of_column_product(m, shape)};
  if (m.final_norm) before.kernels.push_back(stream(StreamKind::norm, 2 * shape.own_row));
  for (std::int64_t i = 0; i < m.head_layers; ++i) {
    before.kernels.push_back(product(shape.own_tokens, m.hidden, m.hidden, d));
    before.kernels.push_back(stream(StreamKind::activation, 2 * shape.own_row));
    before.kernels.push_back(stream(StreamKind::norm, 2 * shape.own_row));
  }
  const Part head{{product(shape.tokens, m.vocabulary, m.hidden, d),
                   stream(StreamKind::cross_entropy, logits * (bytes_of(d) + 4 + 4))}};
  std::vector<Part> parts{before, head};
  for (std::int64_t i = 0; i < m.predict_layers; ++i) {
    Part further{{stream(StreamKind::embedding, 2 * shape.row), stream(StreamKind::norm, 4 * shape.own_row)}};
    forward_product(further.kernels, projection_of(m, shape), t, {2, 2});
    parts.push_back(std::move(further));
    parts.push_back(before);
    parts.push_back(head);
  }
  return parts;
}

std::vector<Part> head_backward(const ModelShare& m, const TrainingDescription& t) {
  const PassShape shape(m, t);
  const Dtype d = storage_of(t.precision);
  const double logits = static_cast<double>(shape.tokens * m.vocabulary);
  Part loss{{stream(StreamKind::cross_entropy, logits * (4 + 4 + bytes_of(d))),
             product(shape.tokens, m.hidden, m.vocabulary, d)},
            sum_of_row_product(m, shape),
            {}};
  if (t.lora_rank == 0) loss.overlapped.push_back(product(m.vocabulary, m.hidden, shape.tokens, d));
  Part before;
  for (std::int64_t i = 0; i < m.head_layers; ++i) {
    before.kernels.push_back(stream(StreamKind::norm, 4 * shape.own_row));
    before.kernels.push_back(stream(StreamKind::activation, 3 * shape.own_row));
    before.kernels.push_back(product(shape.own_tokens, m.hidden, m.hidden, d));
    if (t.lora_rank == 0) before.kernels.push_back(product(m.hidden, m.hidden, shape.own_tokens, d));
  }
  if (m.final_norm) before.kernels.push_back(stream(StreamKind::norm, 4 * shape.own_row));
  std::vector<Part> parts{loss, before};
  for (std::int64_t i = 0; i < m.predict_layers; ++i) {
    parts.push_back(loss);
    Part further = before;
    cast_gradient(further.kernels, projection_of(m, shape), t);
    input_gradient(further.kernels, projection_of(m, shape), t);
    if (t.lora_rank == 0) weight_gradient(further.kernels, projection_of(m, shape), t);
    further.kernels.push_back(stream(StreamKind::norm, 8 * shape.own_row));
    further.kernels.push_back(stream(StreamKind::embedding, 2 * shape.row));
    parts.push_back(std::move(further));
  }
  return parts;
}

double head_in_layers(const ModelShare& m) {
  return static_cast<double>(m.vocabulary * m.hidden) /
         static_cast<double>(active_matrices(m, m.kind_of(m.layers - 1)));
}

std::vector<Kernel> accumulate_gradients(const TrainingDescription& t, double parameters) {
  return {stream(StreamKind::add, (4 + 4 + bytes_of(t.gradient_precision)) * parameters)};
}

}  // namespace aifsim
