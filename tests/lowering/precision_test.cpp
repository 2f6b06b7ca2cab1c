#include "lowering/training/precision.hpp"

#include <catch2/catch.hpp>

#include "lowering/training/lower.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription four_layers() {
  ModelDescription m;
  m.layers = 4;
  m.hidden = 512;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 2048;
  m.vocabulary = 1000;
  return m;
}

TrainingDescription training_in(Precision precision, Recompute recompute = Recompute::none) {
  TrainingDescription t;
  t.sequence = 128;
  t.micro_batch = 2;
  t.sharding = Sharding::zero3;
  t.precision = precision;
  t.recompute = recompute;
  return t;
}

struct Count {
  std::size_t narrow = 0, wide = 0, casts = 0;  // products, and passes that cast
  double cast_bytes = 0;
};

Count count(const TrainingDescription& t) {
  Count c;
  const Program program = lower_training(four_layers(), t, {}, 8);
  for (const Stream& stream : program.roles.front().streams)
    for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
      const auto* kernel = std::get_if<Kernel>(&op.what);
      if (!kernel) return;
      if (const auto* gemm = std::get_if<Gemm>(&kernel->op)) {
        CHECK(gemm->quantised == (bytes_of(gemm->dtype) < 2));
        (gemm->quantised ? c.narrow : c.wide) += static_cast<std::size_t>(times);
      }
      if (const auto* attention = std::get_if<Attention>(&kernel->op)) CHECK(attention->dtype == Dtype::bf16);
      const auto* stream_op = std::get_if<Streaming>(&kernel->op);
      if (stream_op && stream_op->kind == StreamKind::quantise) {
        c.casts += static_cast<std::size_t>(times);
        c.cast_bytes += stream_op->bytes.value * static_cast<double>(times);
      }
    });
  return c;
}

MemoryAccount memory(const TrainingDescription& t) {
  return peak_memory(lower_training(four_layers(), t, {}, 8));
}

}  // namespace

TEST_CASE("a recipe computes the layers' products in its format, and the head in bf16", "[lowering]") {
  const Count plain = count(training_in(Precision::bf16));
  CHECK(plain.narrow == 0);
  CHECK(plain.casts == 0);
  const std::size_t of_layers = 4 * 12;  // four products forward, eight backward
  CHECK(plain.wide == of_layers + 3);
  for (const Precision precision :
       {Precision::fp8, Precision::fp8_current, Precision::fp8_block, Precision::mxfp8, Precision::nvfp4}) {
    INFO(name_of(precision));
    const Count c = count(training_in(precision));
    CHECK(c.narrow == of_layers);
    CHECK(c.wide == 3);
    const std::size_t each = reads_maximum(precision) ? 2 : 1;
    CHECK(c.casts == each * 4 * (4 + 4 + 4));  // inputs, weights, gradients of each layer
  }
}

TEST_CASE("casts read 16 bits and write both layouts with their scales", "[lowering]") {
  const double tokens = 256, h = 512, w = 2048;
  const double inputs = tokens * (3 * h + w), weights = 3 * h * h + h * h + 2 * h * w;
  const double gradients = tokens * (3 * h + h + w + h);
  const double elements = 4 * (inputs + weights + gradients);
  CHECK(count(training_in(Precision::fp8)).cast_bytes == Approx(elements * 4));
  CHECK(count(training_in(Precision::fp8_current)).cast_bytes == Approx(elements * 6));
  CHECK(count(training_in(Precision::mxfp8)).cast_bytes == Approx(elements * (4 + 2.0 / 32)));
  CHECK(count(training_in(Precision::nvfp4)).cast_bytes == Approx(elements * (2 + 2 + 2 * 0.5625)));
  // Recompute: rows alone in the forward pass, both layouts when it runs again.
  const double again = 4 * (inputs + weights) * 3;
  CHECK(count(training_in(Precision::fp8, Recompute::full)).cast_bytes == Approx(elements * 4 + again));
}

TEST_CASE("weights that every rank holds are cast once a step", "[lowering]") {
  TrainingDescription t = training_in(Precision::fp8);
  t.sharding = Sharding::zero1;
  const std::size_t one = count(t).casts;
  t.gradient_accumulation = 3;
  CHECK(count(t).casts == 3 * one - 2 * 4 * 4);
}

TEST_CASE("a recipe keeps inputs of products in its format, and the cast weights beside the model",
          "[lowering]") {
  const ModelDescription m = four_layers();
  const MemoryAccount wide = memory(training_in(Precision::bf16));
  const MemoryAccount narrow = memory(training_in(Precision::fp8));
  CHECK(narrow.parameters == wide.parameters);
  CHECK(narrow.optimizer == wide.optimizer);
  const double weights = static_cast<double>(m.layers * layer_matrices(ModelShare(m)));
  CHECK(narrow.buffers.value - wide.buffers.value == Approx(2 * weights));
  // Per token and layer: both norms' outputs and the activation at 1 byte instead of 2; the projection's input
  // once more.
  CHECK(wide.activations.value - narrow.activations.value == Approx(4 * 256.0 * (2 * 512 + 2048 - 512)));
  const MemoryAccount one = memory(training_in(Precision::fp8, Recompute::full));
  const MemoryAccount without = memory(training_in(Precision::bf16, Recompute::full));
  CHECK(one.buffers.value - without.buffers.value == Approx(2 * weights / 4));
}

TEST_CASE("what a GPU's peaks allow", "[lowering]") {
  GpuDescription gpu;
  gpu.vendor = "NVIDIA";
  gpu.peak[Dtype::bf16].value = FlopsPerSecond{1e15};
  CHECK(runs_on(gpu, Precision::bf16));
  CHECK(!runs_on(gpu, Precision::fp8));
  gpu.peak[Dtype::fp8].value = FlopsPerSecond{2e15};
  CHECK(runs_on(gpu, Precision::fp8_block));
  CHECK(!runs_on(gpu, Precision::mxfp8));
  gpu.peak[Dtype::fp4].value = FlopsPerSecond{4e15};
  CHECK(runs_on(gpu, Precision::mxfp8));
  CHECK(runs_on(gpu, Precision::nvfp4));
  gpu.vendor = "AMD";
  CHECK(runs_on(gpu, Precision::mxfp8));
  CHECK(!runs_on(gpu, Precision::nvfp4));
}

}  // namespace aifsim
