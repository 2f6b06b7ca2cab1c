// Memory copy, STREAM (McCalpin's five kernels, BabelStream's names), and the cost of a call.
#include <cblas.h>

#include <cstring>

#include "cpu/bench.hpp"
#include "cpu/ops.hpp"

namespace real_runs::cpu {

void memory_cases(Bench& bench, bool run) {
  const std::vector<std::size_t> sizes =
      bench.full ? std::vector<std::size_t>{1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20,
                                            1 << 21, 1 << 22, 1 << 23, 1 << 24, 1 << 26}
                 : std::vector<std::size_t>{1 << 14, 1 << 18, 1 << 20, 1 << 21, 1 << 22, 1 << 24};
  if (!run) {
    bench.cases += 6 * sizes.size() + 1;
    return;
  }
  for (const std::size_t n : sizes) {
    Buffer a(n, 1), b(n, 2), c(n, 3);
    volatile float sum = 0;
    const float factor = 0.4F;
    struct Stream {
      const char* op;
      double arrays;
      std::function<void()> work;
    };
    const Stream streams[] = {
        {"memcpy_d2d", 2, [&] { std::memcpy(c.data(), a.data(), n * sizeof(float)); }},
        {"stream_copy", 2,
         [&] {
           float *x = a.data(), *y = c.data();
           for (std::size_t i = 0; i < n; ++i) y[i] = x[i];
         }},
        {"stream_mul", 2,
         [&] {
           float *x = c.data(), *y = b.data();
           for (std::size_t i = 0; i < n; ++i) y[i] = factor * x[i];
         }},
        {"stream_add", 3, [&] { add(a.data(), b.data(), c.data(), Size(n)); }},
        {"stream_triad", 3,
         [&] {
           float *x = b.data(), *y = c.data(), *z = a.data();
           for (std::size_t i = 0; i < n; ++i) z[i] = x[i] + factor * y[i];
         }},
        {"stream_dot", 2,
         [&] {
           const float *x = a.data(), *y = b.data();
           float s = 0;
           for (std::size_t i = 0; i < n; ++i) s += x[i] * y[i];
           sum = s;
         }},
    };
    for (const Stream& s : streams) {
      bench.begin(std::string(s.op) + " " + std::to_string(n * sizeof(float)) + " bytes");
      const Times times = bench.time(s.work);
      Row row = bench.row(s.op);
      row.set("dtype", "fp32").set("bytes", s.arrays * sizeof(float) * static_cast<double>(n));
      bench.print(row, times);
    }
  }
  // On a CPU the counterpart of a kernel launch is a call into the library: a product of one element.
  bench.begin("call of the BLAS library");
  float x = 1, y = 2, z = 0;
  const Times times = bench.time([&] {
    for (int i = 0; i < 1000; ++i)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, &x, 1, &y, 1, 0, &z, 1);
  });
  Row row = bench.row("launch");
  row.set("layer", "library call").set("dtype", "fp32");
  bench.print(row, {times.minimum / 1000, times.median / 1000, times.p90 / 1000, times.count});
}

}  // namespace real_runs::cpu
