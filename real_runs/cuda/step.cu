// A whole training step of a small GPT in fp32: products by cuBLASLt, our kernels for the rest. Loss and
// gradients are compared with the same kernels run in loops on the host, which the tests compare with the CPU
// suite's step.
#include <cublasLt.h>

#include <cmath>
#include <map>
#include <memory>
#include <tuple>

#include "common/step.hpp"
#include "cuda/host_launcher.hpp"
#include "cuda/kernel_device.hpp"
#include "cuda/launch.cuh"

namespace real_runs::cuda {
namespace {

// Device memory that moves.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(Size count)
      : buffer_(std::make_unique<Buffer>(static_cast<std::size_t>(count) * sizeof(T))), count_(count) {}
  T* data() { return buffer_->template as<T>(); }
  const T* data() const { return buffer_->template as<T>(); }
  std::size_t size() const { return static_cast<std::size_t>(count_); }

 private:
  std::unique_ptr<Buffer> buffer_;
  Size count_ = 0;
};

class GpuLauncher {
 public:
  using Floats = Array<float>;
  using Integers = Array<std::int32_t>;
  explicit GpuLauncher(cudaStream_t stream) : stream_(stream), workspace_(workspace_bytes) {
    BLAS_CHECK(cublasLtCreate(&handle_));
  }
  ~GpuLauncher() {
    for (auto& [shape, p] : products_) {
      cublasLtMatrixLayoutDestroy(p.a);
      cublasLtMatrixLayoutDestroy(p.b);
      cublasLtMatrixLayoutDestroy(p.c);
      cublasLtMatmulDescDestroy(p.operation);
    }
    cublasLtDestroy(handle_);
  }
  GpuLauncher(const GpuLauncher&) = delete;
  GpuLauncher& operator=(const GpuLauncher&) = delete;

  Floats floats(Size count) {
    Floats made(count);
    clear(made.data(), count);
    return made;
  }
  Integers integers(const std::vector<std::int32_t>& values) {
    Integers made(static_cast<Size>(values.size()));
    to_device(made.data(), values.data(), values.size() * sizeof(std::int32_t));
    return made;
  }
  void upload(Floats& to, const std::vector<float>& from) {
    to_device(to.data(), from.data(), from.size() * sizeof(float));
  }
  std::vector<float> download(const Floats& from) const {
    GPU_CHECK(cudaStreamSynchronize(stream_));
    return to_host(from.data(), from.size());
  }
  void clear(float* x, Size count) {
    GPU_CHECK(cudaMemsetAsync(x, 0, static_cast<std::size_t>(count) * sizeof(float), stream_));
  }
  void copy(const float* from, float* to, Size count) {
    GPU_CHECK(cudaMemcpyAsync(to, from, static_cast<std::size_t>(count) * sizeof(float),
                              cudaMemcpyDeviceToDevice, stream_));
  }
  template <class F>
  void each(Size count, F f) {
    launch_each(count, stream_, f);
  }
  template <class F>
  void rows(Size count, F f) {
    launch_rows(count, stream_, f);
  }

  // cuBLASLt is column-major: of row-major C = A B it computes C^T = B^T A^T, where each matrix is already
  // its own transpose.
  void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
            bool accumulate) {
    const Product& p = product(transpose, m, n, k);
    const float one = 1, beta = accumulate ? 1 : 0;
    BLAS_CHECK(cublasLtMatmul(handle_, p.operation, &one, b, p.a, a, p.b, &beta, c, p.c, c, p.c,
                              &p.choice.algo, workspace_.as<void>(), workspace_bytes, stream_));
  }

 private:
  static constexpr std::size_t workspace_bytes = std::size_t{32} << 20U;
  struct Product {
    cublasLtMatmulDesc_t operation = nullptr;
    cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
    cublasLtMatmulHeuristicResult_t choice{};
  };

  void to_device(void* to, const void* from, std::size_t bytes) {
    GPU_CHECK(cudaStreamSynchronize(stream_));
    GPU_CHECK(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
  }

  const Product& product(Transpose transpose, Size m, Size n, Size k) {
    const auto [at, isnew] = products_.try_emplace({transpose, m, n, k});
    Product& p = at->second;
    if (!isnew) return p;
    BLAS_CHECK(cublasLtMatmulDescCreate(&p.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F));
    const cublasOperation_t first = transpose == Transpose::b ? CUBLAS_OP_T : CUBLAS_OP_N,
                            second = transpose == Transpose::a ? CUBLAS_OP_T : CUBLAS_OP_N;
    BLAS_CHECK(
        cublasLtMatmulDescSetAttribute(p.operation, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first));
    BLAS_CHECK(
        cublasLtMatmulDescSetAttribute(p.operation, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second));
    const auto layout = [](cublasLtMatrixLayout_t* l, Size rows, Size columns) {
      BLAS_CHECK(cublasLtMatrixLayoutCreate(l, CUDA_R_32F, static_cast<std::uint64_t>(rows),
                                            static_cast<std::uint64_t>(columns), rows));
    };
    transpose == Transpose::b ? layout(&p.a, k, n) : layout(&p.a, n, k);
    transpose == Transpose::a ? layout(&p.b, m, k) : layout(&p.b, k, m);
    layout(&p.c, n, m);
    cublasLtMatmulPreference_t preference = nullptr;
    BLAS_CHECK(cublasLtMatmulPreferenceCreate(&preference));
    const std::size_t bytes = workspace_bytes;
    BLAS_CHECK(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                    &bytes, sizeof bytes));
    int found = 0;
    BLAS_CHECK(cublasLtMatmulAlgoGetHeuristic(handle_, p.operation, p.a, p.b, p.c, p.c, preference, 1,
                                              &p.choice, &found));
    BLAS_CHECK(cublasLtMatmulPreferenceDestroy(preference));
    if (found == 0) fail("cuBLASLt has no product in fp32 for the training step");
    return p;
  }

  cudaStream_t stream_;
  cublasLtHandle_t handle_ = nullptr;
  Buffer workspace_;
  std::map<std::tuple<Transpose, Size, Size, Size>, Product> products_;
};

const auto no_reduction = [](float*, Size) {};

void check(cudaStream_t stream) {
  const StepShape small{2, 64, 4, 96, 24, 2};
  GpuLauncher gpu_launcher(stream);
  HostLauncher host_launcher;
  KernelDevice<GpuLauncher> gpu(gpu_launcher);
  KernelDevice<HostLauncher> host(host_launcher);
  TrainingStep<KernelDevice<GpuLauncher>> on_gpu(gpu, small, 1, 3);
  TrainingStep<KernelDevice<HostLauncher>> on_host(host, small, 1, 3);
  on_gpu.forward_backward(no_reduction);
  on_host.forward_backward(no_reduction);
  const double a = on_gpu.loss(), b = on_host.loss();
  if (!(std::abs(a - b) <= 1e-4 * b))
    fail("the training step is wrong: its loss is " + std::to_string(a) + ", expected " + std::to_string(b));
  const std::vector<float> got = on_gpu.gradients(), wanted = on_host.gradients();
  float largest = 0;
  for (const float w : wanted) largest = std::max(largest, std::abs(w));
  for (std::size_t i = 0; i < got.size(); ++i)
    if (!(std::abs(got[i] - wanted[i]) <= 1e-3F * std::abs(wanted[i]) + 1e-5F * largest))
      fail("the training step is wrong: gradient " + std::to_string(i) + " is " + std::to_string(got[i]) +
           ", expected " + std::to_string(wanted[i]));
}

}  // namespace

void step_cases(Bench& bench) {
  // Those of the CPU suite; in the full suite one that fills a GPU.
  std::vector<StepShape> shapes{{4, 256, 4, 2048, 128, 4},
                                {2, 512, 8, 1024, 64, 2},
                                {6, 192, 6, 512, 64, 2},
                                {6, 768, 12, 16384, 512, 4}};
  if (bench.options().full) shapes.push_back({12, 1024, 16, 32768, 1024, 4});
  bool checked = false;
  for (const StepShape& s : shapes) {
    if (!bench.begin("training step " + s.name())) continue;
    if (!checked) check(bench.stream());
    checked = true;
    GpuLauncher launcher(bench.stream());
    KernelDevice<GpuLauncher> device(launcher);
    TrainingStep<KernelDevice<GpuLauncher>> step(device, s, 1, 1);
    step.draw_batch(10);
    step.forward();
    const double first = step.loss();
    const Times times = bench.time([&](std::size_t) {
      step.forward_backward(no_reduction);
      step.optimize();
    });
    if (!(step.loss() < first)) fail("the loss does not fall: the training step is wrong");
    Row row = bench.row("training_step");
    row.set("layer", s.name()).set("ranks", 1).set("ranks_per_node", 1).set("dtype", "fp32");
    row.set("batch", static_cast<double>(s.batch))
        .set("heads", static_cast<double>(s.heads))
        .set("seq_q", static_cast<double>(s.sequence));
    row.set("message_bytes", 4.0 * static_cast<double>(s.parameters())).set("algorithm", "plain kernels");
    bench.print(row, times);
  }
}

}  // namespace real_runs::cuda
