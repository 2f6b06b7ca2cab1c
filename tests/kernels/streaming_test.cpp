#include "kernels/streaming.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

double seconds(StreamKind kind, double bytes) {
  return price(example_gpu(), Streaming{kind, Bytes{bytes}}).time.value;
}

}  // namespace

TEST_CASE("long streams run at their kind's share of the bandwidth") {
  const double bytes = 1e12;
  for (const auto& [kind, share] : {std::pair{StreamKind::add, 0.9},
                                    {StreamKind::copy, 0.9},
                                    {StreamKind::optimizer, 0.9},
                                    {StreamKind::cross_entropy, 0.9},
                                    {StreamKind::norm, 0.4},
                                    {StreamKind::activation, 0.5},
                                    {StreamKind::embedding, 0.2}}) {
    CHECK(bytes / seconds(kind, bytes) == Approx(share * 1e12).epsilon(0.001));
  }
}

TEST_CASE("an empty stream takes the fixed time") { CHECK(seconds(StreamKind::add, 0) == Approx(2e-6)); }

TEST_CASE("bytes that fit the cache save their share of the time") {
  CHECK(seconds(StreamKind::add, 40e6) == Approx(2e-6 + 0.8 * 40e6 / 0.9e12));
  CHECK(seconds(StreamKind::add, 80e6) == Approx(2e-6 + (80e6 - 0.2 * 40e6) / 0.9e12));
}

TEST_CASE("more bytes never take less time") {
  CHECK(rc::check([] {
    const double bytes = *rc::gen::inRange(0, 1000000000), more = *rc::gen::inRange(1, 1000000000);
    const auto kind = *rc::gen::element(StreamKind::norm, StreamKind::add, StreamKind::embedding);
    RC_ASSERT(seconds(kind, bytes + more) > seconds(kind, bytes));
  }));
}

TEST_CASE("streaming counts bytes, not FLOPs") {
  const Price p = price(example_gpu(), Streaming{StreamKind::norm, Bytes{123}});
  CHECK(p.bytes.value == 123);
  CHECK(p.flops.value == 0);
}

TEST_CASE("a kind without an efficiency has no price, and the message names the key") {
  GpuDescription gpu = example_gpu();
  gpu.streaming.norm_efficiency.value = 0;
  CHECK_THROWS_WITH(
      price(gpu, Streaming{StreamKind::norm, Bytes{1e6}}),
      "the GPU model example_gpu has no usable streaming.norm_efficiency: it is 0, and must be above 0");
}
