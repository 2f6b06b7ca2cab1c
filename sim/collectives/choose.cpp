#include "collectives/choose.hpp"

namespace aifsim {
namespace {

// NCCL sums in the switch from so many ranks of a node on: four GPUs of GB200 run rings (nccl-tests).
constexpr std::int64_t fewest_in_switch = 8;

std::vector<Algorithm> wanted(CollectiveKind kind, const GroupShape& group, bool switch_sums, double visits) {
  switch (kind) {
    case CollectiveKind::all_reduce:
      if (!switch_sums || group.per_node < fewest_in_switch) return {Algorithm::ring, Algorithm::tree};
      return {Algorithm::ring, Algorithm::tree, Algorithm::nvls, Algorithm::nvls_tree};
    case CollectiveKind::all_gather:
    case CollectiveKind::reduce_scatter:
    case CollectiveKind::broadcast:
    case CollectiveKind::reduce:
      return {Algorithm::ring};
    case CollectiveKind::gather:
    case CollectiveKind::scatter:
      return {Algorithm::linear};
    case CollectiveKind::all_to_all:
    case CollectiveKind::expert_dispatch:
    case CollectiveKind::expert_combine:
      return {visits > 1 && find_schedule(kind, Algorithm::forwarded, group) ? Algorithm::forwarded
                                                                             : Algorithm::linear};
    case CollectiveKind::send_receive:
      return {Algorithm::direct};
    case CollectiveKind::barrier:
      return {Algorithm::dissemination};
  }
  return {};
}

}  // namespace

std::vector<Algorithm> library_algorithms(CollectiveKind kind, const GroupShape& group, bool switch_sums,
                                          double visits) {
  std::vector<Algorithm> found;
  for (const Algorithm a : wanted(kind, group, switch_sums, visits)) {
    if (a == Algorithm::nvls && group.nodes() > 1) continue;  // between nodes it is nvls_tree
    if (find_schedule(kind, a, group)) found.push_back(a);
  }
  return found;
}

}  // namespace aifsim
