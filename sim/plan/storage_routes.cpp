// Which links the traffic between a job's ranks and storage loads.
#include <algorithm>
#include <numeric>
#include <utility>

#include "plan/router.hpp"

namespace aifsim {

// Ranks and servers both cut the same bytes into even parts, in their orders; who shares a piece meets, over
// all of the server's NICs alike. Servers are taken in an order that has nothing to do with where they stand.
std::vector<Router::StorageEdge> Router::storage_shares(const RoutedGroup& group, const NodeRow* tier) const {
  const std::int64_t ranks = std::ssize(group.members), servers = tier ? tier->nodes : 1,
                     nics = tier ? machine_.storage_ways(*tier) : 1;
  std::int64_t stride = std::max<std::int64_t>(1, servers * 618 / 1000);
  while (std::gcd(stride, servers) != 1) ++stride;
  std::vector<StorageEdge> edges;
  for (std::int64_t rank = 0, server = 0; rank < ranks && server < servers;) {
    const std::int64_t end_of_rank = (rank + 1) * servers, end_of_server = (server + 1) * ranks;
    const std::int64_t start = std::max(rank * servers, server * ranks),
                       end = std::min(end_of_rank, end_of_server);
    for (std::int64_t nic = 0; nic < nics; ++nic)
      edges.push_back({group.bases.front() + group.members[static_cast<std::size_t>(rank)],
                       server * stride % servers, nic,
                       static_cast<double>(end - start) / static_cast<double>(servers * nics)});
    rank += end == end_of_rank ? 1 : 0;
    server += end == end_of_server ? 1 : 0;
  }
  return edges;
}

// Into the scratch. Without servers: the node's own drives.
void Router::add_storage_edge(const NodeRow* servers, const StorageEdge& edge, bool write) {
  route_.clear();
  if (servers)
    machine_.route_storage(gpu_of(edge.rank), *servers, edge.server, edge.nic, write, route_);
  else
    machine_.route_to_drives(gpu_of(edge.rank), write, route_);
  for (const LinkId l : route_) {
    if (units_[l] == 0) touched_.push_back(l);
    units_[l] += edge.share;
  }
}

const RoutedCollective& Router::storage(const std::string& tier, bool write, const RoutedGroup& group) {
  const StorageKey key{tier, write, group.number};
  if (const auto known = storage_.find(key); known != storage_.end()) return known->second;
  const NodeRow* servers = machine_.servers_of(tier);
  for (const StorageEdge& edge : storage_shares(group, servers)) add_storage_edge(servers, edge, write);
  RoutedPhase phase;
  phase.flow = find_or_add(collect());
  phase.share = 1;
  if (!folded_) phase.edges = storage_edges(tier, write, group);
  RoutedCollective routed;
  routed.phases.push_back(std::move(phase));
  return storage_.emplace(key, std::move(routed)).first->second;
}

const std::vector<EdgeFlow>& Router::storage_edges(const std::string& tier, bool write,
                                                   const RoutedGroup& group) {
  const StorageKey key{tier, write, group.number};
  if (const auto known = storage_edges_.find(key); known != storage_edges_.end()) return known->second;
  const NodeRow* servers = machine_.servers_of(tier);
  std::vector<EdgeFlow> edges;
  for (StorageEdge edge : storage_shares(group, servers)) {
    const double share = std::exchange(edge.share, 1);
    add_storage_edge(servers, edge, write);
    edges.push_back({find_or_add(collect()), share});
  }
  return storage_edges_.emplace(key, std::move(edges)).first->second;
}

}  // namespace aifsim
