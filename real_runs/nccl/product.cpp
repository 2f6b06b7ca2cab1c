#include "nccl/product.hpp"

#include <cublasLt.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "nccl/world.hpp"

namespace real_runs::nccl {
namespace {

constexpr std::size_t elements = std::size_t{Product::side} * Product::side;
constexpr std::size_t workspace_bytes = std::size_t{64} << 20U;

// Multiples of 1/8 in [-1, 1), in bf16: exact.
std::vector<std::uint16_t> random_bf16(std::uint32_t seed) {
  std::vector<std::uint16_t> data(elements);
  for (std::uint16_t& x : data) {
    seed = seed * 1664525U + 1013904223U;
    const float value = static_cast<float>(seed >> 28U) / 8.0F - 1.0F;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, 4);
    x = static_cast<std::uint16_t>(bits >> 16U);
  }
  return data;
}

double number(std::uint16_t bf16) {
  const std::uint32_t bits = static_cast<std::uint32_t>(bf16) << 16U;
  float value = 0;
  std::memcpy(&value, &bits, 4);
  return value;
}

}  // namespace

struct Product::Parts {
  cublasLtHandle_t handle = nullptr;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t layout = nullptr;  // of all three
  cublasLtMatmulHeuristicResult_t chosen{};
  Buffer a{elements * 2}, b{elements * 2}, d{elements * 2}, workspace{workspace_bytes};
};

// D = A^T B, column-major: D(i, j) = sum over k of A(k, i) B(k, j).
Product::Product() : parts_(std::make_unique<Parts>()) {
  Parts& p = *parts_;
  BLAS_CHECK(cublasLtCreate(&p.handle));
  BLAS_CHECK(cublasLtMatmulDescCreate(&p.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  const cublasOperation_t transposed = CUBLAS_OP_T;
  BLAS_CHECK(cublasLtMatmulDescSetAttribute(p.operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                            sizeof transposed));
  BLAS_CHECK(cublasLtMatrixLayoutCreate(&p.layout, CUDA_R_16BF, side, side, side));
  cublasLtMatmulPreference_t preference = nullptr;
  BLAS_CHECK(cublasLtMatmulPreferenceCreate(&preference));
  BLAS_CHECK(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                  &workspace_bytes, sizeof workspace_bytes));
  int found = 0;
  BLAS_CHECK(cublasLtMatmulAlgoGetHeuristic(p.handle, p.operation, p.layout, p.layout, p.layout, p.layout,
                                            preference, 1, &p.chosen, &found));
  BLAS_CHECK(cublasLtMatmulPreferenceDestroy(preference));
  if (found == 0) fail("cuBLASLt has no product in bf16 for this GPU");
  const std::vector<std::uint16_t> a = random_bf16(1), b = random_bf16(2);
  GPU_CHECK(cudaMemcpy(p.a.at(0), a.data(), elements * 2, cudaMemcpyHostToDevice));
  GPU_CHECK(cudaMemcpy(p.b.at(0), b.data(), elements * 2, cudaMemcpyHostToDevice));
  const Stream stream;
  queue(stream);
  stream.wait();
  std::vector<std::uint16_t> d(elements);
  GPU_CHECK(cudaMemcpy(d.data(), p.d.at(0), elements * 2, cudaMemcpyDeviceToHost));
  for (std::size_t n = 0; n < 64; ++n) {
    const std::size_t i = n * 997 % side, j = n * 1499 % side;
    double sum = 0, magnitude = 0;
    for (std::size_t k = 0; k < side; ++k) {
      const double term = number(a[i * side + k]) * number(b[j * side + k]);
      sum += term;
      magnitude += std::abs(term);
    }
    if (!(std::abs(number(d[j * side + i]) - sum) <= 1e-2 * magnitude))
      fail("the product beside the collectives is wrong");
  }
}

Product::~Product() {
  cublasLtMatrixLayoutDestroy(parts_->layout);
  cublasLtMatmulDescDestroy(parts_->operation);
  cublasLtDestroy(parts_->handle);
}

void Product::queue(cudaStream_t stream) const {
  const Parts& p = *parts_;
  const float one = 1, zero = 0;
  BLAS_CHECK(cublasLtMatmul(p.handle, p.operation, &one, p.a.at(0), p.layout, p.b.at(0), p.layout, &zero,
                            p.d.at(0), p.layout, p.d.at(0), p.layout, &p.chosen.algo, p.workspace.at(0),
                            workspace_bytes, stream));
}

}  // namespace real_runs::nccl
