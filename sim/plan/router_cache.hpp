// Routers of one machine, the last ones used: jobs on the same nodes share what has been routed.
#pragma once
#include <list>
#include <memory>

#include "plan/router.hpp"

namespace aifsim {

class RouterCache {
 public:
  // `machine` must outlive the cache, and be the same at each call.
  std::shared_ptr<Router> of(const Topology& machine, const std::vector<std::int64_t>& nodes, bool folded);

 private:
  static constexpr std::size_t most = 16;  // a whole machine's routes take megabytes
  struct Entry {
    std::vector<std::int64_t> nodes;
    bool folded;
    std::shared_ptr<Router> router;
  };
  std::list<Entry> entries_;  // the last one used first
};

}  // namespace aifsim
