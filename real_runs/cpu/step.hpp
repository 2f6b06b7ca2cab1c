// A real training step of a small GPT (RMS norm, GELU, learned positions, tied embeddings, no biases) in
// fp32, data-parallel as PyTorch DDP with one bucket for the layers and one for what stands outside them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cpu/ops.hpp"

namespace real_runs::cpu {

struct StepShape {
  Size layers, hidden, heads, vocabulary, sequence, batch;  // feed-forward width: 4 hidden; batch: per rank
  Size tokens() const { return batch * sequence; }
  Size ffn() const { return 4 * hidden; }
  Size layer_parameters() const { return 12 * hidden * hidden + 2 * hidden; }
  Size root_parameters() const { return (vocabulary + sequence + 1) * hidden; }
  Size parameters() const { return layers * layer_parameters() + root_parameters(); }
  std::string name() const;  // "gpt-l4-h256-a4-v2048-s128-b4"
};

class TrainingStep {
 public:
  // Sums a part of the gradients over the ranks, in place.
  using Reduce = std::function<void(float* gradients, Size count)>;
  TrainingStep(const StepShape& shape, int ranks, unsigned seed);

  // Random tokens; every rank draws its own.
  void draw_batch(unsigned seed);
  // Forward, backward, reduction. Returns the mean loss of this rank's tokens.
  double forward_backward(const Reduce& reduce);
  void optimize() {
    adam(parameters_.data(), gradients_.data(), first_.data(), second_.data(), scratch_.data(),
         Size(parameters_.size()), ++steps_, 1e-3F);
  }
  double loss();  // forward only
  std::vector<float>& parameters() { return parameters_; }
  const std::vector<float>& gradients() const { return gradients_; }

 private:
  struct Kept {  // of one layer, for its backward pass
    std::vector<float> input, norm1, inverse1, q, k, v, scores, attended, middle, norm2, inverse2, wide,
        active;
  };
  struct Weights {
    float *norm1, *qkv, *out, *norm2, *up, *down;
  };
  Weights layer(std::vector<float>& of, Size index) const;
  void layer_forward(Size index);
  void layer_backward(Size index);

  StepShape s_;
  int ranks_, steps_ = 0;
  std::vector<float> parameters_, gradients_, first_, second_, scratch_;
  std::vector<Kept> kept_;
  std::vector<float> x_, dx_, wide_, row_, row2_, qkv_, dq_, dk_, dv_, ds_, final_, inverse_, logits_, copy_,
      log_sum_;
  std::vector<std::int32_t> tokens_, targets_;
};

}  // namespace real_runs::cpu
