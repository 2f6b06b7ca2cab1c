// Time of operations that memory traffic bounds: norm, activation, add, embedding, cross-entropy,
// optimizer, copy.
//
//   t = t0 + (V - c min(V, L)) / (e B)
//
//   V  B    bytes read and written              B  B/s  memory bandwidth
//   L  B    capacity of the level-2 cache       c  1    share of their time that bytes within L save
//   e  1    share of B on long tensors, by kind (norms, activations and look-ups reach less than plain
//           streaming); add, cross-entropy, optimizer and copy share one
//   t0 s    fixed time
//
// Assumption: the previous kernel has just written what this one reads, as in a layer.
// Range: 10 kB..2 GB, 16-bit tensors, as measured for inference kernels of vLLM; kernels of training
// frameworks that read a tensor once may do better on norms and look-ups.
// Source: `aifsim calibrate gpu` on public kernel timings (Vidur, Agrawal et al. 2024).
#pragma once
#include "kernels/price.hpp"

namespace aifsim {

struct StreamingCoefficients {
  double efficiency, cache_saving, fixed_time;  // efficiency: of the kind priced
};

// The equation alone; cache in bytes, bandwidth in B/s, result in seconds.
double streaming_seconds(Bytes bytes, double cache, double bandwidth, const StreamingCoefficients& c);

Price price_streaming(const GpuDescription& gpu, const Streaming& op);

// Over the link to the host or to a peer.
Price price_transfer(const GpuDescription& gpu, const HostTransfer& op);

}  // namespace aifsim
