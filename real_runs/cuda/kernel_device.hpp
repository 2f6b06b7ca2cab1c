// The training step's operations as kernels: functions of an index, or of a row and a lane, run by a
// `Launcher`: on the GPU (step.cu), or in loops on the host, where the tests compare them with the CPU's
// (host_launcher.hpp).
//
// Launcher: Floats, Integers, floats, integers, upload, download, clear, copy; gemm; each(count, f) calls
// f(i) for every i; rows(count, f) calls f(row, lane, lanes, join) for every lane of every row, and all lanes
// of a row get the sum or the maximum of what they hand to join.sum or join.maximum.
#pragma once
#include <cmath>
#include <numeric>

#include "common/step.hpp"
#include "cuda/bodies.hpp"

// A function for host and device may call what only one of them has: it is only called there.
#ifdef __CUDACC__
#define AIFSIM_EITHER _Pragma("nv_exec_check_disable")
#else
#define AIFSIM_EITHER
#endif

namespace real_runs::cuda {

using bodies::Index;

namespace kernels {

struct RmsNorm {
  const float *x, *weight;
  float *y, *inverse;
  Index width;
  AIFSIM_EITHER
  template <class Join>
  AIFSIM_HD void operator()(Index row, Index lane, Index lanes, const Join& join) const {
    const float squares = join.sum(bodies::row_squares(x, 0.0F, row, width, lane, lanes));
    bodies::rms_norm_write(x, weight, y, squares, row, width, lane, lanes);
    if (lane == 0) inverse[row] = 1.0F / sqrtf(squares / static_cast<float>(width) + bodies::kEpsilon);
  }
};

struct RmsNormBackward {
  const float *x, *weight, *inverse, *dy;
  float* dx;
  Index width;
  AIFSIM_EITHER
  template <class Join>
  AIFSIM_HD void operator()(Index row, Index lane, Index lanes, const Join& join) const {
    float part = 0;
    for (Index i = lane; i < width; i += lanes) part += dy[row * width + i] * weight[i] * x[row * width + i];
    const float scale = inverse[row],
                shift = join.sum(part) * scale * scale * scale / static_cast<float>(width);
    for (Index i = lane; i < width; i += lanes)
      dx[row * width + i] = dy[row * width + i] * weight[i] * scale - x[row * width + i] * shift;
  }
};

// One column of the weight's gradient, over all rows.
struct RmsNormWeight {
  const float *x, *inverse, *dy;
  float* dweight;
  Index rows, width;
  AIFSIM_HD void operator()(Index column) const {
    float sum = 0;
    for (Index r = 0; r < rows; ++r) sum += dy[r * width + column] * x[r * width + column] * inverse[r];
    dweight[column] += sum;
  }
};

struct Gelu {
  const float* x;
  float* y;
  AIFSIM_HD void operator()(Index i) const { bodies::gelu(x, y, i); }
};

struct GeluBackward {
  const float *x, *dy;
  float* dx;
  AIFSIM_HD void operator()(Index i) const {
    const float v = x[i], t = tanhf(0.7978845608F * (v + 0.044715F * v * v * v));
    const float slope = 0.7978845608F * (1.0F + 3.0F * 0.044715F * v * v);
    dx[i] = dy[i] * (0.5F * (1.0F + t) + 0.5F * v * (1.0F - t * t) * slope);
  }
};

struct Add {
  const float *a, *b;
  float* y;
  AIFSIM_HD void operator()(Index i) const { bodies::add(a, b, y, i); }
};

struct Embedding {
  const float *table, *positions;
  const std::int32_t* tokens;
  float* y;
  Index sequence, width;
  AIFSIM_HD void operator()(Index i) const {
    const Index row = i / width, column = i % width;
    y[i] =
        table[static_cast<Index>(tokens[row]) * width + column] + positions[row % sequence * width + column];
  }
};

AIFSIM_HD inline void accumulate(float* to, float value) {
#ifdef __CUDA_ARCH__
  atomicAdd(to, value);
#else
  *to += value;
#endif
}

struct EmbeddingBackward {
  const float* dy;
  const std::int32_t* tokens;
  float *dtable, *dpositions;
  Index sequence, width;
  AIFSIM_HD void operator()(Index i) const {
    const Index row = i / width, column = i % width;
    accumulate(dtable + static_cast<Index>(tokens[row]) * width + column, dy[i]);
    accumulate(dpositions + row % sequence * width + column, dy[i]);
  }
};

struct CrossEntropy {
  const float* x;
  const std::int32_t* targets;
  float *log_sum, *loss;
  Index width;
  AIFSIM_EITHER
  template <class Join>
  AIFSIM_HD void operator()(Index row, Index lane, Index lanes, const Join& join) const {
    const float top = join.maximum(bodies::row_maximum(x, row, width, lane, lanes));
    const float sum = join.sum(bodies::row_exponentials(x, top, row, width, lane, lanes));
    if (lane != 0) return;
    log_sum[row] = top + logf(sum);
    loss[row] = log_sum[row] - x[row * width + targets[row]];
  }
};

struct CrossEntropyBackward {
  const float* x;
  const std::int32_t* targets;
  const float* log_sum;
  float* dx;
  Index width;
  float scale;
  AIFSIM_HD void operator()(Index i) const {
    const Index row = i / width;
    dx[i] = (expf(x[i] - log_sum[row]) - (i % width == targets[row] ? 1.0F : 0.0F)) * scale;
  }
};

struct Adam {
  float* p;
  const float* g;
  float *m, *v;
  float rate, correction1, correction2;
  AIFSIM_HD void operator()(Index i) const { bodies::adam(p, g, m, v, i, rate, correction1, correction2); }
};

// Element i of [batch, sequence, parts, heads, head_dim], and its place in part p as [batch, heads, sequence,
// head_dim].
struct HeadPlace {
  Index part, at;
  AIFSIM_HD HeadPlace(Index i, Index parts, Index sequence, Index heads, Index head_dim) {
    const Index d = i % head_dim, h = i / head_dim % heads;
    part = i / (head_dim * heads) % parts;
    const Index token = i / (head_dim * heads * parts), b = token / sequence, t = token % sequence;
    at = ((b * heads + h) * sequence + t) * head_dim + d;
  }
};

struct SplitHeads {
  const float* joint;
  float* parts[3];
  Index count, sequence, heads, head_dim;
  AIFSIM_HD void operator()(Index i) const {
    const HeadPlace place(i, count, sequence, heads, head_dim);
    parts[place.part][place.at] = joint[i];
  }
};

struct JoinHeads {
  const float* parts[3];
  float* joint;
  Index count, sequence, heads, head_dim;
  AIFSIM_HD void operator()(Index i) const {
    const HeadPlace place(i, count, sequence, heads, head_dim);
    joint[i] = parts[place.part][place.at];
  }
};

struct Attention {
  const float *q, *k, *v;
  float *out, *log_sum;
  Index sequence, head_dim;
  AIFSIM_HD void operator()(Index row) const {
    bodies::attention_row(q, k, v, out, log_sum, row, sequence, head_dim);
  }
};

struct AttentionDelta {
  const float *out, *dout;
  float* delta;
  Index head_dim;
  AIFSIM_HD void operator()(Index row) const { bodies::attention_delta_row(out, dout, delta, row, head_dim); }
};

struct AttentionDq {
  const float *q, *k, *v, *dout, *log_sum, *delta;
  float* dq;
  Index sequence, head_dim;
  AIFSIM_HD void operator()(Index row) const {
    bodies::attention_dq_row(q, k, v, dout, log_sum, delta, dq, row, sequence, head_dim);
  }
};

struct AttentionDkv {
  const float *q, *k, *v, *dout, *log_sum, *delta;
  float *dk, *dv;
  Index sequence, head_dim;
  AIFSIM_HD void operator()(Index key) const {
    bodies::attention_dkv_row(q, k, v, dout, log_sum, delta, dk, dv, key, sequence, head_dim);
  }
};

}  // namespace kernels

template <class Launcher>
class KernelDevice {
 public:
  using Floats = typename Launcher::Floats;
  using Integers = typename Launcher::Integers;
  explicit KernelDevice(Launcher& launcher) : l_(launcher) {}

  Floats floats(Size count) { return l_.floats(count); }
  Integers integers(const std::vector<std::int32_t>& values) { return l_.integers(values); }
  void upload(Floats& to, const std::vector<float>& from) { l_.upload(to, from); }
  std::vector<float> download(const Floats& from) const { return l_.download(from); }
  void clear(float* x, Size count) { l_.clear(x, count); }

  void rms_norm(const float* x, const float* weight, float* y, float* inverse, Size rows, Size width) {
    l_.rows(rows, kernels::RmsNorm{x, weight, y, inverse, width});
  }
  void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy,
                         float* dx, float* dweight, Size rows, Size width) {
    l_.rows(rows, kernels::RmsNormBackward{x, weight, inverse, dy, dx, width});
    l_.each(width, kernels::RmsNormWeight{x, inverse, dy, dweight, rows, width});
  }
  void gelu(const float* x, float* y, Size n) { l_.each(n, kernels::Gelu{x, y}); }
  void gelu_backward(const float* x, const float* dy, float* dx, Size n) {
    l_.each(n, kernels::GeluBackward{x, dy, dx});
  }
  void add(const float* a, const float* b, float* y, Size n) { l_.each(n, kernels::Add{a, b, y}); }
  void embedding(const float* table, const float* positions, const std::int32_t* tokens, float* y, Size rows,
                 Size sequence, Size width) {
    l_.each(rows * width, kernels::Embedding{table, positions, tokens, y, sequence, width});
  }
  void embedding_backward(const float* dy, const std::int32_t* tokens, float* dtable, float* dpositions,
                          Size rows, Size sequence, Size width, Size vocabulary) {
    l_.clear(dtable, vocabulary * width);
    l_.clear(dpositions, sequence * width);
    l_.each(rows * width, kernels::EmbeddingBackward{dy, tokens, dtable, dpositions, sequence, width});
  }
  void cross_entropy(const float* logits, float* copy, const std::int32_t* targets, float* log_sum, Size rows,
                     Size vocabulary) {
    if (losses_rows_ != rows) {
      losses_ = l_.floats(rows);
      losses_rows_ = rows;
    }
    l_.copy(logits, copy, rows * vocabulary);
    l_.rows(rows, kernels::CrossEntropy{copy, targets, log_sum, losses_.data(), vocabulary});
  }
  double loss() {
    const std::vector<float> all = l_.download(losses_);
    return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  }
  void cross_entropy_backward(const float* copy, const std::int32_t* targets, const float* log_sum,
                              float* dlogits, Size rows, Size vocabulary, float scale) {
    l_.each(rows * vocabulary,
            kernels::CrossEntropyBackward{copy, targets, log_sum, dlogits, vocabulary, scale});
  }
  // Fused, without clipping the gradients.
  void adam(float* p, float* g, float* m, float* v, float*, Size n, int step, float rate) {
    const auto correction = [step](float beta) { return 1.0F - std::pow(beta, static_cast<float>(step)); };
    l_.each(n, kernels::Adam{p, g, m, v, rate, correction(0.9F), correction(0.95F)});
  }
  void split_heads(const float* qkv, float* q, float* k, float* v, const StepShape& s) {
    l_.each(s.tokens() * 3 * s.hidden,
            kernels::SplitHeads{qkv, {q, k, v}, 3, s.sequence, s.heads, s.head_dim()});
  }
  void join_heads(const float* q, const float* k, const float* v, float* qkv, const StepShape& s) {
    l_.each(s.tokens() * 3 * s.hidden,
            kernels::JoinHeads{{q, k, v}, qkv, 3, s.sequence, s.heads, s.head_dim()});
  }
  // The output by heads, and the logarithm of each row's sum.
  static Size kept_by_attention(const StepShape& s) { return s.tokens() * (s.hidden + s.heads); }
  // The output's gradient by heads, and delta.
  static Size scratch_of_attention(const StepShape& s) { return s.tokens() * (s.hidden + s.heads); }
  void attention(const float* q, const float* k, const float* v, float* kept, float* out,
                 const StepShape& s) {
    l_.each(s.tokens() * s.heads,
            kernels::Attention{q, k, v, kept, kept + s.tokens() * s.hidden, s.sequence, s.head_dim()});
    l_.each(s.tokens() * s.hidden,
            kernels::JoinHeads{{kept, nullptr, nullptr}, out, 1, s.sequence, s.heads, s.head_dim()});
  }
  void attention_backward(const float* q, const float* k, const float* v, const float* kept,
                          const float* dout, float* scratch, float* dq, float* dk, float* dv,
                          const StepShape& s) {
    const Size elements = s.tokens() * s.hidden, rows = s.tokens() * s.heads, d = s.head_dim();
    const float* const log_sum = kept + elements;
    float* const delta = scratch + elements;
    l_.each(elements, kernels::SplitHeads{dout, {scratch, nullptr, nullptr}, 1, s.sequence, s.heads, d});
    l_.each(rows, kernels::AttentionDelta{kept, scratch, delta, d});
    l_.each(rows, kernels::AttentionDq{q, k, v, scratch, log_sum, delta, dq, s.sequence, d});
    l_.each(rows, kernels::AttentionDkv{q, k, v, scratch, log_sum, delta, dk, dv, s.sequence, d});
  }
  void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
            bool accumulate) {
    l_.gemm(transpose, m, n, k, a, b, c, accumulate);
  }

 private:
  Launcher& l_;
  Floats losses_;
  Size losses_rows_ = 0;
};

}  // namespace real_runs::cuda
