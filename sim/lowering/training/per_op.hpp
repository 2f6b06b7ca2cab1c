// Recompute by operation: what torchtitan's selective checkpointing of option "op" keeps of a layer.
//
//   kept   the layer's input, attention's output, the sums that ranks have made, and of the layer's products in their order
//          (queries, keys, values, output; gate, up, down) the results of the first, third, fifth, ...
//   again  everything else, before the backward pass: both norms, the second, fourth, ... product as far as its result is
//          read, rotation, activation function
//
// Where tensor-parallel ranks sum a product's results, the sum is kept and the product is not repeated. Assumption:
// queries, keys and values are products of their own, as are gate and up. Range: dense layers. Source:
// pytorch/torchtitan, torchtitan/distributed/activation_checkpoint.py and the list of saved operations of its models
// (2024 and 2025).
#pragma once
#include <vector>

#include "lowering/training/model_shape.hpp"
#include "lowering/training/part.hpp"

namespace aifsim {

double kept_per_op(const ModelShare& model, const TrainingDescription& training);  // bytes of a layer

// What runs before a layer's backward pass.
std::vector<Part> again_per_op(const ModelShare& model, const TrainingDescription& training);

}  // namespace aifsim
