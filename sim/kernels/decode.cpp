#include "kernels/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/words.hpp"
#include "kernels/device.hpp"

namespace aifsim {
namespace {

constexpr double kBusy = 0.8;           // share of the multiprocessors beyond which nothing is split
constexpr double kMostScheduled = 992;  // sequences that are prepared one by one

// Of the peak: FlashMLA on H800, 660 of 989 TFLOP/s (github.com/deepseek-ai/FlashMLA, 2025).
constexpr double kLatentShare = 0.66;

bool latent(const AttentionDecode& op) { return op.value_dim > 0; }

double blocks_unsplit(const AttentionDecode& op, double tile_rows) {
  const double group = double(op.heads) / double(op.kv_heads);
  return double(op.batch) * double(op.kv_heads) * std::ceil(group / tile_rows);
}

const DecodeConstants& constants_of(const GpuDescription& gpu, const AttentionDecode& op) {
  const auto found = gpu.decode.find(decode_format(gpu, op));
  if (found != gpu.decode.end()) return found->second;
  throw CannotAnswer(fmt::format("the GPU model {} has no constants decode.{}", gpu.name,
                                 catalog::word_of(decode_format(gpu, op))));
}

}  // namespace

AttentionFormat decode_format(const GpuDescription& gpu, const AttentionDecode& op) {
  const bool narrow = bytes_of(op.cache_dtype) < 2 && gpu.decode.contains(AttentionFormat::fp8);
  const AttentionFormat usual = narrow ? AttentionFormat::fp8 : AttentionFormat::bf16;
  const auto found = gpu.decode.find(usual);
  if (found == gpu.decode.end() || latent(op) || takes_head(found->second.head_sizes, op.head_dim))
    return usual;
  return narrow ? AttentionFormat::fp8_other : AttentionFormat::bf16_other;
}

double decode_splits(const AttentionDecode& op, const DecodeConstants& c, double multiprocessors) {
  if (op.heads == op.kv_heads && !c.splits_lone_heads) return 1;
  const double parts = std::ceil(double(op.seq_kv) / c.split_keys);
  const double blocks = blocks_unsplit(op, c.tile_rows);
  if (parts < 2 || blocks >= kBusy * multiprocessors) return 1;
  return std::max(1.0, std::min({std::floor(multiprocessors / blocks), parts, c.most_splits}));
}

Flops decode_flops(const AttentionDecode& op) {
  const double both = double(op.head_dim) + double(latent(op) ? op.value_dim : op.head_dim);
  return Flops{2 * double(op.batch) * double(op.heads) * both * double(op.seq_kv)};
}

Bytes decode_bytes(const AttentionDecode& op) {
  const double head = double(op.head_dim), value = double(latent(op) ? op.value_dim : op.head_dim);
  const double per_token = bytes_of(op.cache_dtype) * double(op.kv_heads) * (latent(op) ? head : 2 * head);
  const double queries = bytes_of(op.dtype) * double(op.heads) * (head + value);
  return Bytes{double(op.batch) * (per_token * double(op.seq_kv) + queries)};
}

Price price_decode(const GpuDescription& gpu, const AttentionDecode& op, std::string_view software) {
  const DecodeConstants& c = constants_of(gpu, op);
  const ReleaseFactor* own = find_release(c.fit, software);
  const auto of_release = [own](Seconds ReleaseFactor::*mine, Seconds block) {
    return (own && (own->*mine).value > 0 ? own->*mine : block).value;
  };
  const double multiprocessors = gpu.multiprocessors, keys = double(op.seq_kv);
  const double splits = decode_splits(op, c, multiprocessors);
  const bool split = splits > 1;
  const double keys_of_part =
      split ? std::ceil(std::ceil(keys / c.split_keys) / splits) * c.split_keys : keys;

  const double head = double(op.head_dim) / 128;
  const double per_key = c.key_time->value * bytes_of(op.cache_dtype) / 2 *
                         (c.key_exponent == 1 || latent(op) ? head : std::pow(head, c.key_exponent));
  const double block = c.block_time->value + c.head_time->value * head + per_key * keys_of_part;
  const double rounds = std::max(1.0, blocks_unsplit(op, c.tile_rows) * splits / multiprocessors);
  const double compute = rounds * block;

  const double parts = split ? 8 * splits * double(op.batch) * double(op.heads) * double(op.head_dim) : 0;
  const double bytes = decode_bytes(op).value + parts;
  const double bandwidth =
      needed(gpu, c.memory_efficiency, "decode.memory_efficiency") * gpu.memory_bandwidth->value;
  double memory = bytes * cache_slowness(bytes, gpu.l2->value, c.cache_gain) / bandwidth +
                  c.memory_ramp->value * std::sqrt(bytes);
  if (latent(op)) memory = std::max(memory, decode_flops(op).value / (kLatentShare * peak_of(gpu, op.dtype)));

  double time = of_release(&ReleaseFactor::fixed_time, c.fixed_time) +
                p_norm(compute, memory, needed(gpu, c.norm, "decode.norm"));
  if (split) time += c.join_time->value;
  if (op.heads > op.kv_heads && op.kv_heads > 1 && op.batch > 1)
    time += of_release(&ReleaseFactor::regroup_time, c.regroup_time);
  if (double(op.batch) <= kMostScheduled)
    time += c.sequence_time->value * double(op.batch) * (c.prepares_heads ? double(op.kv_heads) : 1);
  Price p{Seconds{time}, decode_flops(op), Bytes{bytes}};
  p.fit = &c.fit;
  if (latent(op)) p.widening = kWithoutRows;
  return p;
}

}  // namespace aifsim
