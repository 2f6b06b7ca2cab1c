#include "kernels/streaming.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/words.hpp"
#include "kernels/device.hpp"

namespace aifsim {
namespace {

constexpr double kOfAnotherKind = 2;  // how much wider the band is

bool plain_streaming(StreamKind kind) {
  switch (kind) {
    case StreamKind::softmax:
    case StreamKind::cross_entropy:
    case StreamKind::optimizer:
    case StreamKind::quantise:
    case StreamKind::copy:
      return true;
    case StreamKind::norm:
    case StreamKind::activation:
    case StreamKind::rotary:
    case StreamKind::add:
    case StreamKind::embedding:
      break;
  }
  return false;
}

double usable(const GpuDescription& gpu, const Figure<BytesPerSecond>& rate, const char* key) {
  if (rate->value > 0) return rate->value;
  throw CannotAnswer(fmt::format("the GPU model {} has no host.{}", gpu.name, key));
}

}  // namespace

double streaming_seconds(Bytes bytes, double cache, double bandwidth, const StreamingConstants& c) {
  const double size = bytes.value / (c.cache_reach * cache);
  const double traffic = bytes.value * (1 - c.cache_saving / (1 + size * size)) / (c.efficiency * bandwidth);
  return p_norm(c.fixed_time->value, traffic, c.norm);
}

Price price_streaming(const GpuDescription& gpu, const Streaming& op) {
  auto found = gpu.streaming.find(op.kind);
  Price p{Seconds{0}, Flops{0}, op.bytes};
  if (found == gpu.streaming.end() && plain_streaming(op.kind)) {
    found = gpu.streaming.find(StreamKind::add);
    p.widening = kOfAnotherKind;
  }
  if (found == gpu.streaming.end())
    throw CannotAnswer(
        fmt::format("the GPU model {} has no constants streaming.{}", gpu.name, catalog::word_of(op.kind)));
  const StreamingConstants& c = found->second;
  needed(gpu, c.efficiency, "streaming.efficiency");
  needed(gpu, c.cache_reach, "streaming.cache_reach");
  needed(gpu, c.norm, "streaming.norm");
  p.time = Seconds{streaming_seconds(op.bytes, gpu.l2->value, gpu.memory_bandwidth->value, c)};
  p.fit = &c.fit;
  return p;
}

Price price_transfer(const GpuDescription& gpu, const HostTransfer& op) {
  const HostConstants& c = gpu.host;
  double rate = 0;
  if (op.path == HostPath::peer) {
    rate = usable(gpu, c.peer_bandwidth, "peer_bandwidth");
  } else {
    rate = usable(gpu, c.link_bandwidth, "link_bandwidth");
    if (op.path == HostPath::to_device_pageable || op.path == HostPath::to_host_pageable)
      rate *= needed(gpu, c.pageable_share, "host.pageable_share");
  }
  rate *= needed(gpu, c.link_efficiency, "host.link_efficiency");
  return {c.copy_time.value + Seconds{op.bytes.value / rate}, Flops{0}, op.bytes};
}

Seconds launch_time(const GpuDescription& gpu, LaunchStyle style) {
  if (style == LaunchStyle::none) return {};
  const HostConstants& c = gpu.host;
  const Figure<Seconds>& figure = style == LaunchStyle::eager      ? c.eager_launch
                                  : style == LaunchStyle::compiled ? c.compiled_launch
                                                                   : c.graph_launch;
  if (figure->value > 0) return figure;
  throw CannotAnswer(fmt::format("the GPU model {} has no host.{}_launch", gpu.name,
                                 style == LaunchStyle::eager      ? "eager"
                                 : style == LaunchStyle::compiled ? "compiled"
                                                                  : "graph"));
}

}  // namespace aifsim
