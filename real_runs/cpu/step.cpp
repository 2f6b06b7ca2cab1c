#include "cpu/step.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace real_runs::cpu {

std::string StepShape::name() const {
  return "gpt-l" + std::to_string(layers) + "-h" + std::to_string(hidden) + "-a" + std::to_string(heads) +
         "-v" + std::to_string(vocabulary) + "-s" + std::to_string(sequence) + "-b" + std::to_string(batch);
}

TrainingStep::TrainingStep(const StepShape& shape, int ranks, unsigned seed) : s_(shape), ranks_(ranks) {
  const auto count = [](Size n) { return static_cast<std::size_t>(n); };
  for (auto* state : {&parameters_, &gradients_, &first_, &second_, &scratch_})
    state->assign(count(s_.parameters()), 0);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.02F);
  for (float& p : parameters_) p = normal(random);
  const Size rows = s_.tokens(), h = s_.hidden, scores = s_.batch * s_.heads * s_.sequence * s_.sequence;
  for (Size i = 0; i < s_.layers; ++i) {
    const Weights w = layer(parameters_, i);
    for (Size j = 0; j < h; ++j) w.norm1[j] = w.norm2[j] = 1;
    Kept k;
    for (auto* v : {&k.input, &k.norm1, &k.q, &k.k, &k.v, &k.attended, &k.middle, &k.norm2})
      v->assign(count(rows * h), 0);
    for (auto* v : {&k.inverse1, &k.inverse2}) v->assign(count(rows), 0);
    for (auto* v : {&k.wide, &k.active}) v->assign(count(rows * s_.ffn()), 0);
    k.scores.assign(count(scores), 0);
    kept_.push_back(std::move(k));
  }
  float* const norm = parameters_.data() + s_.parameters() - h;
  for (Size j = 0; j < h; ++j) norm[j] = 1;
  for (auto* v : {&x_, &dx_, &row_, &row2_, &dq_, &dk_, &dv_, &final_}) v->assign(count(rows * h), 0);
  qkv_.assign(count(rows * 3 * h), 0);
  wide_.assign(count(rows * s_.ffn()), 0);
  ds_.assign(count(s_.sequence * s_.sequence), 0);
  for (auto* v : {&inverse_, &log_sum_}) v->assign(count(rows), 0);
  for (auto* v : {&logits_, &copy_}) v->assign(count(rows * s_.vocabulary), 0);
  draw_batch(seed);
}

void TrainingStep::draw_batch(unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int32_t> token(0, static_cast<std::int32_t>(s_.vocabulary) - 1);
  tokens_.resize(static_cast<std::size_t>(s_.tokens()));
  targets_.resize(tokens_.size());
  for (auto& t : tokens_) t = token(random);
  for (auto& t : targets_) t = token(random);
}

TrainingStep::Weights TrainingStep::layer(std::vector<float>& of, Size index) const {
  const Size h = s_.hidden;
  float* at = of.data() + index * s_.layer_parameters();
  const auto take = [&at](Size n) { return std::exchange(at, at + n); };
  return {take(h), take(3 * h * h), take(h * h), take(h), take(4 * h * h), take(4 * h * h)};
}

// x_ -> x_; weights as [in, out].
void TrainingStep::layer_forward(Size index) {
  const Weights w = layer(parameters_, index);
  Kept& k = kept_[static_cast<std::size_t>(index)];
  const Size n = s_.tokens(), h = s_.hidden, d = h / s_.heads, f = s_.ffn();
  std::swap(k.input, x_);
  rms_norm(k.input.data(), w.norm1, k.norm1.data(), k.inverse1.data(), n, h);
  gemm(Transpose::none, n, 3 * h, h, k.norm1.data(), w.qkv, qkv_.data());
  split_heads(qkv_.data(), k.q.data(), k.k.data(), k.v.data(), s_.batch, s_.sequence, s_.heads, d);
  attention(k.q.data(), k.k.data(), k.v.data(), k.scores.data(), k.attended.data(), s_.batch, s_.sequence,
            s_.heads, d);
  gemm(Transpose::none, n, h, h, k.attended.data(), w.out, row_.data());
  add(k.input.data(), row_.data(), k.middle.data(), n * h);
  rms_norm(k.middle.data(), w.norm2, k.norm2.data(), k.inverse2.data(), n, h);
  gemm(Transpose::none, n, f, h, k.norm2.data(), w.up, k.wide.data());
  gelu(k.wide.data(), k.active.data(), n * f);
  gemm(Transpose::none, n, h, f, k.active.data(), w.down, row_.data());
  add(k.middle.data(), row_.data(), x_.data(), n * h);
}

// dx_ -> dx_.
void TrainingStep::layer_backward(Size index) {
  const Weights w = layer(parameters_, index), g = layer(gradients_, index);
  const Kept& k = kept_[static_cast<std::size_t>(index)];
  const Size n = s_.tokens(), h = s_.hidden, d = h / s_.heads, f = s_.ffn();
  std::fill(g.norm1, g.norm1 + h, 0.0F);
  std::fill(g.norm2, g.norm2 + h, 0.0F);
  gemm(Transpose::b, n, f, h, dx_.data(), w.down, wide_.data());
  gemm(Transpose::a, f, h, n, k.active.data(), dx_.data(), g.down);
  gelu_backward(k.wide.data(), wide_.data(), wide_.data(), n * f);
  gemm(Transpose::b, n, h, f, wide_.data(), w.up, row_.data());
  gemm(Transpose::a, h, f, n, k.norm2.data(), wide_.data(), g.up);
  rms_norm_backward(k.middle.data(), w.norm2, k.inverse2.data(), row_.data(), row2_.data(), g.norm2, n, h);
  add(dx_.data(), row2_.data(), dx_.data(), n * h);
  gemm(Transpose::b, n, h, h, dx_.data(), w.out, row_.data());
  gemm(Transpose::a, h, h, n, k.attended.data(), dx_.data(), g.out);
  attention_backward(k.q.data(), k.k.data(), k.v.data(), k.scores.data(), row_.data(), ds_.data(), dq_.data(),
                     dk_.data(), dv_.data(), s_.batch, s_.sequence, s_.heads, d);
  join_heads(dq_.data(), dk_.data(), dv_.data(), qkv_.data(), s_.batch, s_.sequence, s_.heads, d);
  gemm(Transpose::b, n, h, 3 * h, qkv_.data(), w.qkv, row_.data());
  gemm(Transpose::a, h, 3 * h, n, k.norm1.data(), qkv_.data(), g.qkv);
  rms_norm_backward(k.input.data(), w.norm1, k.inverse1.data(), row_.data(), row2_.data(), g.norm1, n, h);
  add(dx_.data(), row2_.data(), dx_.data(), n * h);
}

double TrainingStep::loss() {
  const Size n = s_.tokens(), h = s_.hidden, v = s_.vocabulary;
  float* const table = parameters_.data() + s_.layers * s_.layer_parameters();
  const float *positions = table + v * h, *norm = positions + s_.sequence * h;
  embedding(table, positions, tokens_.data(), x_.data(), n, s_.sequence, h);
  for (Size i = 0; i < s_.layers; ++i) layer_forward(i);
  rms_norm(x_.data(), norm, final_.data(), inverse_.data(), n, h);
  gemm(Transpose::b, n, v, h, final_.data(), table, logits_.data());
  return cross_entropy(logits_.data(), copy_.data(), targets_.data(), log_sum_.data(), n, v);
}

double TrainingStep::forward_backward(const Reduce& reduce) {
  const double value = loss();
  const Size n = s_.tokens(), h = s_.hidden, v = s_.vocabulary;
  const Size in_layers = s_.layers * s_.layer_parameters();
  const float* const table = parameters_.data() + in_layers;
  float* const dtable = gradients_.data() + in_layers;
  float *const dpositions = dtable + v * h, *const dnorm = dpositions + s_.sequence * h;
  cross_entropy_backward(copy_.data(), targets_.data(), log_sum_.data(), logits_.data(), n, v,
                         1 / static_cast<float>(n * ranks_));
  gemm(Transpose::none, n, h, v, logits_.data(), table, row_.data());
  std::fill(dnorm, dnorm + h, 0.0F);
  const float* const norm = table + (v + s_.sequence) * h;
  rms_norm_backward(x_.data(), norm, inverse_.data(), row_.data(), dx_.data(), dnorm, n, h);
  for (Size i = s_.layers; i-- > 0;) layer_backward(i);
  reduce(gradients_.data(), in_layers);
  embedding_backward(dx_.data(), tokens_.data(), dtable, dpositions, n, s_.sequence, h, v);
  // The head shares the table: its gradient adds to the look-up's.
  gemm(Transpose::a, v, h, n, logits_.data(), final_.data(), dtable, true);
  reduce(dtable, s_.root_parameters());
  return value;
}

}  // namespace real_runs::cpu
