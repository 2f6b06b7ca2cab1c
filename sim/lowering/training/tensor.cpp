// Tensor and sequence parallelism: what ranks that split a layer's matrices exchange.
//
// Without sequence parallelism every rank has all activations between the products, and each row-parallel product's
// results are summed over the ranks: an all-reduce. With it (Korthikanti et al. 2022, arXiv:2205.05198) a rank has
// tokens / T between them: the results are reduce-scattered, and gathered before the next column-parallel product. A
// ring all-reduce moves what both move together. In the backward pass the same, the other way around.
#include "lowering/training/part.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {

PassShape::PassShape(const ModelShare& m, const TrainingDescription& t)
    : tokens(t.micro_batch * t.sequence / m.degrees.context),
      own_tokens(m.degrees.sequence_parallel ? (tokens + m.degrees.tensor - 1) / m.degrees.tensor : tokens) {
  const double width = bytes_of(storage_of(t.precision)) * static_cast<double>(m.hidden);
  row = width * static_cast<double>(tokens);
  own_row = width * static_cast<double>(own_tokens);
}

std::vector<Exchange> sum_of_row_product(const ModelShare& m, const PassShape& shape) {
  if (m.degrees.tensor == 1) return {};
  return {{Among::tensor,
           m.degrees.sequence_parallel ? CollectiveKind::reduce_scatter : CollectiveKind::all_reduce,
           shape.row}};
}

std::vector<Exchange> input_of_column_product(const ModelShare& m, const PassShape& shape) {
  if (m.degrees.tensor == 1 || !m.degrees.sequence_parallel) return {};
  return {{Among::tensor, CollectiveKind::all_gather, shape.row}};
}

std::vector<Exchange> input_gathered_again(const ModelShare& m, const PassShape& shape,
                                           const Backward& what) {
  if (!what.weights || m.degrees.keeps_gathered) return {};
  return input_of_column_product(m, shape);
}

void gather_beside(std::vector<Part>& parts, const std::vector<Exchange>& gathers) {
  if (gathers.empty()) return;
  parts.back().exchanges = gathers;
  std::swap(parts.back().kernels, parts.back().overlapped);
  parts.emplace_back();
}

}  // namespace aifsim
