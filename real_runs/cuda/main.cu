// The suite of one GPU; `aifsim measure --device cuda` starts it.
#include "cuda/gpu.hpp"

int main(int argc, char** argv) {
  using namespace real_runs;
  cuda::Bench bench(cuda::read_options(argc, argv));
  bench.describe_device();
  bench.describe_clock("before");
  const auto all = [&] {
    cuda::memory_cases(bench);
    cuda::launch_cases(bench);
    cuda::layer_cases(bench);
    cuda::attention_cases(bench);
    cuda::gemm_cases(bench);
    cuda::step_cases(bench);
    cuda::fused_attention_cases(bench);
  };
  all();
  bench.counting = false;
  all();
  bench.describe_clock("after");
  return 0;
}
