// Operations between the products, in bf16 (Adam in fp32): the bodies of bodies.hpp as kernels, each compared
// with reference.hpp on a small shape before it is timed.
#include <cmath>

#include "cuda/launch.cuh"
#include "cuda/reference.hpp"

namespace real_runs::cuda {
namespace {

using T = __nv_bfloat16;
// One block per row; blocks of kLanes threads.
__global__ void rms_norm(const T* x, const T* weight, T* y, Index width) {
  const Index row = blockIdx.x;
  const float squares = joined<false>(bodies::row_squares(x, 0.0F, row, width, threadIdx.x, kLanes));
  bodies::rms_norm_write(x, weight, y, squares, row, width, threadIdx.x, kLanes);
}
__global__ void layer_norm(const T* x, const T* weight, const T* bias, T* y, Index width) {
  const Index row = blockIdx.x;
  const float mean =
      joined<false>(bodies::row_sum(x, row, width, threadIdx.x, kLanes)) / static_cast<float>(width);
  const float squares = joined<false>(bodies::row_squares(x, mean, row, width, threadIdx.x, kLanes));
  bodies::layer_norm_write(x, weight, bias, y, mean, squares, row, width, threadIdx.x, kLanes);
}
__global__ void softmax(const T* x, T* y, Index width) {
  const Index row = blockIdx.x;
  const float top = joined<true>(bodies::row_maximum(x, row, width, threadIdx.x, kLanes));
  const float sum = joined<false>(bodies::row_exponentials(x, top, row, width, threadIdx.x, kLanes));
  bodies::softmax_write(x, y, top, sum, row, width, threadIdx.x, kLanes);
}
__global__ void cross_entropy(const T* x, const std::int32_t* targets, float* loss, T* dx, Index width) {
  const Index row = blockIdx.x, rows = gridDim.x;
  const float top = joined<true>(bodies::row_maximum(x, row, width, threadIdx.x, kLanes));
  const float sum = joined<false>(bodies::row_exponentials(x, top, row, width, threadIdx.x, kLanes));
  const Index target = targets[row];
  if (threadIdx.x == 0) loss[row] = logf(sum) + top - bodies::load(x, row * width + target);
  bodies::cross_entropy_write(x, dx, target, top, sum, rows, row, width, threadIdx.x, kLanes);
}

struct Operands {
  T *x, *y, *z, *out;
  const std::int32_t* tokens;
  float *loss, *p, *m, *v, *g;
};

struct LayerCase {
  const char *op, *layer;
  double bytes_per_element;
  void (*launch)(const Operands&, Index rows, Index width, cudaStream_t);
  // Expected element of `out` (or of p for Adam) from x, y (weights in the first row), z.
  double (*expected)(const std::vector<double>& x, const std::vector<double>& y, const std::vector<double>& z,
                     Index rows, Index width, Index index);
  bool fp32;
};

std::vector<double> row_of(const std::vector<double>& x, Index row, Index width) {
  return {x.begin() + row * width, x.begin() + (row + 1) * width};
}

Index token_of(Index row, Index rows) { return row * 7919 % rows; }

using V = std::vector<double>;
// A function, since lambdas for the device must stand in one.
std::vector<LayerCase> cases() {
  return {
      {"rmsnorm", "forward", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         rms_norm<<<static_cast<unsigned>(rows), kLanes, 0, s>>>(o.x, o.y, o.out, width);
       },
       [](const V& x, const V& y, const V&, Index, Index width, Index i) {
         return reference::normalised(row_of(x, i / width, width), false)[std::size_t(i % width)] *
                y[std::size_t(i % width)];
       },
       false},
      {"layernorm", "forward", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         layer_norm<<<static_cast<unsigned>(rows), kLanes, 0, s>>>(o.x, o.y, o.z, o.out, width);
       },
       [](const V& x, const V& y, const V& z, Index, Index width, Index i) {
         const auto column = std::size_t(i % width);
         return reference::normalised(row_of(x, i / width, width), true)[column] * y[column] + z[column];
       },
       false},
      {"softmax", "forward", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         softmax<<<static_cast<unsigned>(rows), kLanes, 0, s>>>(o.x, o.out, width);
       },
       [](const V& x, const V&, const V&, Index, Index width, Index i) {
         return reference::softmax(row_of(x, i / width, width))[std::size_t(i % width)];
       },
       false},
      {"cross_entropy", "forward and backward", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         cross_entropy<<<static_cast<unsigned>(rows), kLanes, 0, s>>>(o.x, o.tokens, o.loss, o.out, width);
       },
       [](const V& x, const V&, const V&, Index rows, Index width, Index i) {
         const Index row = i / width, target = token_of(row, std::min(rows, width));
         const double p = reference::softmax(row_of(x, row, width))[std::size_t(i % width)];
         return (p - (i % width == target ? 1 : 0)) / double(rows);
       },
       false},
      {"elementwise", "mlp_act", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         const T* x = o.x;
         T* out = o.out;
         launch_each(rows * width, s, [=] __device__(Index i) { bodies::gelu(x, out, i); });
       },
       [](const V& x, const V&, const V&, Index, Index, Index i) {
         return reference::gelu(x[std::size_t(i)]);
       },
       false},
      {"elementwise", "mlp_act", 6,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         const T *x = o.x, *y = o.y;
         T* out = o.out;
         launch_each(rows * width, s, [=] __device__(Index i) { bodies::swiglu(x, y, out, i); });
       },
       [](const V& x, const V& y, const V&, Index, Index, Index i) {
         return reference::swiglu(x[std::size_t(i)], y[std::size_t(i)]);
       },
       false},
      {"elementwise", "add", 6,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         const T *x = o.x, *y = o.y;
         T* out = o.out;
         launch_each(rows * width, s, [=] __device__(Index i) { bodies::add(x, y, out, i); });
       },
       [](const V& x, const V& y, const V&, Index, Index, Index i) {
         return x[std::size_t(i)] + y[std::size_t(i)];
       },
       false},
      {"elementwise", "attn_rope", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         const T* x = o.x;
         T* out = o.out;
         launch_each(rows * width / 2, s,
                     [=] __device__(Index i) { bodies::rotary(x, out, i, width / 128, 128, 4096); });
       },
       [](const V& x, const V&, const V&, Index, Index width, Index i) {
         const Index d = i % 128, pair = d % 64, first = i - d + pair, token = i / width % 4096;
         const double angle = double(token) * std::pow(10000.0, -2.0 * double(pair) / 128);
         const double a = x[std::size_t(first)], b = x[std::size_t(first + 64)];
         return d < 64 ? a * std::cos(angle) - b * std::sin(angle)
                       : a * std::sin(angle) + b * std::cos(angle);
       },
       false},
      {"embedding", "forward", 4,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         const T* x = o.x;
         T* out = o.out;
         const std::int32_t* tokens = o.tokens;
         launch_each(rows * width, s,
                     [=] __device__(Index i) { bodies::embedding(x, tokens, out, i, width); });
       },
       [](const V& x, const V&, const V&, Index rows, Index width, Index i) {
         return x[std::size_t(token_of(i / width, std::min(rows, width)) * width + i % width)];
       },
       false},
      {"adam", "fused, 28 bytes per parameter", 28,
       [](const Operands& o, Index rows, Index width, cudaStream_t s) {
         float *p = o.p, *g = o.g, *m = o.m, *v = o.v;
         launch_each(rows * width, s,
                     [=] __device__(Index i) { bodies::adam(p, g, m, v, i, 1e-3F, 0.1F, 0.05F); });
       },
       // First step from m = v = 0: the moments over their corrections are g and g^2. p starts as x, g as y.
       [](const V& x, const V& y, const V&, Index, Index, Index i) {
         const double g = y[std::size_t(i)];
         return x[std::size_t(i)] * (1 - 1e-4) - 1e-3 * g / (std::abs(g) + 1e-8);
       },
       true},
  };
}

// Buffers for `copies` turns of rows * width elements.
struct Arena {
  std::size_t stride, floats, copies;
  Buffer x, y, z, out, tokens, loss, p, g, m, v;
  Arena(Index rows, Index width, std::size_t n, bool fp32)
      : stride(padded(static_cast<std::size_t>(rows * width) * sizeof(T))),
        floats(fp32 ? padded(static_cast<std::size_t>(rows * width) * sizeof(float)) : 256),
        copies(n),
        x(stride * n),
        y(stride * n),
        z(stride * n),
        out(stride * n),
        tokens(static_cast<std::size_t>(rows) * sizeof(std::int32_t)),
        loss(static_cast<std::size_t>(rows) * sizeof(float)),
        p(floats * n),
        g(floats * n),
        m(floats * n),
        v(floats * n) {}
  Operands at(std::size_t turn) const {
    const std::size_t c = turn % copies;
    const auto format = [&](const Buffer& b) { return reinterpret_cast<T*>(b.bytes_at(c * stride)); };
    const auto single = [&](const Buffer& b) { return reinterpret_cast<float*>(b.bytes_at(c * floats)); };
    return {format(x),        format(y), format(z), format(out), tokens.as<std::int32_t>(),
            loss.as<float>(), single(p), single(m), single(v),   single(g)};
  }
  void prepare(Index rows, Index width, bool fp32, cudaStream_t stream) {
    std::vector<std::int32_t> host(static_cast<std::size_t>(rows));
    for (Index r = 0; r < rows; ++r)
      host[std::size_t(r)] = static_cast<std::int32_t>(token_of(r, std::min(rows, width)));
    GPU_CHECK(cudaMemcpyAsync(tokens.as<void>(), host.data(), host.size() * sizeof(std::int32_t),
                              cudaMemcpyHostToDevice, stream));
    const Index count = rows * width;
    for (std::size_t c = 0; c < copies; ++c) {
      const Operands o = at(c);
      fill(o.x, count, 1, stream);
      fill(o.y, count, 2, stream);
      fill(o.z, count, 3, stream);
      if (!fp32) continue;
      float *pp = o.p, *gg = o.g, *mm = o.m, *vv = o.v;
      launch_each(count, stream, [=] __device__(Index i) {
        pp[i] = bodies::random_value(i, 1);
        gg[i] = bodies::random_value(i, 2);
        mm[i] = vv[i] = 0;
      });
    }
    GPU_CHECK(cudaStreamSynchronize(stream));
  }
};

void check(const LayerCase& c, cudaStream_t stream) {
  constexpr Index rows = 37, width = 384;
  constexpr auto count = static_cast<std::size_t>(rows * width);
  Arena arena(rows, width, 1, c.fp32);
  arena.prepare(rows, width, c.fp32, stream);
  const Operands o = arena.at(0);
  std::vector<double> x(count), y(count), z(count);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = static_cast<double>(bodies::random_value(static_cast<Index>(i), 1));
    y[i] = static_cast<double>(bodies::random_value(static_cast<Index>(i), 2));
    z[i] = static_cast<double>(bodies::random_value(static_cast<Index>(i), 3));
  }
  c.launch(o, rows, width, stream);
  GPU_CHECK(cudaGetLastError());
  GPU_CHECK(cudaStreamSynchronize(stream));
  std::vector<double> got(count);
  if (c.fp32) {
    const auto host = to_host(o.p, count);
    std::copy(host.begin(), host.end(), got.begin());
  } else {
    const auto host = to_host(o.out, count);
    for (std::size_t i = 0; i < count; ++i) got[i] = static_cast<double>(__bfloat162float(host[i]));
  }
  if (std::string(c.op) == "cross_entropy") {
    const auto loss = to_host(o.loss, static_cast<std::size_t>(rows));
    for (Index r = 0; r < rows; ++r) {
      const auto target = static_cast<std::size_t>(token_of(r, std::min(rows, width)));
      const double wanted = -std::log(reference::softmax(row_of(x, r, width))[target]);
      if (!(std::abs(double(loss[static_cast<std::size_t>(r)]) - wanted) <= 1e-4 * wanted))
        fail("the kernel cross_entropy is wrong: the loss of row " + std::to_string(r) + " is " +
             std::to_string(loss[static_cast<std::size_t>(r)]) + ", expected " + std::to_string(wanted));
    }
  }
  for (std::size_t i = 0; i < count; i += 5) {
    const double wanted = c.expected(x, y, z, rows, width, static_cast<Index>(i));
    // Angles of the rotation err by 4e-6; gradients of cross-entropy are 7e-5.
    const double tolerance = (c.fp32 ? 1e-5 : 1e-2) * std::abs(wanted) + (c.fp32 ? 1e-6 : 1e-5);
    if (!(std::abs(got[i] - wanted) <= tolerance))
      fail(std::string("the kernel ") + c.op + " " + c.layer + " is wrong: element " + std::to_string(i) +
           " is " + std::to_string(got[i]) + ", expected " + std::to_string(wanted));
  }
}

__global__ void attention_forward(const T* q, const T* k, const T* v, T* out, float* log_sum, Index rows,
                                  Index sequence, Index head_dim) {
  const Index row = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row < rows) bodies::attention_row(q, k, v, out, log_sum, row, sequence, head_dim);
}
__global__ void attention_delta(const T* out, const T* dout, float* delta, Index rows, Index head_dim) {
  const Index row = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row < rows) bodies::attention_delta_row(out, dout, delta, row, head_dim);
}
__global__ void attention_dq(const T* q, const T* k, const T* v, const T* dout, const float* log_sum,
                             const float* delta, T* dq, Index rows, Index sequence, Index head_dim) {
  const Index row = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row < rows) bodies::attention_dq_row(q, k, v, dout, log_sum, delta, dq, row, sequence, head_dim);
}
__global__ void attention_dkv(const T* q, const T* k, const T* v, const T* dout, const float* log_sum,
                              const float* delta, T* dk, T* dv, Index rows, Index sequence, Index head_dim) {
  const Index row = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (row < rows) bodies::attention_dkv_row(q, k, v, dout, log_sum, delta, dk, dv, row, sequence, head_dim);
}

struct AttentionShape {
  Index batch, heads, sequence, head_dim;
  Index rows() const { return batch * heads * sequence; }
};

class AttentionRun {
 public:
  AttentionRun(const AttentionShape& s, cudaStream_t stream)
      : s_(s),
        stream_(stream),
        bytes_(padded(static_cast<std::size_t>(s.rows() * s.head_dim) * sizeof(T))),
        tensors_(8 * bytes_),
        log_sum_(static_cast<std::size_t>(s.rows()) * sizeof(float)),
        delta_(static_cast<std::size_t>(s.rows()) * sizeof(float)) {
    for (int i : {0, 1, 2, 4}) fill(tensor(i), s.rows() * s.head_dim, static_cast<std::uint32_t>(i), stream);
  }
  T* tensor(int index) const {
    return reinterpret_cast<T*>(tensors_.bytes_at(static_cast<std::size_t>(index) * bytes_));
  }
  // Tensors: q, k, v, out, dout, dq, dk, dv.
  void forward() const {
    attention_forward<<<blocks(), kThreads, 0, stream_>>>(tensor(0), tensor(1), tensor(2), tensor(3),
                                                          log_sum_.as<float>(), s_.rows(), s_.sequence,
                                                          s_.head_dim);
    GPU_CHECK(cudaGetLastError());
  }
  void backward() const {
    const float* const sums = log_sum_.as<float>();
    float* const delta = delta_.as<float>();
    attention_delta<<<blocks(), kThreads, 0, stream_>>>(tensor(3), tensor(4), delta, s_.rows(), s_.head_dim);
    GPU_CHECK(cudaGetLastError());
    attention_dq<<<blocks(), kThreads, 0, stream_>>>(tensor(0), tensor(1), tensor(2), tensor(4), sums, delta,
                                                     tensor(5), s_.rows(), s_.sequence, s_.head_dim);
    GPU_CHECK(cudaGetLastError());
    attention_dkv<<<blocks(), kThreads, 0, stream_>>>(tensor(0), tensor(1), tensor(2), tensor(4), sums, delta,
                                                      tensor(6), tensor(7), s_.rows(), s_.sequence,
                                                      s_.head_dim);
    GPU_CHECK(cudaGetLastError());
  }
  void check() const {
    forward();
    backward();
    GPU_CHECK(cudaStreamSynchronize(stream_));
    const auto count = static_cast<std::size_t>(s_.rows() * s_.head_dim);
    std::vector<std::vector<double>> host(8, std::vector<double>(count));
    for (int i = 0; i < 8; ++i) {
      const auto raw = to_host(tensor(i), count);
      for (std::size_t j = 0; j < count; ++j)
        host[std::size_t(i)][j] = static_cast<double>(__bfloat162float(raw[j]));
    }
    const auto wanted = reference::attention(host[0], host[1], host[2], host[4], s_.batch * s_.heads,
                                             s_.sequence, s_.head_dim);
    const std::vector<double>* const right[] = {&wanted.out, &wanted.dq, &wanted.dk, &wanted.dv};
    const int index[] = {3, 5, 6, 7};
    for (int t = 0; t < 4; ++t)
      for (std::size_t j = 0; j < count; ++j) {
        const double a = host[std::size_t(index[t])][j], b = (*right[t])[j];
        // `out` is stored in bf16 before delta is taken from it.
        if (!(std::abs(a - b) <= 2e-2 * std::abs(b) + 2e-2))
          fail("the attention kernel is wrong: tensor " + std::to_string(index[t]) + " element " +
               std::to_string(j) + " is " + std::to_string(a) + ", expected " + std::to_string(b));
      }
  }

 private:
  static constexpr unsigned kThreads = 128;
  unsigned blocks() const { return static_cast<unsigned>((s_.rows() + kThreads - 1) / kThreads); }
  AttentionShape s_;
  cudaStream_t stream_;
  std::size_t bytes_;
  Buffer tensors_, log_sum_, delta_;
};

}  // namespace

void layer_cases(Bench& bench) {
  const std::vector<Index> rows = bench.options().full
                                      ? std::vector<Index>{16, 64, 256, 1024, 2048, 4096, 8192, 16384}
                                      : std::vector<Index>{64, 1024, 4096, 8192};
  const std::vector<Index> widths = bench.options().full ? std::vector<Index>{1024, 2048, 4096, 8192, 14336}
                                                         : std::vector<Index>{1024, 2048, 4096, 8192};
  for (const LayerCase& c : cases()) {
    bool checked = false;
    for (const Index r : rows) {
      for (const Index w : widths) {
        if (!bench.begin(std::string(c.op) + " " + c.layer + " " + std::to_string(r) + " x " +
                         std::to_string(w)))
          continue;
        if (!checked) check(c, bench.stream());
        checked = true;
        const std::size_t each_turn = static_cast<std::size_t>(r * w) * (c.fp32 ? 24 : 8);
        Arena arena(r, w, copies_for(each_turn), c.fp32);
        arena.prepare(r, w, c.fp32, bench.stream());
        const Times times = bench.time_in_graph([&](std::size_t turn) {
          c.launch(arena.at(turn), r, w, bench.stream());
          GPU_CHECK(cudaGetLastError());
        });
        Row row = bench.row(c.op);
        row.set("layer", c.layer).set("m", static_cast<double>(r)).set("n", static_cast<double>(w));
        row.set("dtype", c.fp32 ? "fp32" : "bf16")
            .set("bytes", c.bytes_per_element * static_cast<double>(r) * static_cast<double>(w));
        bench.print(row, times);
      }
    }
  }
}

void attention_cases(Bench& bench) {
  std::vector<AttentionShape> shapes;
  for (const Index batch : bench.options().full ? std::vector<Index>{1, 4} : std::vector<Index>{1, 2})
    for (const Index heads : {8, 32})
      for (const Index head_dim : {64, 128})
        for (const Index sequence : bench.options().full ? std::vector<Index>{256, 512, 1024, 2048, 4096}
                                                         : std::vector<Index>{256, 512, 1024})
          shapes.push_back({batch, heads, sequence, head_dim});
  bool checked = false;
  for (const AttentionShape& s : shapes) {
    const std::string what = std::to_string(s.batch) + " x " + std::to_string(s.heads) + " heads of " +
                             std::to_string(s.head_dim) + ", " + std::to_string(s.sequence) +
                             " tokens, our plain kernel";
    for (const bool backward : {false, true}) {
      if (!bench.begin((backward ? "attention backward " : "attention ") + what)) continue;
      if (!checked) AttentionRun({2, 3, 75, 64}, bench.stream()).check();
      checked = true;
      const AttentionRun run(s, bench.stream());
      run.forward();
      const Times times =
          bench.time_in_graph([&](std::size_t) { backward ? run.backward() : run.forward(); });
      Row row = bench.row(backward ? "attention_backward" : "attention_forward");
      // A release of its own: these are not the kernels that frameworks run.
      row.set("software", "aifsim-plain-attention");
      row.set("batch", static_cast<double>(s.batch))
          .set("heads", static_cast<double>(s.heads))
          .set("kv_heads", static_cast<double>(s.heads));
      row.set("head_dim", static_cast<double>(s.head_dim))
          .set("seq_q", static_cast<double>(s.sequence))
          .set("seq_kv", static_cast<double>(s.sequence));
      const double scores = static_cast<double>(s.rows()) * static_cast<double>(s.sequence) / 2;
      row.set("dtype", "bf16")
          .set("flops", (backward ? 10.0 : 4.0) * scores * static_cast<double>(s.head_dim));
      row.set("bytes", (backward ? 8.0 : 4.0) * sizeof(T) * static_cast<double>(s.rows() * s.head_dim));
      row.set("algorithm", "plain, one thread per row");
      bench.print(row, times);
    }
  }
}

}  // namespace real_runs::cuda
