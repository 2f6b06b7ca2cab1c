// Matrix products: the shapes of transformer layers (forward, input gradient, weight gradient) and a grid.
#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "cpu/bench.hpp"
#include "cpu/ops.hpp"
#include "cpu/power.hpp"

namespace real_runs::cpu {
namespace {

struct Shape {
  int m, n, k;
  CBLAS_TRANSPOSE ta, tb;
  int batch = 1;  // one after the other: heads of attention
};

std::vector<Shape> shapes(bool full) {
  std::vector<Shape> all;
  const auto add = [&](int m, int n, int k, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb) {
    all.push_back({m, n, k, ta, tb, 1});
  };
  const std::vector<int> widths =
      full ? std::vector<int>{128, 256, 384, 512, 768, 1024, 2048} : std::vector<int>{128, 256, 384, 512};
  const std::vector<int> tokens =
      full ? std::vector<int>{16, 64, 128, 256, 512, 1024} : std::vector<int>{64, 256, 512};
  for (const int h : widths) {
    for (const int t : tokens) {
      add(t, 3 * h, h, CblasNoTrans, CblasNoTrans);  // queries, keys and values
      add(t, h, 4 * h, CblasNoTrans, CblasNoTrans);  // second of the feed-forward
      add(t, h, 4 * h, CblasNoTrans, CblasTrans);    // input gradient of the first
      add(h, 4 * h, t, CblasTrans, CblasNoTrans);    // weight gradient of the first
    }
  }
  for (const int m : full ? std::vector<int>{8, 32, 100, 333, 1000} : std::vector<int>{32, 333})
    for (const int n : {100, 640})
      for (const int k : {64, 700}) add(m, n, k, CblasNoTrans, CblasNoTrans);
  for (const int length : {32, 64, 128, 256}) {
    for (const int head : {32, 64}) {
      all.push_back({length, length, head, CblasNoTrans, CblasTrans, 8});  // scores of attention
      all.push_back({length, head, length, CblasNoTrans, CblasNoTrans, 8});
      all.push_back({length, head, length, CblasTrans, CblasNoTrans, 8});
    }
  }
  if (full) add(4096, 4096, 4096, CblasNoTrans, CblasNoTrans);
  add(1024, 1024, 1024, CblasNoTrans, CblasNoTrans);
  return all;
}

void multiply(const Shape& s, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, s.ta, s.tb, s.m, s.n, s.k, 1, a, s.ta == CblasTrans ? s.m : s.k, b,
              s.tb == CblasTrans ? s.k : s.n, 0, c, s.n);
}
void multiply(const Shape& s, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, s.ta, s.tb, s.m, s.n, s.k, 1, a, s.ta == CblasTrans ? s.m : s.k, b,
              s.tb == CblasTrans ? s.k : s.n, 0, c, s.n);
}

// Some elements of C against sums in double precision.
template <class T>
void check(const Shape& s, const T* a, const T* b, const T* c, double tolerance) {
  for (int sample = 0; sample < 16; ++sample) {
    const int i = (sample * 7919) % s.m, j = (sample * 104729) % s.n;
    double sum = 0, size = 0;
    for (int p = 0; p < s.k; ++p) {
      const double x = a[s.ta == CblasTrans ? std::size_t(p) * s.m + i : std::size_t(i) * s.k + p];
      const double y = b[s.tb == CblasTrans ? std::size_t(j) * s.k + p : std::size_t(p) * s.n + j];
      sum += x * y;
      size += std::abs(x * y);
    }
    if (!(std::abs(c[std::size_t(i) * s.n + j] - sum) <= tolerance * (size + 1)))
      fail("the BLAS library computes a wrong product");
  }
}

template <class T>
void run_shape(Bench& bench, const Shape& s, const char* dtype, double tolerance) {
  bench.begin("gemm " + std::string(dtype) + " " + std::to_string(s.m) + " x " + std::to_string(s.n) + " x " +
              std::to_string(s.k));
  // The left operand stays, as the operation before has just written it; the right one and the result rotate
  // through 16 MB each: in a layer both come from beyond the level-2 cache.
  const auto elements = [](int x, int y) {
    return static_cast<std::size_t>(x) * static_cast<std::size_t>(y);
  };
  const auto copies = [](std::size_t count) {
    return std::max<std::size_t>(1, (16U << 20) / (sizeof(T) * count));
  };
  const std::size_t weights = elements(s.k, s.n), results = elements(s.m, s.n);
  const std::size_t weight_copies = copies(weights), result_copies = copies(results);
  std::vector<T> a(elements(s.m, s.k)), b(weights * weight_copies), c(results * result_copies);
  unsigned state = 12345;
  const auto random = [&state] {
    state = state * 1664525U + 1013904223U;
    return static_cast<T>(static_cast<double>(state >> 8) / 8388608.0 - 1);
  };
  for (auto* v : {&a, &b})
    for (T& x : *v) x = random();
  multiply(s, a.data(), b.data(), c.data());
  check(s, a.data(), b.data(), c.data(), tolerance);
  std::size_t turn = 0;
  const auto work = [&] {
    for (int i = 0; i < s.batch; ++i, ++turn)
      multiply(s, a.data(), b.data() + weights * (turn % weight_copies),
               c.data() + results * (turn % result_copies));
  };
  const Times times = bench.time(work);
  const double flops = 2.0 * s.batch * s.m * s.n * s.k;
  Row row = bench.row("gemm");
  row.set("m", s.m).set("n", s.n).set("k", s.k).set("dtype", dtype).set("flops", flops).set("batch", s.batch);
  row.set("bytes", s.batch * sizeof(T) * (double(s.m) * s.n + double(s.m) * s.k + double(s.k) * s.n));
  bench.print(row, times);
}

// Back to back until the clock settles; the second half counts.
void run_sustained(Bench& bench) {
  const double length = bench.full ? 20 : 3;
  const Shape s{512, 512, 512, CblasNoTrans, CblasNoTrans, 1};
  bench.begin("gemm fp32 512 x 512 x 512 sustained");
  Buffer a(512 * 512), b(512 * 512), c(512 * 512);
  const double begin = now();
  while (now() - begin < length / 2) multiply(s, a.data(), b.data(), c.data());
  PackageEnergy energy;
  const double counted = now();
  const Times times = bench.time([&] { multiply(s, a.data(), b.data(), c.data()); }, length / 2);
  const std::optional<double> joules = energy.joules();
  const double seconds = now() - counted;
  Row row = bench.row("gemm");
  row.set("m", s.m).set("n", s.n).set("k", s.k).set("dtype", "fp32").set("mode", "sustained");
  row.set("flops", 2.0 * 512 * 512 * 512).set("bytes", 3.0 * 4 * 512 * 512);
  if (joules) row.set("power_w", *joules / seconds / bench.ranks);  // of all packages: a core's share
  bench.print(row, times);
}

}  // namespace

void gemm_cases(Bench& bench, bool run) {
  const std::vector<Shape> all = shapes(bench.full);
  std::vector<Shape> doubles;
  for (std::size_t i = 0; i < all.size(); i += bench.full ? 1 : 2) doubles.push_back(all[i]);
  if (!run) {
    bench.cases += all.size() + doubles.size() + 1;
    return;
  }
  for (const Shape& s : all) run_shape<float>(bench, s, "fp32", 1e-5);
  for (const Shape& s : doubles) run_shape<double>(bench, s, "fp64", 1e-13);
  run_sustained(bench);
}

}  // namespace real_runs::cpu
