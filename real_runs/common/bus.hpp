// Bus bandwidth as nccl-tests counts it (its doc/PERFORMANCE.md and sources).
#pragma once
#include <string>

namespace real_runs {

// Of the whole buffer over the time, on n ranks.
inline double bus_share(const std::string& op, int n) {
  if (op == "all_reduce") return 2.0 * (n - 1) / n;
  if (op == "all_gather" || op == "reduce_scatter" || op == "all_to_all" || op == "gather" || op == "scatter")
    return static_cast<double>(n - 1) / n;
  return 1;  // broadcast, reduce, send_recv
}

}  // namespace real_runs
