// Time of operations that memory traffic bounds: norm, activation, rotary, add, embedding, softmax,
// cross-entropy, optimizer, quantising, copy; and of copies over the links of a device.
//
//   t = (t0^p + s^p)^(1/p),  s = V (1 - c / (1 + (V / (l L))^2)) / (e B)
//
//   V  B    bytes read and written              B  B/s  memory bandwidth
//   L  B    capacity of the level-2 cache       c  1    share of the time that a small tensor saves there
//   l  1    tensor of which half of that is saved, over L
//   e  1    share of B on long tensors: norms, activations and look-ups reach less than plain streaming
//   t0 s    launch                              p  1    1 = one after the other
//
// Each kind has its own block; kinds without one (softmax, cross-entropy, optimizer, quantising and copies
// are in no public table) take that of `add`, plain streaming, with a band twice as wide. Assumption: the
// previous kernel has just written what this one reads, as in a layer. Range: 10 kB..2 GB, 16-bit tensors, as
// measured for inference kernels of vLLM; kernels of training frameworks that read a tensor once may do
// better on norms and look-ups. Times of the table are whole microseconds, so that kernels below 5 us are
// known to 10 to 50 % only. Source: `aifsim calibrate gpu` on public kernel timings (Vidur, Agrawal et al.
// 2024).
//
// Copies over a link: t = t_c + V / (e_x w), with the link's rate w, the share e_x that long copies reach,
// and for pageable memory the share of that; figures in the GPU model's `host` block.
#pragma once
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "kernels/price.hpp"

namespace aifsim {

// The equation alone; cache in bytes, bandwidth in B/s, result in seconds.
double streaming_seconds(Bytes bytes, double cache, double bandwidth, const StreamingConstants& c);

Price price_streaming(const GpuDescription& gpu, const Streaming& op);

// Over the link to the host or to a peer.
Price price_transfer(const GpuDescription& gpu, const HostTransfer& op);

// How software launches kernels, and what that costs the host for each; a device waits for it where its
// kernel is shorter.
Seconds launch_time(const GpuDescription& gpu, LaunchStyle style);

}  // namespace aifsim
