#include "kernels/attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/words.hpp"
#include "kernels/decode.hpp"
#include "kernels/device.hpp"
#include "kernels/gemm.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {
namespace {

double kernel_head_dim(std::int64_t head_dim) {
  for (const int compiled : {64, 96, 128, 192, 256}) {
    if (head_dim <= compiled) return compiled;
  }
  return double(head_dim);
}

double value_dim(const Attention& a) { return double(a.value_dim > 0 ? a.value_dim : a.head_dim); }
double mean_dim(const Attention& a) { return (double(a.head_dim) + value_dim(a)) / 2; }

double cache_bytes(const Attention& a) { return bytes_of(a.cached ? a.cache_dtype : a.dtype); }

// Pairs of a query and a key that the mask leaves, over all heads and sequences.
double unmasked_scores(const Attention& a) {
  const double queries = double(a.seq_q), keys = double(a.seq_kv);
  const double per_query = a.causal ? keys - queries / 2 : keys;
  return double(a.batch) * double(a.heads) * queries * per_query;
}

bool backward(const Attention& a) { return a.pass == Pass::backward; }

struct Tiles {
  double count;
  double queries;  // of one tile, in positions of the sequence
};

Tiles tiles_of(const Attention& a, const AttentionConstants& c) {
  const double queries = double(a.seq_q), group = c.packs_heads ? double(a.heads) / double(a.kv_heads) : 1;
  const double rows = std::ceil(queries * group / c.tile_rows);
  return {double(a.batch) * double(a.heads) / group * rows, std::min(c.tile_rows / group, queries)};
}

const AttentionConstants& constants_of(const GpuDescription& gpu, const Attention& a) {
  const AttentionFormat format = attention_format(gpu, a);
  const auto found = gpu.attention.find(format);
  if (found != gpu.attention.end()) return found->second;
  throw CannotAnswer(
      fmt::format("the GPU model {} has no constants attention.{}", gpu.name, catalog::word_of(format)));
}

// The constants that both passes have, of the one that runs.
struct PassConstants {
  double efficiency, tail;
  Seconds tile_time;
  double memory_efficiency, cache_gain;
  Seconds memory_ramp;
  double norm;
  Seconds fixed_time;
  const FitInfo* fit;
};

PassConstants pass_constants(const GpuDescription& gpu, const Attention& a, const AttentionConstants& c) {
  const AttentionBackward& b = gpu.attention_backward;
  if (backward(a) && b.efficiency.value > 0)
    return {needed(gpu, b.efficiency, "attention_backward.efficiency"),
            *b.tail,
            *b.tile_time,
            needed(gpu, b.memory_efficiency, "attention_backward.memory_efficiency"),
            *b.cache_gain,
            *b.memory_ramp,
            needed(gpu, b.norm, "attention_backward.norm"),
            *b.fixed_time,
            &b.fit};
  return {backward(a) ? needed(gpu, c.backward_efficiency, "attention.backward_efficiency")
                      : needed(gpu, c.forward_efficiency, "attention.forward_efficiency"),
          *c.tail,
          *c.tile_time,
          needed(gpu, c.memory_efficiency, "attention.memory_efficiency"),
          *c.cache_gain,
          *c.memory_ramp,
          needed(gpu, c.norm, "attention.norm"),
          *c.fixed_time,
          &c.fit};
}

double flash_seconds(const GpuDescription& gpu, const Attention& a, const AttentionConstants& c,
                     const PassConstants& pass, const ReleaseFactor* own) {
  const double multiprocessors = gpu.multiprocessors, keys = double(a.seq_kv);
  const Tiles tiles = tiles_of(a, c);
  const double seen = a.causal ? std::min(keys, keys - double(a.seq_q) / 2 + tiles.queries / 2) : keys;
  const double scores = c.tile_rows * (tiles.count * seen + pass.tail * multiprocessors * keys);
  const double head =
      (kernel_head_dim(a.head_dim) + kernel_head_dim(a.value_dim > 0 ? a.value_dim : a.head_dim)) / 2;
  const double peak = peak_of(gpu, a.dtype);
  const double products =
      (backward(a) ? 10 : 4) * head * (c.fp8_products ? peak / peak_of(gpu, Dtype::fp8) : 1);
  const double compute = scores * (products + c.softmax_flops) / (pass.efficiency * peak) +
                         std::max(1.0, tiles.count / multiprocessors) * pass.tile_time.value;

  const double bandwidth = gpu.memory_bandwidth->value, cache = gpu.l2->value;
  const double bytes = flash_bytes(a).value;
  const double memory =
      bytes * cache_slowness(bytes, cache, pass.cache_gain) / (pass.memory_efficiency * bandwidth) +
      pass.memory_ramp.value * std::sqrt(bytes);
  double time = (own && own->fixed_time.value > 0 ? own->fixed_time : pass.fixed_time).value +
                p_norm(compute, memory, pass.norm) + c.sequence_time->value * double(a.batch);
  if (a.cached) {
    const double stored =
        2 * double(a.batch) * mean_dim(a) * double(a.kv_heads) * keys * (bytes_of(a.dtype) + cache_bytes(a));
    time += stored * cache_slowness(stored, cache, pass.cache_gain) /
                (needed(gpu, c.store_efficiency, "attention.store_efficiency") * bandwidth) +
            c.token_time->value * double(a.batch) * double(a.seq_q);
  }
  return time;
}

Price price_flash(const GpuDescription& gpu, const Attention& a, std::string_view software) {
  const AttentionConstants& c = constants_of(gpu, a);
  PassConstants pass = pass_constants(gpu, a, c);
  const bool by_matrix_units = a.dtype != Dtype::fp32;  // whose new forms FlashAttention-2 does not know
  if (a.kernel == AttentionKernel::flash2 && by_matrix_units)
    pass.efficiency *= backward(a) ? needed(gpu, c.flash2_backward_share, "attention.flash2_backward_share")
                                   : needed(gpu, c.flash2_forward_share, "attention.flash2_forward_share");
  const double time = flash_seconds(gpu, a, c, pass, find_release(*pass.fit, software));
  Price p{Seconds{time}, flash_flops(a), flash_bytes(a)};
  p.fit = pass.fit;
  if (pass.fit->spread > 0) {
    const bool of_block = pass.fit == &c.fit;  // else the backward pass was measured
    const double efficiency = backward(a) && of_block ? c.backward_fit.spread.value : 0;
    const double share = a.kernel == AttentionKernel::flash2 ? c.flash2_fit.spread.value : 0;
    p.widening = std::hypot(1, efficiency / pass.fit->spread, share / pass.fit->spread);
  }
  if (a.value_dim > 0 && a.value_dim != a.head_dim) p.widening *= kWithoutRows;
  if (bytes_of(a.dtype) != bytes_of(Dtype::bf16)) p.widening *= kWithoutRows;
  return p;
}

Price price_plain(const GpuDescription& gpu, const Attention& a) {
  const std::int64_t batch = a.batch * a.heads;
  // Products that contract over the head size (Q K^T, dO V^T) and over a sequence (P V, P^T dO, dS K, dS^T
  // Q).
  const Gemm over_head{a.seq_q, a.seq_kv, a.head_dim, batch, a.dtype};
  const Gemm over_keys{a.seq_q, a.head_dim, a.seq_kv, batch, a.dtype};
  const Gemm over_queries{a.seq_kv, a.head_dim, a.seq_q, batch, a.dtype};
  const double scores = double(batch) * double(a.seq_q) * double(a.seq_kv);
  const double passes = backward(a) ? 5 : 4;
  Price total = price_streaming(gpu, {StreamKind::copy, Bytes{passes * bytes_of(a.dtype) * scores}});
  const auto add = [&](const Gemm& gemm, int times) {
    const Price p = price_gemm(gpu, gemm);
    total.time += p.time * times;
    total.bytes += p.bytes * times;
    total.fit = p.fit;
  };
  add(over_head, 1);
  add(over_keys, 1);
  if (backward(a)) add(over_queries, 2);
  total.flops = Flops{(backward(a) ? 8.0 : 4.0) * double(a.head_dim) * unmasked_scores(a)};
  return total;
}

}  // namespace

AttentionFormat attention_format(const GpuDescription& gpu, const Attention& a) {
  if (!a.cached) return AttentionFormat::bf16;  // training pads a head to the next size
  const bool narrow = bytes_of(a.cache_dtype) < 2 && gpu.attention.contains(AttentionFormat::fp8);
  const AttentionFormat usual = narrow ? AttentionFormat::fp8 : AttentionFormat::bf16;
  const auto found = gpu.attention.find(usual);
  if (found == gpu.attention.end() || a.value_dim > 0 || takes_head(found->second.head_sizes, a.head_dim))
    return usual;
  return narrow ? AttentionFormat::fp8_other : AttentionFormat::bf16_other;
}

Flops flash_flops(const Attention& a) {
  return Flops{(backward(a) ? 10.0 : 4.0) * mean_dim(a) * unmasked_scores(a)};
}

Bytes flash_bytes(const Attention& a) {
  const double tensors = backward(a) ? 4 : 2;
  const double queries = bytes_of(a.dtype) * double(a.heads) * double(a.seq_q);
  const double keys = cache_bytes(a) * double(a.kv_heads) * double(a.seq_kv);
  return Bytes{double(a.batch) * mean_dim(a) * tensors * (queries + keys)};
}

Price price_attention(const GpuDescription& gpu, const Attention& a, std::string_view software) {
  return a.kernel == AttentionKernel::plain ? price_plain(gpu, a) : price_flash(gpu, a, software);
}

}  // namespace aifsim
