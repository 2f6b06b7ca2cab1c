#include "kernels/price.hpp"

#include "kernels/attention.hpp"
#include "kernels/gemm.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {
namespace {

struct Pricer {
  const GpuDescription& gpu;
  Price operator()(const Gemm& op) const { return price_gemm(gpu, op); }
  Price operator()(const Attention& op) const { return price_attention(gpu, op); }
  Price operator()(const Streaming& op) const { return price_streaming(gpu, op); }
};

}  // namespace

Price price(const GpuDescription& gpu, const KernelOp& op) { return std::visit(Pricer{gpu}, op); }

}  // namespace aifsim
