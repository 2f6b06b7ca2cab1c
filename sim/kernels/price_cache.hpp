// Prices of one GPU model, each computed once: a program launches the same few shapes again and again.
#pragma once
#include <unordered_map>

#include "kernels/price.hpp"

namespace aifsim {

struct KernelOpHash {
  std::size_t operator()(const KernelOp& op) const;
};

class PriceCache {
 public:
  // Keeps a reference to the GPU model, whose constants must stay as they are.
  explicit PriceCache(const GpuDescription& gpu, const Conditions& conditions = {})
      : gpu_(gpu), conditions_(conditions) {}
  // Valid as long as the cache is.
  const Price& operator()(const KernelOp& op) {
    const auto found = prices_.find(op);
    if (found != prices_.end()) return found->second;
    return prices_.emplace(op, price(gpu_, op, conditions_)).first->second;
  }

 private:
  const GpuDescription& gpu_;
  Conditions conditions_;
  std::unordered_map<KernelOp, Price, KernelOpHash> prices_;
};

}  // namespace aifsim
