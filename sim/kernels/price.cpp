#include "kernels/price.hpp"

#include "kernels/attention.hpp"
#include "kernels/decode.hpp"
#include "kernels/device.hpp"
#include "kernels/experts.hpp"
#include "kernels/gemm.hpp"
#include "kernels/power.hpp"
#include "kernels/roofline.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {
namespace {

struct Pricer {
  const GpuDescription& gpu;
  std::string_view software;
  Price operator()(const Gemm& op) const { return price_gemm(gpu, op, software); }
  Price operator()(const Attention& op) const { return price_attention(gpu, op, software); }
  Price operator()(const AttentionDecode& op) const { return price_decode(gpu, op, software); }
  Price operator()(const ExpertLayer& op) const { return price_experts(gpu, op); }
  Price operator()(const Streaming& op) const { return price_streaming(gpu, op); }
  Price operator()(const HostTransfer& op) const { return price_transfer(gpu, op); }
  Price operator()(const Roofline& op) const { return price_roofline(gpu, op); }
};

double release_factor(const FitInfo& fit, std::string_view software) {
  const ReleaseFactor* release = find_release(fit, software);
  return release ? release->time_factor : 1;
}

}  // namespace

Price price(const GpuDescription& gpu, const KernelOp& op, const Conditions& conditions) {
  Price p = std::visit(Pricer{gpu, conditions.software}, op);
  if (p.fit) {
    p.spread = p.fit->spread * p.widening;
    if (!conditions.software.empty()) p.time = p.time * release_factor(*p.fit, conditions.software);
  }
  add_power(gpu, op, conditions.sustained, p);
  return p;
}

}  // namespace aifsim
