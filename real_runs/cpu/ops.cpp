#include "cpu/ops.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace real_runs::cpu {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr float kGelu = 0.7978845608F;  // sqrt(2/pi)

// tanh(u) = 1 - 2 / (exp(2u) + 1)
float gelu_tanh(float x) { return 1 - 2 / (std::exp(2 * kGelu * (x + 0.044715F * x * x * x)) + 1); }

void sgemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, Size m, Size n, Size k, float alpha, const float* a,
           Size lda, const float* b, Size ldb, float beta, float* c, Size ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, int(m), int(n), int(k), alpha, a, int(lda), b, int(ldb), beta, c,
              int(ldc));
}

}  // namespace

void rms_norm(const float* x, const float* weight, float* y, float* inverse, Size rows, Size width) {
  for (Size r = 0; r < rows; ++r) {
    const float* in = x + r * width;
    float* out = y + r * width;
    float sum = 0;
    for (Size i = 0; i < width; ++i) sum += in[i] * in[i];
    const float scale = 1 / std::sqrt(sum / float(width) + kEpsilon);
    inverse[r] = scale;
    for (Size i = 0; i < width; ++i) out[i] = in[i] * scale * weight[i];
  }
}

void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy, float* dx,
                       float* dweight, Size rows, Size width) {
  for (Size r = 0; r < rows; ++r) {
    const float *in = x + r * width, *d = dy + r * width;
    float* out = dx + r * width;
    const float scale = inverse[r];
    float dot = 0;
    for (Size i = 0; i < width; ++i) dot += d[i] * weight[i] * in[i];
    const float shift = dot * scale * scale * scale / float(width);
    for (Size i = 0; i < width; ++i) {
      dweight[i] += d[i] * in[i] * scale;
      out[i] = d[i] * weight[i] * scale - in[i] * shift;
    }
  }
}

void layer_norm(const float* x, const float* weight, const float* bias, float* y, Size rows, Size width) {
  for (Size r = 0; r < rows; ++r) {
    const float* in = x + r * width;
    float* out = y + r * width;
    float sum = 0;
    for (Size i = 0; i < width; ++i) sum += in[i];
    const float mean = sum / float(width);
    float squares = 0;
    for (Size i = 0; i < width; ++i) squares += (in[i] - mean) * (in[i] - mean);
    const float scale = 1 / std::sqrt(squares / float(width) + kEpsilon);
    for (Size i = 0; i < width; ++i) out[i] = (in[i] - mean) * scale * weight[i] + bias[i];
  }
}

void gelu(const float* x, float* y, Size n) {
  for (Size i = 0; i < n; ++i) y[i] = 0.5F * x[i] * (1 + gelu_tanh(x[i]));
}

void gelu_backward(const float* x, const float* dy, float* dx, Size n) {
  for (Size i = 0; i < n; ++i) {
    const float t = gelu_tanh(x[i]);
    const float slope = kGelu * (1 + 3 * 0.044715F * x[i] * x[i]);
    dx[i] = dy[i] * (0.5F * (1 + t) + 0.5F * x[i] * (1 - t * t) * slope);
  }
}

void softmax(const float* x, float* y, Size rows, Size width) {
  for (Size r = 0; r < rows; ++r) {
    const float* in = x + r * width;
    float* out = y + r * width;
    float top = in[0], sum = 0;
    for (Size i = 1; i < width; ++i) top = std::max(top, in[i]);
    for (Size i = 0; i < width; ++i) {
      out[i] = std::exp(in[i] - top);
      sum += out[i];
    }
    const float scale = 1 / sum;
    for (Size i = 0; i < width; ++i) out[i] *= scale;
  }
}

void rotary_angles(float* angles, Size sequence, Size head_dim) {
  const Size half = head_dim / 2;
  for (Size t = 0; t < sequence; ++t) {
    for (Size i = 0; i < half; ++i) {
      const float angle = float(t) * std::pow(10000.0F, -2 * float(i) / float(head_dim));
      angles[t * head_dim + i] = std::cos(angle);
      angles[t * head_dim + half + i] = std::sin(angle);
    }
  }
}

void rotary(const float* x, float* y, const float* angles, Size tokens, Size heads, Size head_dim,
            Size sequence) {
  const Size half = head_dim / 2;
  for (Size t = 0; t < tokens; ++t) {
    const float *c = angles + (t % sequence) * head_dim, *s = c + half;
    for (Size h = 0; h < heads; ++h) {
      const float* in = x + (t * heads + h) * head_dim;
      float* out = y + (t * heads + h) * head_dim;
      for (Size i = 0; i < half; ++i) {
        const float a = in[i], b = in[i + half];
        out[i] = a * c[i] - b * s[i];
        out[i + half] = a * s[i] + b * c[i];
      }
    }
  }
}

void add(const float* a, const float* b, float* y, Size n) {
  for (Size i = 0; i < n; ++i) y[i] = a[i] + b[i];
}

void embedding(const float* table, const float* positions, const std::int32_t* tokens, float* y, Size rows,
               Size sequence, Size width) {
  for (Size r = 0; r < rows; ++r) {
    const float *in = table + tokens[r] * width, *at = positions + (r % sequence) * width;
    float* out = y + r * width;
    for (Size i = 0; i < width; ++i) out[i] = in[i] + at[i];
  }
}

void embedding_backward(const float* dy, const std::int32_t* tokens, float* dtable, float* dpositions,
                        Size rows, Size sequence, Size width, Size vocabulary) {
  std::memset(dtable, 0, sizeof(float) * std::size_t(vocabulary * width));
  std::memset(dpositions, 0, sizeof(float) * std::size_t(sequence * width));
  for (Size r = 0; r < rows; ++r) {
    const float* in = dy + r * width;
    float *row = dtable + tokens[r] * width, *at = dpositions + (r % sequence) * width;
    for (Size i = 0; i < width; ++i) {
      row[i] += in[i];
      at[i] += in[i];
    }
  }
}

double cross_entropy(const float* logits, float* copy, const std::int32_t* targets, float* log_sum, Size rows,
                     Size vocabulary) {
  std::memcpy(copy, logits, sizeof(float) * std::size_t(rows * vocabulary));
  double loss = 0;
  for (Size r = 0; r < rows; ++r) {
    const float* in = copy + r * vocabulary;
    float top = in[0], sum = 0;
    for (Size i = 1; i < vocabulary; ++i) top = std::max(top, in[i]);
    for (Size i = 0; i < vocabulary; ++i) sum += std::exp(in[i] - top);
    log_sum[r] = top + std::log(sum);
    loss += double(log_sum[r] - in[targets[r]]);
  }
  return loss / double(rows);
}

void cross_entropy_backward(const float* copy, const std::int32_t* targets, const float* log_sum,
                            float* dlogits, Size rows, Size vocabulary, float scale) {
  for (Size r = 0; r < rows; ++r) {
    const float* in = copy + r * vocabulary;
    float* out = dlogits + r * vocabulary;
    const float shift = log_sum[r];
    for (Size i = 0; i < vocabulary; ++i) out[i] = std::exp(in[i] - shift) * scale;
    out[targets[r]] -= scale;
  }
}

double adam(float* p, float* g, float* m, float* v, float* s, Size n, int step, float rate) {
  constexpr float beta1 = 0.9F, beta2 = 0.95F, epsilon = 1e-8F, decay = 0.1F;
  double squares = 0;
  for (Size i = 0; i < n; ++i) squares += double(g[i] * g[i]);
  const double norm = std::sqrt(squares);
  const float clip = float(std::min(1.0, 1 / (norm + 1e-6)));
  for (Size i = 0; i < n; ++i) g[i] *= clip;
  for (Size i = 0; i < n; ++i) p[i] *= 1 - rate * decay;
  for (Size i = 0; i < n; ++i) m[i] = beta1 * m[i] + (1 - beta1) * g[i];
  for (Size i = 0; i < n; ++i) v[i] *= beta2;
  for (Size i = 0; i < n; ++i) v[i] += (1 - beta2) * g[i] * g[i];
  for (Size i = 0; i < n; ++i) s[i] = std::sqrt(v[i]);
  const float correction = 1 / std::sqrt(1 - std::pow(beta2, float(step)));
  for (Size i = 0; i < n; ++i) s[i] *= correction;
  for (Size i = 0; i < n; ++i) s[i] += epsilon;
  const float size = rate / (1 - std::pow(beta1, float(step)));
  for (Size i = 0; i < n; ++i) p[i] -= size * m[i] / s[i];
  return norm;
}

void split_heads(const float* qkv, float* q, float* k, float* v, Size batch, Size sequence, Size heads,
                 Size head_dim) {
  float* const parts[] = {q, k, v};
  for (Size b = 0; b < batch; ++b)
    for (Size t = 0; t < sequence; ++t)
      for (Size part = 0; part < 3; ++part)
        for (Size h = 0; h < heads; ++h)
          std::memcpy(parts[part] + ((b * heads + h) * sequence + t) * head_dim,
                      qkv + (((b * sequence + t) * 3 + part) * heads + h) * head_dim,
                      sizeof(float) * std::size_t(head_dim));
}

void join_heads(const float* q, const float* k, const float* v, float* qkv, Size batch, Size sequence,
                Size heads, Size head_dim) {
  const float* const parts[] = {q, k, v};
  for (Size b = 0; b < batch; ++b)
    for (Size t = 0; t < sequence; ++t)
      for (Size part = 0; part < 3; ++part)
        for (Size h = 0; h < heads; ++h)
          std::memcpy(qkv + (((b * sequence + t) * 3 + part) * heads + h) * head_dim,
                      parts[part] + ((b * heads + h) * sequence + t) * head_dim,
                      sizeof(float) * std::size_t(head_dim));
}

void attention(const float* q, const float* k, const float* v, float* scores, float* out, Size batch,
               Size sequence, Size heads, Size head_dim) {
  const float scale = 1 / std::sqrt(float(head_dim));
  const Size width = heads * head_dim;
  for (Size b = 0; b < batch; ++b) {
    for (Size h = 0; h < heads; ++h) {
      const Size head = b * heads + h, at = head * sequence * head_dim;
      float* p = scores + head * sequence * sequence;
      sgemm(CblasNoTrans, CblasTrans, sequence, sequence, head_dim, scale, q + at, head_dim, k + at, head_dim,
            0, p, sequence);
      for (Size i = 0; i < sequence; ++i) {
        softmax(p + i * sequence, p + i * sequence, 1, i + 1);
        std::fill(p + i * sequence + i + 1, p + (i + 1) * sequence, 0.0F);
      }
      sgemm(CblasNoTrans, CblasNoTrans, sequence, head_dim, sequence, 1, p, sequence, v + at, head_dim, 0,
            out + b * sequence * width + h * head_dim, width);
    }
  }
}

void attention_backward(const float* q, const float* k, const float* v, const float* scores,
                        const float* dout, float* ds, float* dq, float* dk, float* dv, Size batch,
                        Size sequence, Size heads, Size head_dim) {
  const float scale = 1 / std::sqrt(float(head_dim));
  const Size width = heads * head_dim;
  for (Size b = 0; b < batch; ++b) {
    for (Size h = 0; h < heads; ++h) {
      const Size head = b * heads + h, at = head * sequence * head_dim;
      const float* p = scores + head * sequence * sequence;
      const float* d = dout + b * sequence * width + h * head_dim;
      sgemm(CblasTrans, CblasNoTrans, sequence, head_dim, sequence, 1, p, sequence, d, width, 0, dv + at,
            head_dim);
      sgemm(CblasNoTrans, CblasTrans, sequence, sequence, head_dim, 1, d, width, v + at, head_dim, 0, ds,
            sequence);
      for (Size i = 0; i < sequence; ++i) {
        const float* row = p + i * sequence;
        float* out = ds + i * sequence;
        float dot = 0;
        for (Size j = 0; j <= i; ++j) dot += row[j] * out[j];
        for (Size j = 0; j < sequence; ++j) out[j] = row[j] * (out[j] - dot);
      }
      sgemm(CblasNoTrans, CblasNoTrans, sequence, head_dim, sequence, scale, ds, sequence, k + at, head_dim,
            0, dq + at, head_dim);
      sgemm(CblasTrans, CblasNoTrans, sequence, head_dim, sequence, scale, ds, sequence, q + at, head_dim, 0,
            dk + at, head_dim);
    }
  }
}

void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
          bool accumulate) {
  const bool ta = transpose == Transpose::a, tb = transpose == Transpose::b;
  sgemm(ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans, m, n, k, 1, a, ta ? m : k, b,
        tb ? k : n, accumulate ? 1.0F : 0.0F, c, n);
}

}  // namespace real_runs::cpu
