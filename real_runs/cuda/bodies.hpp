// Bodies of the CUDA kernels as functions over explicit indices. The kernels in layers.cu call them with
// blockIdx and threadIdx; the tests call the very same functions in loops on the CPU.
//
// Row operations: `lanes` threads share a row; lane l takes the elements l, l + lanes, ...; sums and maxima
// over the lanes are the caller's (a block reduction on the GPU, a loop in the tests).
#pragma once
#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define AIFSIM_HD __host__ __device__
#else
#define AIFSIM_HD
#endif

namespace real_runs::bodies {

using Index = std::int64_t;
constexpr float kEpsilon = 1e-5F;
constexpr int kMaxHeadDim = 128;

// Storage formats convert through float; float itself is the format of the CPU tests.
AIFSIM_HD inline float load(const float* p, Index i) { return p[i]; }
AIFSIM_HD inline void store(float* p, Index i, float value) { p[i] = value; }
#ifdef __CUDACC__
AIFSIM_HD inline float load(const __nv_bfloat16* p, Index i) { return __bfloat162float(p[i]); }
AIFSIM_HD inline void store(__nv_bfloat16* p, Index i, float value) { p[i] = __float2bfloat16(value); }
AIFSIM_HD inline float load(const __half* p, Index i) { return __half2float(p[i]); }
AIFSIM_HD inline void store(__half* p, Index i, float value) { p[i] = __float2half(value); }
#endif

// A value in [-1, 1) that depends on the index and the seed alone, so that host and device can make the same
// data: a multiple of 1/64.
AIFSIM_HD inline float random_value(Index index, std::uint32_t seed) {
  std::uint64_t x = static_cast<std::uint64_t>(index) * 0x9E3779B97F4A7C15ULL + seed;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return static_cast<float>(static_cast<int>(x & 127) - 64) / 64.0F;
}

// Row operations, in parts between which the lanes' values are joined.

template <class T>
AIFSIM_HD float row_sum(const T* x, Index row, Index width, Index lane, Index lanes) {
  float sum = 0;
  for (Index i = lane; i < width; i += lanes) sum += load(x, row * width + i);
  return sum;
}

// Of (x - centre)^2.
template <class T>
AIFSIM_HD float row_squares(const T* x, float centre, Index row, Index width, Index lane, Index lanes) {
  float sum = 0;
  for (Index i = lane; i < width; i += lanes) {
    const float d = load(x, row * width + i) - centre;
    sum += d * d;
  }
  return sum;
}

template <class T>
AIFSIM_HD void rms_norm_write(const T* x, const T* weight, T* y, float squares, Index row, Index width,
                              Index lane, Index lanes) {
  const float scale = 1.0F / sqrtf(squares / static_cast<float>(width) + kEpsilon);
  for (Index i = lane; i < width; i += lanes)
    store(y, row * width + i, load(x, row * width + i) * scale * load(weight, i));
}

template <class T>
AIFSIM_HD void layer_norm_write(const T* x, const T* weight, const T* bias, T* y, float mean, float squares,
                                Index row, Index width, Index lane, Index lanes) {
  const float scale = 1.0F / sqrtf(squares / static_cast<float>(width) + kEpsilon);
  for (Index i = lane; i < width; i += lanes)
    store(y, row * width + i, (load(x, row * width + i) - mean) * scale * load(weight, i) + load(bias, i));
}

template <class T>
AIFSIM_HD float row_maximum(const T* x, Index row, Index width, Index lane, Index lanes) {
  float top = -INFINITY;
  for (Index i = lane; i < width; i += lanes) top = fmaxf(top, load(x, row * width + i));
  return top;
}

template <class T>
AIFSIM_HD float row_exponentials(const T* x, float top, Index row, Index width, Index lane, Index lanes) {
  float sum = 0;
  for (Index i = lane; i < width; i += lanes) sum += expf(load(x, row * width + i) - top);
  return sum;
}

template <class T>
AIFSIM_HD void softmax_write(const T* x, T* y, float top, float sum, Index row, Index width, Index lane,
                             Index lanes) {
  for (Index i = lane; i < width; i += lanes)
    store(y, row * width + i, expf(load(x, row * width + i) - top) / sum);
}

// Gradient of the mean loss over `rows`; the loss of the row is log(sum) + top - x[target].
template <class T>
AIFSIM_HD void cross_entropy_write(const T* x, T* dx, Index target, float top, float sum, Index rows,
                                   Index row, Index width, Index lane, Index lanes) {
  for (Index i = lane; i < width; i += lanes) {
    const float p = expf(load(x, row * width + i) - top) / sum;
    store(dx, row * width + i, (p - (i == target ? 1.0F : 0.0F)) / static_cast<float>(rows));
  }
}

// Element operations.

template <class T>
AIFSIM_HD void gelu(const T* x, T* y, Index i) {
  const float v = load(x, i);
  store(y, i, 0.5F * v * (1.0F + tanhf(0.7978845608F * (v + 0.044715F * v * v * v))));
}

template <class T>
AIFSIM_HD void swiglu(const T* gate, const T* up, T* y, Index i) {
  const float g = load(gate, i);
  store(y, i, g / (1.0F + expf(-g)) * load(up, i));
}

template <class T>
AIFSIM_HD void add(const T* a, const T* b, T* y, Index i) {
  store(y, i, load(a, i) + load(b, i));
}

// Pair i of a head: elements i and i + head_dim/2; `index` counts pairs over [tokens, heads, head_dim/2].
template <class T>
AIFSIM_HD void rotary(const T* x, T* y, Index index, Index heads, Index head_dim, Index sequence) {
  const Index half = head_dim / 2, i = index % half, head = index / half, token = head / heads;
  const float angle = static_cast<float>(token % sequence) *
                      powf(10000.0F, -2.0F * static_cast<float>(i) / static_cast<float>(head_dim));
  const float c = cosf(angle), s = sinf(angle);
  const Index at = head * head_dim + i;
  const float a = load(x, at), b = load(x, at + half);
  store(y, at, a * c - b * s);
  store(y, at + half, a * s + b * c);
}

// `index` counts the elements of the output, [rows, width].
template <class T>
AIFSIM_HD void embedding(const T* table, const std::int32_t* tokens, T* y, Index index, Index width) {
  store(y, index, load(table, static_cast<Index>(tokens[index / width]) * width + index % width));
}

// Fused AdamW in fp32: 28 bytes per parameter.
AIFSIM_HD inline void adam(float* p, const float* g, float* m, float* v, Index i, float rate,
                           float correction1, float correction2) {
  const float first = 0.9F * m[i] + 0.1F * g[i], second = 0.95F * v[i] + 0.05F * g[i] * g[i];
  m[i] = first;
  v[i] = second;
  p[i] = p[i] * (1.0F - 0.1F * rate) - rate * (first / correction1) / (sqrtf(second / correction2) + 1e-8F);
}

// Causal attention, plain: one thread per row of queries with a running softmax, or per row of keys in the
// second half of the backward pass. Tensors are [batch * heads, sequence, head_dim]; head_dim <= kMaxHeadDim.

template <class T>
AIFSIM_HD float dot(const T* a, Index row_a, const T* b, Index row_b, Index head_dim) {
  float sum = 0;
  for (Index d = 0; d < head_dim; ++d) sum += load(a, row_a * head_dim + d) * load(b, row_b * head_dim + d);
  return sum;
}

// `row` counts [batch * heads, sequence]. log_sum: of the exponentials of the row's scores.
template <class T>
AIFSIM_HD void attention_row(const T* q, const T* k, const T* v, T* out, float* log_sum, Index row,
                             Index sequence, Index head_dim) {
  const Index first = row / sequence * sequence;
  const float scale = 1.0F / sqrtf(static_cast<float>(head_dim));
  float accumulated[kMaxHeadDim];
  for (Index d = 0; d < head_dim; ++d) accumulated[d] = 0;
  float top = -INFINITY, sum = 0;
  for (Index key = first; key <= row; ++key) {
    const float score = dot(q, row, k, key, head_dim) * scale;
    const float new_top = fmaxf(top, score);
    const float keep = expf(top - new_top), weight = expf(score - new_top);
    sum = sum * keep + weight;
    for (Index d = 0; d < head_dim; ++d)
      accumulated[d] = accumulated[d] * keep + weight * load(v, key * head_dim + d);
    top = new_top;
  }
  for (Index d = 0; d < head_dim; ++d) store(out, row * head_dim + d, accumulated[d] / sum);
  log_sum[row] = top + logf(sum);
}

// delta = sum over d of dout * out, which both halves of the backward pass need.
template <class T>
AIFSIM_HD void attention_delta_row(const T* out, const T* dout, float* delta, Index row, Index head_dim) {
  delta[row] = dot(out, row, dout, row, head_dim);
}

template <class T>
AIFSIM_HD void attention_dq_row(const T* q, const T* k, const T* v, const T* dout, const float* log_sum,
                                const float* delta, T* dq, Index row, Index sequence, Index head_dim) {
  const Index first = row / sequence * sequence;
  const float scale = 1.0F / sqrtf(static_cast<float>(head_dim));
  float accumulated[kMaxHeadDim];
  for (Index d = 0; d < head_dim; ++d) accumulated[d] = 0;
  for (Index key = first; key <= row; ++key) {
    const float p = expf(dot(q, row, k, key, head_dim) * scale - log_sum[row]);
    const float ds = p * (dot(dout, row, v, key, head_dim) - delta[row]) * scale;
    for (Index d = 0; d < head_dim; ++d) accumulated[d] += ds * load(k, key * head_dim + d);
  }
  for (Index d = 0; d < head_dim; ++d) store(dq, row * head_dim + d, accumulated[d]);
}

// `key` counts [batch * heads, sequence].
template <class T>
AIFSIM_HD void attention_dkv_row(const T* q, const T* k, const T* v, const T* dout, const float* log_sum,
                                 const float* delta, T* dk, T* dv, Index key, Index sequence,
                                 Index head_dim) {
  const Index end = (key / sequence + 1) * sequence;
  const float scale = 1.0F / sqrtf(static_cast<float>(head_dim));
  float of_k[kMaxHeadDim], of_v[kMaxHeadDim];
  for (Index d = 0; d < head_dim; ++d) of_k[d] = of_v[d] = 0;
  for (Index row = key; row < end; ++row) {
    const float p = expf(dot(q, row, k, key, head_dim) * scale - log_sum[row]);
    const float ds = p * (dot(dout, row, v, key, head_dim) - delta[row]) * scale;
    for (Index d = 0; d < head_dim; ++d) {
      of_k[d] += ds * load(q, row * head_dim + d);
      of_v[d] += p * load(dout, row * head_dim + d);
    }
  }
  for (Index d = 0; d < head_dim; ++d) {
    store(dk, key * head_dim + d, of_k[d]);
    store(dv, key * head_dim + d, of_v[d]);
  }
}

}  // namespace real_runs::bodies
