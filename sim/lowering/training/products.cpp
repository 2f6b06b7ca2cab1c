#include "lowering/training/products.hpp"

#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

// Operands have been cast where the precision is a recipe.
Kernel linear(std::int64_t m, std::int64_t n, std::int64_t k, Precision precision, std::int64_t count) {
  return {Gemm{m, n, k, 1, kernel_dtype(product_of(precision)), quantises(precision)}, count};
}

// Through the rank of an adapter, from a width to another, and added to the product beside it.
void through_adapter(std::vector<Kernel>& into, const Linear& w, std::int64_t from, std::int64_t to,
                     const TrainingDescription& t) {
  if (t.lora_rank == 0 || w.count > 1) return;
  const Dtype d = storage_of(t.precision);
  into.push_back(product(w.tokens, t.lora_rank, from, d));
  into.push_back(product(w.tokens, to, t.lora_rank, d));
  into.push_back(stream(StreamKind::add, 3 * bytes_of(d) * static_cast<double>(w.tokens * to)));
}

}  // namespace

Kernel stream(StreamKind kind, double bytes) { return {Streaming{kind, Bytes{bytes}}, 1}; }

Kernel product(std::int64_t m, std::int64_t n, std::int64_t k, Dtype dtype) {
  return {Gemm{m, n, k, 1, kernel_dtype(dtype)}, 1};
}

void cast(std::vector<Kernel>& into, std::int64_t rows, std::int64_t columns, std::int64_t layouts,
          Precision precision) {
  if (!quantises(precision) || layouts == 0) return;
  const double elements = static_cast<double>(rows) * static_cast<double>(columns);
  const double read = bytes_of(storage_of(precision));
  if (reads_maximum(precision)) into.push_back(stream(StreamKind::quantise, read * elements));
  into.push_back(stream(StreamKind::quantise,
                        (read + static_cast<double>(layouts) * quantised_bytes(precision)) * elements));
}

// Frozen weights of 4 bits, read and written in 16.
void cast_frozen(std::vector<Kernel>& into, const Linear& w, const TrainingDescription& t) {
  if (t.frozen_weights == FrozenWeights::as_trained) return;
  into.push_back(stream(StreamKind::quantise, (frozen_bytes(t) + bytes_of(storage_of(t.precision))) *
                                                  static_cast<double>(w.matrix.elements() * w.count)));
}

void forward_product(std::vector<Kernel>& into, const Linear& w, const TrainingDescription& t,
                     const Casts& casts) {
  cast_frozen(into, w, t);
  cast(into, w.tokens * w.count, w.matrix.k, casts.inputs, t.precision);
  cast(into, w.matrix.n * w.count, w.matrix.k, casts.weights, t.precision);
  into.push_back(linear(w.tokens, w.matrix.n, w.matrix.k, t.precision, w.count));
  through_adapter(into, w, w.matrix.k, w.matrix.n, t);
}

void cast_gradient(std::vector<Kernel>& into, const Linear& w, const TrainingDescription& t) {
  cast(into, w.tokens * w.count, w.matrix.n, t.lora_rank > 0 ? 1 : 2, t.precision);
}

void input_gradient(std::vector<Kernel>& into, const Linear& w, const TrainingDescription& t) {
  cast_frozen(into, w, t);
  into.push_back(linear(w.tokens, w.matrix.k, w.matrix.n, t.precision, w.count));
  through_adapter(into, w, w.matrix.n, w.matrix.k, t);
}

void weight_gradient(std::vector<Kernel>& into, const Linear& w, const TrainingDescription& t) {
  if (t.lora_rank == 0) {
    into.push_back(linear(w.matrix.n, w.matrix.k, w.tokens, t.precision, w.count));
  } else if (w.count == 1) {
    const Dtype d = storage_of(t.precision);
    into.push_back(product(t.lora_rank, w.matrix.k, w.tokens, d));
    into.push_back(product(w.matrix.n, t.lora_rank, w.tokens, d));
  }
}

}  // namespace aifsim
