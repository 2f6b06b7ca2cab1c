// A layer as parts: kernels, then what ranks exchange, then the next part.
#pragma once
#include <vector>

#include "lowering/training/model_shape.hpp"
#include "program/program.hpp"

namespace aifsim {

// Ranks that exchange: those that split a layer's matrices, a sequence, a layer's experts.
enum class Among { tensor, context, expert };

struct Exchange {
  Among among = Among::tensor;
  CollectiveKind kind = CollectiveKind::all_reduce;
  double bytes = 0;   // the whole buffer
  double visits = 1;  // TokenSpread's, of experts
};

// Kernels in order, then the exchanges, which the next part needs; `overlapped` runs meanwhile.
struct Part {
  std::vector<Kernel> kernels;
  std::vector<Exchange> exchanges = {};
  std::vector<Kernel> overlapped = {};
};

// Layouts, rows and columns, in which a recipe's forward pass casts its inputs and its weights (precision.hpp);
// 0: those of an earlier pass are kept.
struct Casts {
  std::int64_t inputs = 2, weights = 2;
};

// Halves of a backward pass: gradients of activations, which the layer before waits for, and those of weights.
struct Backward {
  bool inputs = true, weights = true;
};

// A micro-batch of a rank.
struct PassShape {
  PassShape(const ModelShare& model, const TrainingDescription& training);
  std::int64_t tokens;      // of the rank, which tensor-parallel ranks have alike
  std::int64_t own_tokens;  // between the products: a share of them with sequence parallelism
  double row;               // bytes of one activation of width `hidden`, all tokens
  double own_row;           // ... own tokens
};

// The sums of a row-parallel product's results, and what a column-parallel one needs before it.
std::vector<Exchange> sum_of_row_product(const ModelShare& model, const PassShape& shape);
std::vector<Exchange> input_of_column_product(const ModelShare& model, const PassShape& shape);
// The same of an input that was kept scattered, for the gradient of the weights; behind that of the input.
std::vector<Exchange> input_gathered_again(const ModelShare& model, const PassShape& shape,
                                           const Backward& what);

// Of a pass for weights alone: the gathers go on beside the kernels of the last part, and the next part needs them.
void gather_beside(std::vector<Part>& parts, const std::vector<Exchange>& gathers);

// Attention and the projections around it, without norm and residual; the feed-forward block; the experts.
std::vector<Part> attention_forward(const ModelShare&, const TrainingDescription&, const Casts&,
                                    bool windowed);
std::vector<Part> attention_backward(const ModelShare&, const TrainingDescription&, const Backward&,
                                     bool windowed);
// Rotation and norms of queries and keys, split into heads.
void attention_prepared(std::vector<Kernel>& into, const ModelShare&, const TrainingDescription&);
std::vector<Part> feed_forward(const ModelShare&, const TrainingDescription&, const Casts&);
std::vector<Part> feed_backward(const ModelShare&, const TrainingDescription&, const Backward&);
std::vector<Part> experts_forward(const ModelShare&, const TrainingDescription&, const Casts&);
std::vector<Part> experts_backward(const ModelShare&, const TrainingDescription&, const Backward&);

// One layer for a micro-batch. Backward: without what is computed again.
std::vector<Part> layer_forward(const ModelShare& model, const TrainingDescription& training,
                                const Casts& casts = {}, LayerKind kind = LayerKind::dense);
std::vector<Part> layer_backward(const ModelShare& model, const TrainingDescription& training,
                                 const Backward& what = {}, LayerKind kind = LayerKind::dense);

// Tokens that the busiest of the ranks that share out experts gets, over the average.
double busiest(const ModelShare& model, const TrainingDescription& training);

// What stands outside the layers.
std::vector<Part> embedding_forward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> embedding_backward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> head_forward(const ModelShare& model, const TrainingDescription& training);
std::vector<Part> head_backward(const ModelShare& model, const TrainingDescription& training);

// Work of the head's product, in layers: how a pipeline is cut by work.
double head_in_layers(const ModelShare& model);

// Adds a micro-step's gradients of this many parameters to the sum.
std::vector<Kernel> accumulate_gradients(const TrainingDescription& training, double parameters);

}  // namespace aifsim
