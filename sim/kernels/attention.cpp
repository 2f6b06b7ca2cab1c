#include "kernels/attention.hpp"

#include "kernels/device.hpp"
#include "kernels/gemm.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {
namespace {

constexpr double kTileRows = 128;

double kernel_head_dim(std::int64_t head_dim) {
  for (const int compiled : {32, 64, 96, 128, 192, 256}) {
    if (head_dim <= compiled) return compiled;
  }
  return double(head_dim);
}

// Pairs of a query and a key that the mask leaves, over all heads and sequences.
double unmasked_scores(const Attention& a) {
  const double queries = double(a.seq_q), keys = double(a.seq_kv);
  const double per_query = a.causal ? keys - queries / 2 : keys;
  return double(a.batch) * double(a.heads) * queries * per_query;
}

bool backward(const Attention& a) { return a.pass == Pass::backward; }

Price price_flash(const GpuDescription& gpu, const Attention& a) {
  const AttentionConstants& constants = gpu.attention;
  double efficiency = backward(a)
                          ? needed(gpu, constants.backward_efficiency, "attention.backward_efficiency")
                          : needed(gpu, constants.forward_efficiency, "attention.forward_efficiency");
  if (a.kernel == AttentionKernel::flash2)
    efficiency *= backward(a)
                      ? needed(gpu, constants.flash2_backward_share, "attention.flash2_backward_share")
                      : needed(gpu, constants.flash2_forward_share, "attention.flash2_forward_share");
  const FlashCoefficients c{efficiency,
                            needed(gpu, gpu.attention.memory_efficiency, "attention.memory_efficiency"),
                            gpu.attention.fixed_time->value, gpu.attention.softmax_flops, gpu.attention.tail};
  const double time =
      flash_seconds(a, peak_of(gpu, a.dtype), gpu.memory_bandwidth->value, gpu.multiprocessors, c);
  Price p{Seconds{time}, flash_flops(a), flash_bytes(a)};
  p.fit = &gpu.attention.fit;
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
  };
  add(over_head, 1);
  add(over_keys, 1);
  if (backward(a)) add(over_queries, 2);
  total.fit = &gpu.attention.fit;
  total.flops = Flops{(backward(a) ? 8.0 : 4.0) * double(a.head_dim) * unmasked_scores(a)};
  return total;
}

}  // namespace

Flops flash_flops(const Attention& a) {
  return Flops{(backward(a) ? 10.0 : 4.0) * double(a.head_dim) * unmasked_scores(a)};
}

Bytes flash_bytes(const Attention& a) {
  const double tensors = backward(a) ? 4 : 2;
  return Bytes{bytes_of(a.dtype) * double(a.batch) * double(a.head_dim) * tensors *
               (double(a.heads) * double(a.seq_q) + double(a.kv_heads) * double(a.seq_kv))};
}

double flash_seconds(const Attention& a, double peak, double bandwidth, double multiprocessors,
                     const FlashCoefficients& c) {
  const double scores = unmasked_scores(a) + c.tail * multiprocessors * kTileRows * double(a.seq_kv);
  const double matrix_flops = (backward(a) ? 10 : 4) * kernel_head_dim(a.head_dim);
  return c.fixed_time + scores * (matrix_flops + c.softmax_flops) / (c.efficiency * peak) +
         flash_bytes(a).value / (c.memory_efficiency * bandwidth);
}

Price price_attention(const GpuDescription& gpu, const Attention& a) {
  return a.kernel == AttentionKernel::plain ? price_plain(gpu, a) : price_flash(gpu, a);
}

}  // namespace aifsim
