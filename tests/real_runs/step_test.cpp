// The training step: its gradients are derivatives, and the GPU's kernels, run in loops on the host, give
// what the CPU suite's operations give.
#ifdef CPU_OPS
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "cpu/blas_device.hpp"
#include "cuda/host_launcher.hpp"
#include "cuda/kernel_device.hpp"

namespace real_runs {
namespace {

using Cpu = TrainingStep<cpu::BlasDevice>;
using Kernels = TrainingStep<cuda::KernelDevice<cuda::HostLauncher>>;
const auto alone = [](float*, Size) {};

float largest(const std::vector<float>& values) {
  float most = 0;
  for (const float v : values) most = std::max(most, std::abs(v));
  return most;
}

}  // namespace

TEST_CASE("the gradients of a training step are derivatives of its loss", "[step]") {
  cpu::BlasDevice device;
  Cpu step(device, {2, 16, 2, 24, 8, 2}, 1, 5);
  step.forward_backward(alone);
  const std::vector<float> gradients = step.gradients();
  const std::vector<float> start = step.parameters();
  const float most = largest(gradients);
  for (std::size_t i = 3; i < start.size(); i += 97) {
    const auto loss_at = [&](float shift) {
      std::vector<float> moved = start;
      moved[i] += shift;
      step.set_parameters(moved);
      step.forward();
      return step.loss();
    };
    const float h = 4e-3F;
    const double slope = (loss_at(h) - loss_at(-h)) / (2 * h);
    CAPTURE(i, slope, gradients[i]);
    CHECK(std::abs(slope - gradients[i]) < 0.02 * std::abs(slope) + 3e-3 * most);
  }
}

TEST_CASE("a training step by the GPU's kernels is that of the CPU suite", "[step]") {
  for (const StepShape& shape : {StepShape{2, 64, 4, 96, 24, 2}, StepShape{1, 32, 1, 50, 7, 3}}) {
    cpu::BlasDevice blas;
    cuda::HostLauncher launcher;
    cuda::KernelDevice<cuda::HostLauncher> kernels(launcher);
    Cpu right(blas, shape, 2, 3);
    Kernels got(kernels, shape, 2, 3);
    right.forward_backward(alone);
    got.forward_backward(alone);
    CHECK(got.loss() == Approx(right.loss()).epsilon(1e-5));
    const std::vector<float> a = got.gradients(), b = right.gradients();
    REQUIRE(a.size() == b.size());
    const float most = largest(b);
    CHECK(most > 0);
    float worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      worst = std::max(worst, std::abs(a[i] - b[i]) / (std::abs(b[i]) + 1e-2F * most));
    CHECK(worst < 1e-3F);
    const double before = got.loss();
    for (int i = 0; i < 5; ++i) {
      got.forward_backward(alone);
      got.optimize();
    }
    CHECK(got.loss() < before);
  }
}

}  // namespace real_runs
#endif
