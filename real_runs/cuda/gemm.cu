// Matrix products through cuBLASLt.
//
// cuBLASLt is column-major. All formats run as "TN", which FP8 and INT8 demand: D (m by n, leading dimension
// m) = A^T B with A stored k by m (leading dimension k) and B stored k by n (leading dimension k). In
// row-major words: A is [m, k], B is [n, k], D is [n, m].
#include <cublasLt.h>
#include <cuda_fp8.h>

#include <cmath>
#include <memory>

#include "cuda/gpu.hpp"

namespace real_runs::cuda {
namespace {

struct Shape {
  Index m, n, k;
};

struct Types {
  cudaDataType_t in, out, scale;
  cublasComputeType_t compute;
  std::size_t in_bytes, out_bytes;
  int capability;    // least that has it
  double tolerance;  // of an element, over the sum of the magnitudes of its terms
};

Types types_of(Format format) {
  switch (format) {
    case Format::fp64:
      return {CUDA_R_64F, CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F, 8, 8, 0, 1e-12};
    case Format::fp32:
      return {CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F, 4, 4, 0, 1e-4};
    case Format::tf32:
      return {CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, 4, 4, 80, 2e-3};
    case Format::bf16:
      return {CUDA_R_16BF, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, 2, 2, 80, 1e-2};
    case Format::fp16:
      return {CUDA_R_16F, CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F, 2, 2, 70, 2e-3};
    case Format::fp8:
      return {CUDA_R_8F_E4M3, CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F, 1, 2, 89, 1e-2};
    case Format::int8:
      return {CUDA_R_8I, CUDA_R_32I, CUDA_R_32I, CUBLAS_COMPUTE_32I, 1, 4, 75, 0};
  }
  fail("unknown format");
}

// The value as the format stores it. random_value gives multiples of 1/64 in [-1, 1): exact but in FP8 (e4m3
// has 4 significant bits). INT8 holds the value times 64.
template <class T>
__host__ __device__ T stored(float value) {
  if constexpr (sizeof(T) == 1 && std::is_same_v<T, std::int8_t>) {
    return static_cast<std::int8_t>(value * 64.0F);
  } else {
    return T(value);
  }
}

template <class T>
__global__ void fill(T* data, Index count, Index period, std::uint32_t seed) {
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
    data[i] = stored<T>(bodies::random_value(i % period, seed));
}

template <class T>
double host_value(Index index, std::uint32_t seed) {
  return static_cast<double>(static_cast<float>(stored<T>(bodies::random_value(index, seed))));
}

template <class F>
void with_type(Format format, const F& f) {
  switch (format) {
    case Format::fp64:
      return f(double{});
    case Format::fp32:
    case Format::tf32:
      return f(float{});
    case Format::bf16:
      return f(__nv_bfloat16{});
    case Format::fp16:
      return f(__half{});
    case Format::fp8:
      return f(__nv_fp8_e4m3{});
    case Format::int8:
      return f(std::int8_t{});
  }
}

// A product ready to launch, with operands that rotate.
class Product {
 public:
  Product(cublasLtHandle_t handle, Format format, const Shape& shape, void* workspace,
          std::size_t workspace_bytes)
      : handle_(handle),
        format_(format),
        s_(shape),
        t_(types_of(format)),
        workspace_(workspace),
        workspace_bytes_(workspace_bytes) {
    const auto bytes = [](Index rows, Index columns, std::size_t each) {
      return padded(static_cast<std::size_t>(rows * columns) * each);
    };
    a_bytes_ = bytes(s_.k, s_.m, t_.in_bytes);
    b_bytes_ = bytes(s_.k, s_.n, t_.in_bytes);
    d_bytes_ = bytes(s_.m, s_.n, t_.out_bytes);
    BLAS_CHECK(cublasLtMatmulDescCreate(&operation_, t_.compute, t_.scale));
    const cublasOperation_t transposed = CUBLAS_OP_T, plain = CUBLAS_OP_N;
    BLAS_CHECK(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                              sizeof transposed));
    BLAS_CHECK(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_TRANSB, &plain, sizeof plain));
    if (format == Format::fp8) {
      scale_ = std::make_unique<Buffer>(sizeof(float));
      const float one = 1;
      GPU_CHECK(cudaMemcpy(scale_->as<float>(), &one, sizeof one, cudaMemcpyHostToDevice));
      const float* pointer = scale_->as<float>();
      BLAS_CHECK(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, &pointer,
                                                sizeof pointer));
      BLAS_CHECK(cublasLtMatmulDescSetAttribute(operation_, CUBLASLT_MATMUL_DESC_B_SCALE_POINTER, &pointer,
                                                sizeof pointer));
    }
    const auto layout = [](cublasLtMatrixLayout_t* l, cudaDataType_t type, Index rows, Index columns) {
      BLAS_CHECK(cublasLtMatrixLayoutCreate(l, type, static_cast<std::uint64_t>(rows),
                                            static_cast<std::uint64_t>(columns), rows));
    };
    layout(&a_, t_.in, s_.k, s_.m);
    layout(&b_, t_.in, s_.k, s_.n);
    layout(&d_, t_.out, s_.m, s_.n);
    cublasLtMatmulPreference_t preference = nullptr;
    BLAS_CHECK(cublasLtMatmulPreferenceCreate(&preference));
    BLAS_CHECK(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                    &workspace_bytes_, sizeof workspace_bytes_));
    int found = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle_, operation_, a_, b_, d_, d_, preference, 1, &choice_, &found);
    BLAS_CHECK(cublasLtMatmulPreferenceDestroy(preference));
    possible_ = status == CUBLAS_STATUS_SUCCESS && found > 0 && choice_.state == CUBLAS_STATUS_SUCCESS;
    if (!possible_ && status != CUBLAS_STATUS_SUCCESS && status != CUBLAS_STATUS_NOT_SUPPORTED)
      BLAS_CHECK(status);
  }
  ~Product() {
    cublasLtMatrixLayoutDestroy(a_);
    cublasLtMatrixLayoutDestroy(b_);
    cublasLtMatrixLayoutDestroy(d_);
    cublasLtMatmulDescDestroy(operation_);
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  bool possible() const { return possible_; }
  double bytes() const {
    return static_cast<double>(t_.in_bytes) * static_cast<double>(s_.k) * static_cast<double>(s_.m + s_.n) +
           static_cast<double>(t_.out_bytes) * static_cast<double>(s_.m) * static_cast<double>(s_.n);
  }

  void prepare(cudaStream_t stream) {
    copies_ = copies_for(a_bytes_ + b_bytes_ + d_bytes_);
    as_ = std::make_unique<Buffer>(a_bytes_ * copies_);
    bs_ = std::make_unique<Buffer>(b_bytes_ * copies_);
    ds_ = std::make_unique<Buffer>(d_bytes_ * copies_);
    with_type(format_, [&](auto zero) {
      using T = decltype(zero);
      for (std::size_t c = 0; c < copies_; ++c) {
        fill<<<1024, 256, 0, stream>>>(reinterpret_cast<T*>(as_->bytes_at(c * a_bytes_)), s_.k * s_.m,
                                       s_.k * s_.m, 1U);
        GPU_CHECK(cudaGetLastError());
        fill<<<1024, 256, 0, stream>>>(reinterpret_cast<T*>(bs_->bytes_at(c * b_bytes_)), s_.k * s_.n,
                                       s_.k * s_.n, 2U);
        GPU_CHECK(cudaGetLastError());
      }
    });
    GPU_CHECK(cudaMemsetAsync(ds_->as<void>(), 0, ds_->size(), stream));
    GPU_CHECK(cudaStreamSynchronize(stream));
  }

  void launch(std::size_t turn, cudaStream_t stream) const {
    const std::size_t c = turn % copies_;
    const double one64 = 1, zero64 = 0;
    const float one = 1, zero = 0;
    const std::int32_t one_int = 1, zero_int = 0;
    const void *alpha = &one, *beta = &zero;
    if (t_.scale == CUDA_R_64F) {
      alpha = &one64;
      beta = &zero64;
    } else if (t_.scale == CUDA_R_32I) {
      alpha = &one_int;
      beta = &zero_int;
    }
    char* const d = ds_->bytes_at(c * d_bytes_);
    BLAS_CHECK(cublasLtMatmul(handle_, operation_, alpha, as_->bytes_at(c * a_bytes_), a_,
                              bs_->bytes_at(c * b_bytes_), b_, beta, d, d_, d, d_, &choice_.algo, workspace_,
                              workspace_bytes_, stream));
  }

  // 64 elements, corners among them, of the first copy and the last.
  void check(cudaStream_t stream) const {
    for (const std::size_t copy : {std::size_t{0}, copies_ - 1}) {
      launch(copy, stream);
      GPU_CHECK(cudaStreamSynchronize(stream));
      with_type(format_, [&](auto zero) {
        using T = decltype(zero);
        for (int sample = 0; sample < 64; ++sample) {
          const Index i = sample == 0 ? 0 : sample == 1 ? s_.m - 1 : (Index{sample} * 7919 + 13) % s_.m;
          const Index j = sample == 0 ? 0 : sample == 1 ? s_.n - 1 : (Index{sample} * 104729 + 7) % s_.n;
          double sum = 0, size = 0;
          for (Index p = 0; p < s_.k; ++p) {
            const double term = host_value<T>(i * s_.k + p, 1U) * host_value<T>(j * s_.k + p, 2U);
            sum += term;
            size += std::abs(term);
          }
          const double got = element(copy, j * s_.m + i);
          if (!(std::abs(got - sum) <= t_.tolerance * (size + 1e-3)))
            fail(std::string("cuBLASLt computes a wrong ") + name_of(format_) + " product: element " +
                 std::to_string(i) + ", " + std::to_string(j) + " is " + std::to_string(got) + ", expected " +
                 std::to_string(sum));
        }
      });
    }
  }

 private:
  double element(std::size_t copy, Index index) const {
    const char* const at = ds_->bytes_at(copy * d_bytes_) + static_cast<std::size_t>(index) * t_.out_bytes;
    const auto read = [&](auto value) {
      GPU_CHECK(cudaMemcpy(&value, at, sizeof value, cudaMemcpyDeviceToHost));
      return value;
    };
    switch (t_.out) {
      case CUDA_R_64F:
        return read(double{});
      case CUDA_R_32F:
        return static_cast<double>(read(float{}));
      case CUDA_R_16BF:
        return static_cast<double>(__bfloat162float(read(__nv_bfloat16{})));
      case CUDA_R_16F:
        return static_cast<double>(__half2float(read(__half{})));
      default:
        return read(std::int32_t{});
    }
  }

  cublasLtHandle_t handle_;
  Format format_;
  Shape s_;
  Types t_;
  void* workspace_;
  std::size_t workspace_bytes_;
  std::size_t a_bytes_ = 0, b_bytes_ = 0, d_bytes_ = 0, copies_ = 1;
  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t a_ = nullptr, b_ = nullptr, d_ = nullptr;
  cublasLtMatmulHeuristicResult_t choice_{};
  bool possible_ = false;
  std::unique_ptr<Buffer> scale_, as_, bs_, ds_;
};

// Multiples of 16, which FP8 and INT8 demand.
std::vector<Shape> shapes(bool full) {
  std::vector<Shape> all;
  const std::vector<Index> widths =
      full ? std::vector<Index>{1024, 2048, 4096, 5120, 8192} : std::vector<Index>{2048, 4096};
  const std::vector<Index> tokens =
      full ? std::vector<Index>{16, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
           : std::vector<Index>{16, 256, 2048, 8192};
  for (const Index h : widths) {
    for (const Index t : tokens) {
      all.push_back({t, 3 * h, h});  // queries, keys and values
      all.push_back({t, h, h});      // output of attention
      all.push_back({t, 4 * h, h});
      all.push_back({t, h, 4 * h});
    }
  }
  for (const Index m : full ? std::vector<Index>{32, 96, 336, 1008, 3072} : std::vector<Index>{32, 1008})
    for (const Index n : {256, 1536, 6400})
      for (const Index k : {128, 1024, 7168}) all.push_back({m, n, k});
  return all;
}

Row row_of(const Bench& bench, Format format, const Shape& s, double bytes) {
  Row row = bench.row("gemm");
  row.set("m", static_cast<double>(s.m))
      .set("n", static_cast<double>(s.n))
      .set("k", static_cast<double>(s.k));
  row.set("dtype", name_of(format)).set("bytes", bytes);
  row.set("flops", 2 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k));
  return row;
}

}  // namespace

void gemm_cases(Bench& bench) {
  constexpr std::size_t workspace_bytes = 64U << 20;
  cublasLtHandle_t handle = nullptr;
  std::unique_ptr<Buffer> workspace;
  if (!bench.counting) {
    BLAS_CHECK(cublasLtCreate(&handle));
    workspace = std::make_unique<Buffer>(workspace_bytes);
    meta("cublaslt", std::to_string(cublasLtGetVersion()));
  }
  for (const Format format :
       {Format::bf16, Format::fp16, Format::tf32, Format::fp8, Format::int8, Format::fp64}) {
    const std::string word = name_of(format);
    if (bench.capability() < types_of(format).capability) {
      if (!bench.counting) skip("gemm " + word, "this device has no such matrix units");
      continue;
    }
    const std::vector<Shape> all = shapes(bench.options().full);
    for (std::size_t i = 0; i < all.size(); ++i) {
      // Quick: every shape in bf16, a third of them in the others, none that takes fp64 long.
      if (!bench.options().full && format != Format::bf16 && i % 3 != 0) continue;
      const Shape& s = all[i];
      if (format == Format::fp64 && 2e-12 * double(s.m) * double(s.n) * double(s.k) > 0.5) continue;
      const std::string what = "gemm " + word + " " + std::to_string(s.m) + " x " + std::to_string(s.n) +
                               " x " + std::to_string(s.k);
      if (!bench.begin(what)) continue;
      Product product(handle, format, s, workspace->as<void>(), workspace_bytes);
      if (!product.possible()) {
        skip(what, "cuBLASLt has no kernel for it");
        continue;
      }
      product.prepare(bench.stream());
      product.check(bench.stream());
      Row row = row_of(bench, format, s, product.bytes());
      bench.print(row, bench.time_in_graph([&](std::size_t turn) { product.launch(turn, bench.stream()); }));
    }
    // Settling takes seconds: in the quick suite for the formats of training alone.
    if (!bench.options().full && format != Format::bf16 && format != Format::fp8) continue;
    if (!bench.begin("gemm " + word + " sustained")) continue;
    const Shape s = format == Format::fp64 ? Shape{4096, 4096, 4096} : Shape{8192, 8192, 8192};
    Product product(handle, format, s, workspace->as<void>(), workspace_bytes);
    if (!product.possible()) {
      skip("gemm " + word + " sustained", "cuBLASLt has no kernel for it");
      continue;
    }
    product.prepare(bench.stream());
    product.check(bench.stream());
    double watts = 0;
    const Times times = bench.time_sustained([&](std::size_t turn) { product.launch(turn, bench.stream()); },
                                             bench.options().full ? 20 : 6, watts);
    Row row = row_of(bench, format, s, product.bytes());
    row.set("mode", "sustained");
    if (watts > 0) row.set("power_w", watts);
    bench.print(row, times);
  }
  if (handle) BLAS_CHECK(cublasLtDestroy(handle));
}

}  // namespace real_runs::cuda
