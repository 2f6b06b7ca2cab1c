// Collectives of GPU buffers inside one node or scale-up domain.
//
// A vendor's library (NCCL, RCCL), all-reduce, all-gather, reduce-scatter, broadcast:
//   low   t = a0 + s a1 + c sqrt(V) + V / (q B_n)
//   late  t = a0 + b0 + s (a1 + b1) + g V / (B_n h)
//   V <= W s^0.7: low, else late; the two are joined as low^(1-w) late^w, w = 1 / (1 + (W s^0.7 / V)^8)
// All-to-all:  t = a0 + s x1 + w b2 + c2 sqrt(V) + V / (y B_n), w with the volume Wx
//   t [s]; V [B] that a rank must send; s messages one after the other: 2 (n-1) for an all-reduce, else n-1;
//   B_n = B r^(log2(n/2) / 2): bandwidth of n ranks, up to eight, r that of eight over two; h gain of in-switch
//   reduction (all-reduce, eight ranks or more, not 8-bit integers); g time of an 8-bit reduction.
//   a0 base, a1 step, c ramp, q low_share, W switch_bytes, b0 late_base, b1 late_step, B bandwidth,
//   r wide_ratio, h in_switch_gain, g narrow_time; x1 exchange_step, b2 exchange_late, Wx exchange_switch,
//   c2 exchange_ramp, y exchange_share.
// An engine's own all-reduce kernel:
//   one shot   t = b + (n-1) b1 + (n-1) S / (B1 r^..)      up to `one_scale` times 512 KiB (n <= 4), 256 KiB
//   two shots  t = b + (n-1) b1 + b2 + V / (B2 r^..)       always one shot for two ranks
//   beyond own_limit the vendor's library, `library_time` times as long as by itself;
//   outside a CUDA graph t = max(t, floor) + 2 S / B_copy.
// Assumes an idle node. Range: 2 to 8 ranks (72 in a rack), 256 B to 16 GiB. Source: the shape is NCCL's
// protocols LL128 and Simple; constants fitted by `aifsim calibrate collectives`.
#pragma once
#include "catalog/collective_models.hpp"
#include "collectives/query.hpp"

namespace aifsim {

Seconds node_time(const NodeModel& model, const CollectiveQuery& query);
// `library`: what the vendor's library would take; `own_factor`: of a release, on the engine's own kernels.
Seconds kernel_time(const KernelModel& model, const CollectiveQuery& query, Seconds library,
                    double own_factor = 1);

// "vllm", "sglang", "sglang2", "trtllm" for a row of an engine's own kernel; "" for a library's.
std::string engine_of(const CollectiveQuery& query);

}  // namespace aifsim
