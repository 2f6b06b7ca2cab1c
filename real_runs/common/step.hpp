// A real training step of a small GPT (RMS norm, GELU, learned positions, tied embeddings, no biases) in
// fp32, data-parallel as PyTorch DDP with one bucket for the layers and one for what stands outside them.
//
// `Device` has memory and operations: cpu/blas_device.hpp (the CPU's, which says what each operation does in
// cpu/ops.hpp) and cuda/kernel_device.hpp.
#pragma once
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace real_runs {

using Size = std::int64_t;

struct StepShape {
  Size layers, hidden, heads, vocabulary, sequence, batch;  // feed-forward width: 4 hidden; batch: per rank
  Size tokens() const { return batch * sequence; }
  Size head_dim() const { return hidden / heads; }
  Size ffn() const { return 4 * hidden; }
  Size layer_parameters() const { return 12 * hidden * hidden + 2 * hidden; }
  Size root_parameters() const { return (vocabulary + sequence + 1) * hidden; }
  Size parameters() const { return layers * layer_parameters() + root_parameters(); }
  std::string name() const {  // "gpt-l4-h256-a4-v2048-s128-b4"
    return "gpt-l" + std::to_string(layers) + "-h" + std::to_string(hidden) + "-a" + std::to_string(heads) +
           "-v" + std::to_string(vocabulary) + "-s" + std::to_string(sequence) + "-b" + std::to_string(batch);
  }
};

// C[m,n] = A B (+ C); A is m by k, or k by m where transposed; B likewise. Row-major.
enum class Transpose { none, a, b };

template <class Device>
class TrainingStep {
 public:
  // Sums a part of the gradients over the ranks, in place.
  using Reduce = std::function<void(float* gradients, Size count)>;

  TrainingStep(Device& device, const StepShape& shape, int ranks, unsigned seed)
      : d_(device), s_(shape), ranks_(ranks) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, 0.02F);
    std::vector<float> initial(static_cast<std::size_t>(s_.parameters()));
    for (float& p : initial) p = normal(random);
    const Size rows = s_.tokens(), h = s_.hidden;
    for (Size i = 0; i < s_.layers; ++i) {
      const Part<float> w = layer(initial.data(), i);
      for (Size j = 0; j < h; ++j) w.norm1[j] = w.norm2[j] = 1;
    }
    for (Size j = 0; j < h; ++j) initial[initial.size() - 1 - static_cast<std::size_t>(j)] = 1;
    parameters_ = d_.floats(s_.parameters());
    d_.upload(parameters_, initial);
    for (auto* state : {&gradients_, &first_, &second_, &scratch_}) *state = d_.floats(s_.parameters());
    for (Size i = 0; i < s_.layers; ++i) {
      Kept k;
      for (auto* v : {&k.input, &k.norm1, &k.q, &k.k, &k.v, &k.attended, &k.middle, &k.norm2})
        *v = d_.floats(rows * h);
      for (auto* v : {&k.inverse1, &k.inverse2}) *v = d_.floats(rows);
      for (auto* v : {&k.wide, &k.active}) *v = d_.floats(rows * s_.ffn());
      k.attention = d_.floats(d_.kept_by_attention(s_));
      kept_.push_back(std::move(k));
    }
    for (auto* v : {&x_, &dx_, &row_, &row2_, &dq_, &dk_, &dv_, &final_}) *v = d_.floats(rows * h);
    qkv_ = d_.floats(rows * 3 * h);
    wide_ = d_.floats(rows * s_.ffn());
    attention_scratch_ = d_.floats(d_.scratch_of_attention(s_));
    for (auto* v : {&inverse_, &log_sum_}) *v = d_.floats(rows);
    for (auto* v : {&logits_, &copy_}) *v = d_.floats(rows * s_.vocabulary);
    draw_batch(seed);
  }

  // Random tokens; every rank draws its own.
  void draw_batch(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int32_t> token(0, static_cast<std::int32_t>(s_.vocabulary) - 1);
    std::vector<std::int32_t> tokens(static_cast<std::size_t>(s_.tokens())), targets(tokens.size());
    for (auto& t : tokens) t = token(random);
    for (auto& t : targets) t = token(random);
    tokens_ = d_.integers(tokens);
    targets_ = d_.integers(targets);
  }

  void forward() {
    const Size n = s_.tokens(), h = s_.hidden, v = s_.vocabulary;
    float* const table = parameters_.data() + s_.layers * s_.layer_parameters();
    const float *positions = table + v * h, *norm = positions + s_.sequence * h;
    d_.embedding(table, positions, tokens_.data(), x_.data(), n, s_.sequence, h);
    for (Size i = 0; i < s_.layers; ++i) layer_forward(i);
    d_.rms_norm(x_.data(), norm, final_.data(), inverse_.data(), n, h);
    d_.gemm(Transpose::b, n, v, h, final_.data(), table, logits_.data(), false);
    d_.cross_entropy(logits_.data(), copy_.data(), targets_.data(), log_sum_.data(), n, v);
  }
  double loss() {  // mean of this rank's tokens, of the last forward pass
    return d_.loss();
  }

  // Forward, backward, reduction.
  void forward_backward(const Reduce& reduce) {
    forward();
    const Size n = s_.tokens(), h = s_.hidden, v = s_.vocabulary;
    const Size in_layers = s_.layers * s_.layer_parameters();
    const float* const table = parameters_.data() + in_layers;
    float* const dtable = gradients_.data() + in_layers;
    float *const dpositions = dtable + v * h, *const dnorm = dpositions + s_.sequence * h;
    d_.cross_entropy_backward(copy_.data(), targets_.data(), log_sum_.data(), logits_.data(), n, v,
                              1 / static_cast<float>(n * ranks_));
    d_.gemm(Transpose::none, n, h, v, logits_.data(), table, row_.data(), false);
    d_.clear(dnorm, h);
    const float* const norm = table + (v + s_.sequence) * h;
    d_.rms_norm_backward(x_.data(), norm, inverse_.data(), row_.data(), dx_.data(), dnorm, n, h);
    for (Size i = s_.layers; i-- > 0;) layer_backward(i);
    reduce(gradients_.data(), in_layers);
    d_.embedding_backward(dx_.data(), tokens_.data(), dtable, dpositions, n, s_.sequence, h, v);
    // The head shares the table: its gradient adds to the look-up's.
    d_.gemm(Transpose::a, v, h, n, logits_.data(), final_.data(), dtable, true);
    reduce(dtable, s_.root_parameters());
  }

  void optimize() {
    d_.adam(parameters_.data(), gradients_.data(), first_.data(), second_.data(), scratch_.data(),
            s_.parameters(), ++steps_, 1e-3F);
  }

  std::vector<float> parameters() const { return d_.download(parameters_); }
  void set_parameters(const std::vector<float>& values) { d_.upload(parameters_, values); }
  std::vector<float> gradients() const { return d_.download(gradients_); }

 private:
  using Floats = typename Device::Floats;
  struct Kept {  // of one layer, for its backward pass
    Floats input, norm1, inverse1, q, k, v, attention, attended, middle, norm2, inverse2, wide, active;
  };
  template <class T>
  struct Part {
    T *norm1, *qkv, *out, *norm2, *up, *down;
  };
  template <class T>
  Part<T> layer(T* of, Size index) const {
    const Size h = s_.hidden;
    T* at = of + index * s_.layer_parameters();
    const auto take = [&at](Size n) { return std::exchange(at, at + n); };
    return {take(h), take(3 * h * h), take(h * h), take(h), take(4 * h * h), take(4 * h * h)};
  }

  // x_ -> x_; weights as [in, out].
  void layer_forward(Size index) {
    const auto w = layer(parameters_.data(), index);
    Kept& k = kept_[static_cast<std::size_t>(index)];
    const Size n = s_.tokens(), h = s_.hidden, f = s_.ffn();
    std::swap(k.input, x_);
    d_.rms_norm(k.input.data(), w.norm1, k.norm1.data(), k.inverse1.data(), n, h);
    d_.gemm(Transpose::none, n, 3 * h, h, k.norm1.data(), w.qkv, qkv_.data(), false);
    d_.split_heads(qkv_.data(), k.q.data(), k.k.data(), k.v.data(), s_);
    d_.attention(k.q.data(), k.k.data(), k.v.data(), k.attention.data(), k.attended.data(), s_);
    d_.gemm(Transpose::none, n, h, h, k.attended.data(), w.out, row_.data(), false);
    d_.add(k.input.data(), row_.data(), k.middle.data(), n * h);
    d_.rms_norm(k.middle.data(), w.norm2, k.norm2.data(), k.inverse2.data(), n, h);
    d_.gemm(Transpose::none, n, f, h, k.norm2.data(), w.up, k.wide.data(), false);
    d_.gelu(k.wide.data(), k.active.data(), n * f);
    d_.gemm(Transpose::none, n, h, f, k.active.data(), w.down, row_.data(), false);
    d_.add(k.middle.data(), row_.data(), x_.data(), n * h);
  }

  // dx_ -> dx_.
  void layer_backward(Size index) {
    const auto w = layer(parameters_.data(), index), g = layer(gradients_.data(), index);
    Kept& k = kept_[static_cast<std::size_t>(index)];
    const Size n = s_.tokens(), h = s_.hidden, f = s_.ffn();
    d_.clear(g.norm1, h);
    d_.clear(g.norm2, h);
    d_.gemm(Transpose::b, n, f, h, dx_.data(), w.down, wide_.data(), false);
    d_.gemm(Transpose::a, f, h, n, k.active.data(), dx_.data(), g.down, false);
    d_.gelu_backward(k.wide.data(), wide_.data(), wide_.data(), n * f);
    d_.gemm(Transpose::b, n, h, f, wide_.data(), w.up, row_.data(), false);
    d_.gemm(Transpose::a, h, f, n, k.norm2.data(), wide_.data(), g.up, false);
    d_.rms_norm_backward(k.middle.data(), w.norm2, k.inverse2.data(), row_.data(), row2_.data(), g.norm2, n,
                         h);
    d_.add(dx_.data(), row2_.data(), dx_.data(), n * h);
    d_.gemm(Transpose::b, n, h, h, dx_.data(), w.out, row_.data(), false);
    d_.gemm(Transpose::a, h, h, n, k.attended.data(), dx_.data(), g.out, false);
    d_.attention_backward(k.q.data(), k.k.data(), k.v.data(), k.attention.data(), row_.data(),
                          attention_scratch_.data(), dq_.data(), dk_.data(), dv_.data(), s_);
    d_.join_heads(dq_.data(), dk_.data(), dv_.data(), qkv_.data(), s_);
    d_.gemm(Transpose::b, n, h, 3 * h, qkv_.data(), w.qkv, row_.data(), false);
    d_.gemm(Transpose::a, h, 3 * h, n, k.norm1.data(), qkv_.data(), g.qkv, false);
    d_.rms_norm_backward(k.input.data(), w.norm1, k.inverse1.data(), row_.data(), row2_.data(), g.norm1, n,
                         h);
    d_.add(dx_.data(), row2_.data(), dx_.data(), n * h);
  }

  Device& d_;
  StepShape s_;
  int ranks_, steps_ = 0;
  Floats parameters_, gradients_, first_, second_, scratch_;
  std::vector<Kept> kept_;
  Floats x_, dx_, wide_, row_, row2_, qkv_, dq_, dk_, dv_, attention_scratch_, final_, inverse_, logits_,
      copy_, log_sum_;
  typename Device::Integers tokens_, targets_;
};

}  // namespace real_runs
