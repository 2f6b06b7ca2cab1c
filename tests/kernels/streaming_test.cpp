#include "kernels/streaming.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

double stream_seconds(StreamKind kind, double bytes) {
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
    CHECK(bytes / stream_seconds(kind, bytes) == Approx(share * 1e12).epsilon(0.001));
  }
}

TEST_CASE("an empty stream takes the fixed time") {
  CHECK(stream_seconds(StreamKind::add, 0) == Approx(2e-6));
}

TEST_CASE("a tensor in the cache saves a share of the time, half of it at the cache's size") {
  CHECK(stream_seconds(StreamKind::add, 40e6) == Approx(2e-6 + 0.9 * 40e6 / 0.9e12));
  CHECK(stream_seconds(StreamKind::add, 4e3) == Approx(2e-6 + 0.8 * 4e3 / 0.9e12));
  CHECK(stream_seconds(StreamKind::add, 80e6) == Approx(2e-6 + (1 - 0.2 / 5) * 80e6 / 0.9e12));
}

TEST_CASE("launch and traffic overlap as the exponent says") {
  GpuDescription gpu = example_gpu();
  gpu.streaming[StreamKind::add].norm.value = 2;
  gpu.streaming[StreamKind::add].cache_saving.value = 0;
  const double traffic = 1.8e6 / 0.9e12;
  CHECK(price(gpu, Streaming{StreamKind::add, Bytes{1.8e6}}).time.value ==
        Approx(std::sqrt(4e-12 + traffic * traffic)));
}

TEST_CASE("kinds without a block stream as adding does, with a band twice as wide") {
  GpuDescription gpu = example_gpu();
  gpu.streaming[StreamKind::add].fit.spread.value = 0.1;
  const Price add = price(gpu, Streaming{StreamKind::add, Bytes{1e9}});
  for (const auto kind : {StreamKind::softmax, StreamKind::cross_entropy, StreamKind::optimizer,
                          StreamKind::quantise, StreamKind::copy}) {
    const Price p = price(gpu, Streaming{kind, Bytes{1e9}});
    CHECK(p.time == add.time);
    CHECK(p.spread == Approx(2 * add.spread));
  }
}

TEST_CASE("copies over a link: its rate, its share, and less from pageable memory") {
  GpuDescription gpu = example_gpu();
  CHECK_THROWS_WITH(price(gpu, HostTransfer{HostPath::to_host_pinned, Bytes{1e9}}),
                    "the GPU model example_gpu has no host.link_bandwidth");
  gpu.host.link_bandwidth.value = BytesPerSecond{64e9};
  gpu.host.link_efficiency.value = 0.8;
  gpu.host.pageable_share.value = 0.25;
  gpu.host.copy_time.value = Seconds{6e-6};
  CHECK(price(gpu, HostTransfer{HostPath::to_host_pinned, Bytes{1e9}}).time.value ==
        Approx(6e-6 + 1e9 / 51.2e9));
  CHECK(price(gpu, HostTransfer{HostPath::to_device_pageable, Bytes{1e9}}).time.value ==
        Approx(6e-6 + 1e9 / 12.8e9));
  CHECK_THROWS_WITH(price(gpu, HostTransfer{HostPath::peer, Bytes{1e9}}),
                    "the GPU model example_gpu has no host.peer_bandwidth");
}

TEST_CASE("the host's time per kernel follows the style of the software") {
  GpuDescription gpu = example_gpu();
  gpu.host.eager_launch.value = Seconds{8e-6};
  gpu.host.graph_launch.value = Seconds{1e-6};
  CHECK(launch_time(gpu, LaunchStyle::eager).value == 8e-6);
  CHECK(launch_time(gpu, LaunchStyle::graph).value == 1e-6);
  CHECK_THROWS_WITH(launch_time(gpu, LaunchStyle::compiled),
                    "the GPU model example_gpu has no host.compiled_launch");
}

TEST_CASE("more bytes never take less time") {
  CHECK(rc::check([] {
    const double bytes = *rc::gen::inRange(0, 1000000000), more = *rc::gen::inRange(1, 1000000000);
    const auto kind = *rc::gen::element(StreamKind::norm, StreamKind::add, StreamKind::embedding);
    RC_ASSERT(stream_seconds(kind, bytes + more) > stream_seconds(kind, bytes));
  }));
}

TEST_CASE("streaming counts bytes, not FLOPs") {
  const Price p = price(example_gpu(), Streaming{StreamKind::norm, Bytes{123}});
  CHECK(p.bytes.value == 123);
  CHECK(p.flops.value == 0);
}

TEST_CASE("a kind without an efficiency has no price, and the message names the key") {
  GpuDescription gpu = example_gpu();
  gpu.streaming[StreamKind::norm].efficiency.value = 0;
  CHECK_THROWS_WITH(
      price(gpu, Streaming{StreamKind::norm, Bytes{1e6}}),
      "the GPU model example_gpu has no usable streaming.efficiency: it is 0, and must be above 0");
}

TEST_CASE("a kind that is no plain streaming has no price without its block") {
  GpuDescription gpu = example_gpu();
  gpu.streaming.erase(StreamKind::embedding);
  CHECK_THROWS_WITH(price(gpu, Streaming{StreamKind::embedding, Bytes{1e6}}),
                    "the GPU model example_gpu has no constants streaming.embedding");
}
