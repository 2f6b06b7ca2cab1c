#include "kernels/streaming.hpp"

#include <algorithm>

#include "kernels/device.hpp"

namespace aifsim {
namespace {

double efficiency_of(const GpuDescription& gpu, StreamKind kind) {
  const StreamingConstants& s = gpu.streaming;
  switch (kind) {
    case StreamKind::norm:
      return needed(gpu, s.norm_efficiency, "streaming.norm_efficiency");
    case StreamKind::activation:
      return needed(gpu, s.activation_efficiency, "streaming.activation_efficiency");
    case StreamKind::embedding:
      return needed(gpu, s.embedding_efficiency, "streaming.embedding_efficiency");
    case StreamKind::add:
    case StreamKind::cross_entropy:
    case StreamKind::optimizer:
    case StreamKind::copy:
      break;
  }
  return needed(gpu, s.memory_efficiency, "streaming.memory_efficiency");
}

}  // namespace

double streaming_seconds(Bytes bytes, double cache, double bandwidth, const StreamingCoefficients& c) {
  const double from_memory = bytes.value - c.cache_saving * std::min(bytes.value, cache);
  return c.fixed_time + from_memory / (c.efficiency * bandwidth);
}

Price price_streaming(const GpuDescription& gpu, const Streaming& op) {
  const StreamingCoefficients c{efficiency_of(gpu, op.kind), gpu.streaming.cache_saving,
                                gpu.streaming.fixed_time->value};
  const double time = streaming_seconds(op.bytes, gpu.l2->value, gpu.memory_bandwidth->value, c);
  Price p{Seconds{time}, Flops{0}, op.bytes};
  p.fit = &gpu.streaming.fit;
  return p;
}

Price price_transfer(const GpuDescription& gpu, const HostTransfer&) {
  throw CannotAnswer("the GPU model " + gpu.name + " has no figures of its link to the host");
}

}  // namespace aifsim
