// Prices of one GPU model, each computed once: a program launches the same few shapes again and again.
#pragma once
#include <unordered_map>

#include "kernels/uncertainty.hpp"

namespace aifsim {

struct KernelOpHash {
  std::size_t operator()(const KernelOp& op) const;
};

class PriceCache {
 public:
  // Keeps a reference to the GPU model, whose constants must stay as they are. `draw` above 0: with each
  // kernel's miss in that draw (uncertainty.hpp); the GPU must be drawn already.
  explicit PriceCache(const GpuDescription& gpu, const Conditions& conditions = {}, std::uint64_t draw = 0)
      : gpu_(gpu), conditions_(conditions), draw_(draw) {}
  // Valid as long as the cache is.
  const Price& operator()(const KernelOp& op) {
    const auto found = prices_.find(op);
    if (found != prices_.end()) return found->second;
    Price p = price(gpu_, op, conditions_);
    if (draw_ > 0) p.time = p.time * drawn_miss(op, p, draw_);
    return prices_.emplace(op, p).first->second;
  }

 private:
  const GpuDescription& gpu_;
  Conditions conditions_;
  std::uint64_t draw_;
  std::unordered_map<KernelOp, Price, KernelOpHash> prices_;
};

}  // namespace aifsim
