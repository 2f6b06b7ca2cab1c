#include "plan/router_cache.hpp"

#include <algorithm>

namespace aifsim {

std::shared_ptr<Router> RouterCache::of(const Topology& machine, const std::vector<std::int64_t>& nodes,
                                        bool folded) {
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& e) { return e.folded == folded && e.nodes == nodes; });
  if (known != entries_.end()) {
    entries_.splice(entries_.begin(), entries_, known);
    return entries_.front().router;
  }
  entries_.push_front({nodes, folded, std::make_shared<Router>(machine, nodes, folded)});
  if (entries_.size() > most) entries_.pop_back();
  return entries_.front().router;
}

}  // namespace aifsim
