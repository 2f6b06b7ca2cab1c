// A device operation with its shape; kernels/ prices it for the device that it runs on.
#pragma once
#include <cstdint>
#include <variant>

#include "base/units.hpp"
#include "catalog/gpu.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

// C[m,n] += A[m,k] B[k,n], `batch` times.
struct Gemm {
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  Dtype dtype = Dtype::bf16;
  bool quantised = false;  // 8-bit and 4-bit formats: A stands in the format already, so no pass casts it
  double reuse = 1;        // uses of an element of A that come from caches: windows of a convolution overlap
  auto operator<=>(const Gemm&) const = default;
};

enum class Pass { forward, backward };

// Scaled dot-product attention over a whole sequence. Fused kernels keep the scores on the chip;
// otherwise scores are written and read (batch*heads*seq_q*seq_kv elements, several times).
struct Attention {
  std::int64_t batch = 0, heads = 0, kv_heads = 0, head_dim = 0, seq_q = 0, seq_kv = 0;
  bool causal = true;
  AttentionKernel kernel = AttentionKernel::flash;
  Pass pass = Pass::forward;
  Dtype dtype = Dtype::bf16;
  // Inference: keys and values of the new tokens are stored into a cache, and read from it.
  bool cached = false;
  Dtype cache_dtype = Dtype::bf16;  // where `cached`
  // Head size of the values where it is another one (latent attention: 192 for the scores, 128 for the
  // values); 0: as head_dim.
  std::int64_t value_dim = 0;
  auto operator<=>(const Attention&) const = default;
};

// Operations bound by memory traffic; `bytes` = read + written.
struct Streaming {
  StreamKind kind = StreamKind::copy;
  Bytes bytes;
  auto operator<=>(const Streaming&) const = default;
};

// Attention of one new token per sequence over its KV cache of seq_kv tokens. Latent attention (MLA):
// kv_heads = 1, head_dim = latent and rotary width (576), value_dim = latent width (512); the cache holds one
// vector per token, of which the values are the first part.
struct AttentionDecode {
  std::int64_t batch = 0, heads = 0, kv_heads = 0, head_dim = 0, seq_kv = 0;
  Dtype dtype = Dtype::bf16, cache_dtype = Dtype::bf16;
  std::int64_t value_dim = 0;  // above 0: latent attention
  auto operator<=>(const AttentionDecode&) const = default;
};

// A fused layer of experts on one device: `tokens` of width `hidden`, each sent to `topk` of `experts`, whose
// two products have the width `intermediate` (gate and up together count once). tp ranks split the
// intermediate width, ep ranks the experts. `skew`: exponent of the power law of tokens over experts, 0 where
// they are even.
struct ExpertLayer {
  std::int64_t tokens = 0, intermediate = 0, hidden = 0, topk = 1, experts = 1, tp = 1, ep = 1;
  double skew = 0;
  bool gated = true;
  ExpertFormat format = ExpertFormat::bf16;
  auto operator<=>(const ExpertLayer&) const = default;
};

// Bytes between the device and something outside it.
enum class HostPath { to_device_pinned, to_device_pageable, to_host_pinned, to_host_pageable, peer };
struct HostTransfer {
  HostPath path = HostPath::to_device_pinned;
  Bytes bytes;
  auto operator<=>(const HostTransfer&) const = default;
};

// An operation of which a trace tells no more than its work.
struct Roofline {
  Flops flops;
  Bytes bytes;
  auto operator<=>(const Roofline&) const = default;
};

using KernelOp =
    std::variant<Gemm, Attention, AttentionDecode, ExpertLayer, Streaming, HostTransfer, Roofline>;

}  // namespace aifsim
