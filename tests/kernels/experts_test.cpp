#include "kernels/experts.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

ExpertLayer layer(std::int64_t tokens, std::int64_t topk = 2, std::int64_t experts = 8) {
  ExpertLayer op;
  op.tokens = tokens;
  op.intermediate = 4096;
  op.hidden = 1024;
  op.topk = topk;
  op.experts = experts;
  return op;
}

double expert_seconds(const ExpertLayer& op) { return price(example_gpu(), op).time.value; }

}  // namespace

TEST_CASE("even tokens: experts with tokens, and rows in whole tiles") {
  const ExpertLoad few = expert_load(layer(2), 0.5, 64);  // 4 pairs on 8 experts
  CHECK(few.active == Approx(4));
  CHECK(few.tokens == Approx(4));
  CHECK(few.tile_rows == 16);
  CHECK(few.rows == Approx(4 * 16));
  const ExpertLoad many = expert_load(layer(1000), 0.5, 64);  // 250 each: four tiles of 64
  CHECK(many.active == Approx(8));
  CHECK(many.rows == Approx(8 * 256));
}

TEST_CASE("the ranks of expert parallelism share the experts and their tokens") {
  ExpertLayer op = layer(1000);
  op.ep = 4;
  const ExpertLoad load = expert_load(op, 0.5, 64);
  CHECK(load.tokens == Approx(500));
  CHECK(load.active == Approx(2));
  op.tokens = 1;  // two pairs for four ranks: the busiest has one
  CHECK(expert_load(op, 0.5, 64).tokens == Approx(1));
  CHECK(expert_load(op, 0.5, 64).active == Approx(1));
}

TEST_CASE("a power law leaves experts without tokens and makes one device the busiest") {
  ExpertLayer op = layer(64, 2, 256);
  CHECK(expert_load(op, 0.5, 64).active == Approx(128));
  op.skew = 1.2;
  CHECK(expert_load(op, 0.5, 64).active < 110);
  CHECK(expert_load(op, 0.5, 64).tokens == Approx(128).epsilon(0.05));
  op.tokens = 4096;
  op.ep = 16;
  const double even = 4096 * 2 / 16.0;
  CHECK(expert_load(op, 0.5, 64).tokens > 1.3 * even);
  CHECK(expert_load(op, 3, 64).tokens == Approx(even).epsilon(0.1));  // evened out
  op.ep = 256;                                                        // one expert per device: the hottest
  CHECK(expert_load(op, 0.5, 64).tokens > 5 * 4096 * 2 / 256.0);
  CHECK(expert_load(op, 0.5, 64).tokens <= 4096);  // no expert has more than all tokens
}

TEST_CASE("an exponent of 1 is no pole") {
  ExpertLayer op = layer(4096, 2, 64);
  op.ep = 8;
  op.skew = 1;
  const double at = expert_load(op, 0.5, 64).tokens;
  op.skew = 1.001;
  CHECK(at == Approx(expert_load(op, 0.5, 64).tokens).epsilon(0.01));
}

TEST_CASE("the expert layer's equation, by hand") {
  // 1000 tokens, top 2 of 8: 250 each, R = 2048; W = 3*4096*1024 = 12582912;
  // k = 2*2048*W/(0.5*100e12) = 1.0308 ms; v = 8*2*W/(0.8e12) = 0.25166 ms
  // A = A_t = 2*2000*(2*1024 + 3*4096) = 57344000: 0.11469 ms at 0.5 TB/s, 0.57 us at 100
  const double weights = 12582912;
  CHECK(expert_seconds(layer(1000)) == Approx(20e-6 + 80e-9 + 57344000 / 0.5e12 + 57344000 / 100e12 +
                                              2 * 2048 * weights / 50e12 + 16 * weights / 0.8e12));
}

TEST_CASE("ungated experts have two products") {
  ExpertLayer op = layer(8192);
  const Price gated = price(example_gpu(), op);
  op.gated = false;
  CHECK(price(example_gpu(), op).flops.value / gated.flops.value == Approx(2.0 / 3));
}

TEST_CASE("one token reads the weights of its experts only") {
  GpuDescription gpu = example_gpu();
  gpu.experts[ExpertFormat::bf16].compute_efficiency.value = 1;
  gpu.peak[Dtype::bf16].value = FlopsPerSecond{1e18};
  const double one = price(gpu, layer(1, 2, 64)).time.value, all = price(gpu, layer(4096, 2, 64)).time.value;
  const double weights = 2 * 12582912.0 / 0.8e12;
  CHECK(one == Approx(20e-6 + 640e-9 + 2 * weights).epsilon(0.002));
  CHECK(all > 64 * weights);
}

TEST_CASE("tensor parallelism divides the width, and so the weights") {
  ExpertLayer op = layer(8192);
  const double whole = price(example_gpu(), op).flops.value;
  op.tp = 4;
  CHECK(price(example_gpu(), op).flops.value == Approx(whole / 4));
}

TEST_CASE("a width that 16 does not divide takes the products longer, and nothing else") {
  GpuDescription gpu = example_gpu();
  ExpertLayer op = layer(4096);
  op.tp = 3;
  const double usual = price(gpu, op).time.value;
  gpu.experts[ExpertFormat::bf16].odd_time.value = 2;
  const double longer = price(gpu, op).time.value;
  CHECK(longer > 1.5 * usual);
  CHECK(longer < 2 * usual);
  op.tp = 4;  // 1024
  const double even = price(gpu, op).time.value;
  gpu.experts[ExpertFormat::bf16].odd_time.value = 1;
  CHECK(price(gpu, op).time.value == even);
}

TEST_CASE("more tokens never take less time") {
  for (const double skew : {0.0, 1.01, 1.2}) {
    for (const std::int64_t ep : {1, 8, 64}) {
      double before = 0;
      for (std::int64_t tokens = 1; tokens <= 65536; tokens *= 2) {
        ExpertLayer op = layer(tokens, 8, 64);
        op.skew = skew;
        op.ep = ep;
        const double now = expert_seconds(op);
        CHECK(now >= 0.97 * before);  // a larger tile may fit better
        before = now;
      }
    }
  }
}

TEST_CASE("a format without constants has no price") {
  ExpertLayer op = layer(8);
  op.format = ExpertFormat::fp4;
  CHECK_THROWS_WITH(price(example_gpu(), op), "the GPU model example_gpu has no constants experts.fp4");
}
