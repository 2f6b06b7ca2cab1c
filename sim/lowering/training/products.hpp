// Products of linear layers with the casts of a recipe, and passes bound by memory.
#pragma once
#include <cstdint>
#include <vector>

#include "lowering/training/part.hpp"

namespace aifsim {

Kernel stream(StreamKind kind, double bytes);
Kernel product(std::int64_t m, std::int64_t n, std::int64_t k, Dtype dtype);  // outside a recipe

// The passes that cast a 16-bit tensor of rows x columns into `layouts` layouts (precision.hpp).
void cast(std::vector<Kernel>& into, std::int64_t rows, std::int64_t columns, std::int64_t layouts,
          Precision precision);

// A linear layer on so many tokens, `count` of them alike (experts), with its adapter where one is trained.
struct Linear {
  std::int64_t tokens = 0;
  Matrix matrix;
  std::int64_t count = 1;
};
void forward_product(std::vector<Kernel>& into, const Linear& what, const TrainingDescription& training,
                     const Casts& casts);
// Of the output, which both products below read.
void cast_gradient(std::vector<Kernel>& into, const Linear& what, const TrainingDescription& training);
void input_gradient(std::vector<Kernel>& into, const Linear& what, const TrainingDescription& training);
void weight_gradient(std::vector<Kernel>& into, const Linear& what, const TrainingDescription& training);

}  // namespace aifsim
