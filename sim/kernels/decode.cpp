#include "kernels/decode.hpp"

#include "kernels/device.hpp"

namespace aifsim {

Price price_decode(const GpuDescription& gpu, const AttentionDecode& op) {
  const double sequences = double(op.batch);
  const double cache = 2 * bytes_of(op.cache_dtype) * sequences * double(op.kv_heads) * double(op.head_dim) *
                       double(op.seq_kv);
  const double flops = 4 * sequences * double(op.heads) * double(op.head_dim) * double(op.seq_kv);
  const double share = needed(gpu, gpu.decode.memory_efficiency, "decode.memory_efficiency");
  Price p{gpu.decode.fixed_time.value + Seconds{cache / (share * gpu.memory_bandwidth->value)}, Flops{flops},
          Bytes{cache}};
  p.fit = &gpu.decode.fit;
  return p;
}

}  // namespace aifsim
