#include "machine/placement.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <unordered_set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "machine/fragmented.hpp"

namespace aifsim {
namespace {

bool is_free(const std::vector<char>& taken, std::int64_t node) {
  return taken.empty() || !taken[static_cast<std::size_t>(node)];
}

// Whole segments of each scale-up domain where they are asked for and the machine has room for them.
std::vector<std::int64_t> contiguous(const PlacementDescription& placement, std::int64_t nodes,
                                     const Topology& topology, std::uint64_t,
                                     const std::vector<char>& taken) {
  const std::int64_t domain = topology.nodes_per_domain(),
                     segment = placement.segment / topology.gpus_per_node();
  std::vector<std::int64_t> chosen;
  if (segment > 0 && segment < domain && nodes > segment)
    for (std::int64_t first = 0; first < topology.nodes() && std::ssize(chosen) < nodes; first += domain) {
      std::vector<std::int64_t> free;
      for (std::int64_t node = first; node < std::min(first + domain, topology.nodes()); ++node)
        if (is_free(taken, node) && std::ssize(free) < std::min(segment, nodes - std::ssize(chosen)))
          free.push_back(node);
      if (std::ssize(free) == std::min(segment, nodes - std::ssize(chosen)))
        chosen.insert(chosen.end(), free.begin(), free.end());
    }
  if (std::ssize(chosen) == nodes) return chosen;
  chosen.clear();
  for (std::int64_t node = 0; std::ssize(chosen) < nodes; ++node)
    if (is_free(taken, node)) chosen.push_back(node);
  return chosen;
}

// Deals nodes in turn from every cell or island, drawn at random within each; a fabric with one group is
// spread over its leaves. Ranks follow the nodes' numbers, as a batch system's sorted node list has it.
std::vector<std::int64_t> scattered(const PlacementDescription&, std::int64_t nodes, const Topology& topology,
                                    std::uint64_t seed, const std::vector<char>& taken) {
  const bool one_group = topology.group_of(topology.nodes() - 1) == topology.group_of(0);
  std::vector<std::vector<std::int64_t>> groups;
  std::int64_t last = -1;
  for (std::int64_t node = 0; node < topology.nodes(); ++node) {
    const std::int64_t group = one_group ? topology.leaf_of(node) : topology.group_of(node);
    if (group != last) groups.emplace_back();
    if (is_free(taken, node)) groups.back().push_back(node);
    last = group;
  }
  std::mt19937_64 generator(seed);
  for (auto& group : groups) shuffle(group, generator);

  std::vector<std::int64_t> chosen;
  for (std::size_t round = 0; std::ssize(chosen) < nodes; ++round)
    for (const auto& group : groups)
      if (round < group.size() && std::ssize(chosen) < nodes) chosen.push_back(group[round]);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Any nodes in any order: what a job gets whose ranks nobody sorts by node.
std::vector<std::int64_t> drawn_at_random(const PlacementDescription&, std::int64_t nodes,
                                          const Topology& topology, std::uint64_t seed,
                                          const std::vector<char>& taken) {
  std::vector<std::int64_t> chosen;
  for (std::int64_t node = 0; node < topology.nodes(); ++node)
    if (is_free(taken, node)) chosen.push_back(node);
  std::mt19937_64 generator(seed);
  shuffle(chosen, generator);
  chosen.resize(static_cast<std::size_t>(nodes));
  return chosen;
}

std::vector<std::int64_t> as_real_jobs(const PlacementDescription&, std::int64_t nodes,
                                       const Topology& topology, std::uint64_t seed,
                                       const std::vector<char>& taken) {
  std::vector<std::vector<std::int64_t>> groups;
  std::int64_t last = -1;
  for (std::int64_t node = 0; node < topology.nodes(); ++node) {
    if (!is_free(taken, node)) continue;
    const std::int64_t group = topology.group_of(node);
    if (groups.empty() || group != last) groups.emplace_back();
    groups.back().push_back(node);
    last = group;
  }
  return fragmented_nodes(std::move(groups), nodes, seed);
}

std::vector<std::int64_t> listed(const PlacementDescription& placement, std::int64_t nodes,
                                 const Topology& topology, std::uint64_t, const std::vector<char>& taken) {
  // What depends on the machine and the job, not on the file alone, is no mistake of the file.
  const auto refuse = [&](const std::string& what) {
    throw CannotAnswer(Problem{placement.place, what}.str());
  };
  if (std::ssize(placement.nodes) < nodes)
    refuse(fmt::format("the placement lists {} nodes; the job needs {}", placement.nodes.size(), nodes));
  std::unordered_set<std::int64_t> seen;
  for (const std::int64_t node : placement.nodes) {
    if (node < 0 || node >= topology.nodes())
      refuse(fmt::format("the placement lists node {}; the {} has nodes 0 to {}", node, topology.called(),
                         topology.nodes() - 1));
    if (!is_free(taken, node))
      throw InputError(placement.place,
                       fmt::format("the placement lists node {}, which another job has taken", node));
    if (!seen.insert(node).second)
      throw InputError(placement.place,
                       fmt::format("the placement lists node {} twice; each node can be used once", node));
  }
  return {placement.nodes.begin(), placement.nodes.begin() + nodes};
}

constexpr std::array kinds{
    PlacementKind{
        PlacementPolicy::contiguous, "contiguous",
        "the machine's first nodes, cell by cell; of a rack-wide NVLink domain what whole groups fill",
        contiguous},
    PlacementKind{PlacementPolicy::scattered, "scattered",
                  "spread evenly over all cells or islands, at random within each", scattered},
    PlacementKind{PlacementPolicy::random, "random", "nodes drawn from the whole machine, in random order",
                  drawn_at_random},
    PlacementKind{PlacementPolicy::fragmented, "fragmented",
                  "as real jobs lie on busy machines: a drawn number of groups and of runs of nodes",
                  as_real_jobs},
    PlacementKind{PlacementPolicy::list, "list", "the nodes that the scenario names", listed},
};

// A job on several partitions takes as many nodes of each.
std::vector<std::int64_t> in_each(const PlacementKind& kind, const std::vector<Topology>& parts,
                                  const PlacementDescription& placement, std::int64_t nodes,
                                  std::uint64_t seed, const std::vector<char>& taken) {
  const std::int64_t count = std::ssize(parts), each = nodes / count;
  if (nodes % count != 0)
    throw CannotAnswer(
        fmt::format("a job on {} partitions takes as many nodes of each, and {} does not divide its {} "
                    "nodes; {} or {} would go",
                    count, count, nodes, each * count, (each + 1) * count));
  std::vector<std::int64_t> chosen;
  std::int64_t first = 0;
  for (const Topology& part : parts) {
    std::vector<char> own;
    if (!taken.empty())
      own.assign(taken.begin() + static_cast<std::ptrdiff_t>(first),
                 taken.begin() + static_cast<std::ptrdiff_t>(first + part.nodes()));
    if (const auto free = part.nodes() - std::count(own.begin(), own.end(), 1); each > free)
      throw CannotAnswer(
          fmt::format("a job of {} nodes on each of {} partitions finds only {} of the {}'s {} free", each,
                      count, free, part.called(), part.nodes()));
    for (const std::int64_t node : kind.choose(placement, each, part, seed, own))
      chosen.push_back(first + node);
    first += part.nodes();
  }
  return chosen;
}

}  // namespace

std::span<const PlacementKind> placement_kinds() { return kinds; }

PlacementDescription in_segments(PlacementDescription placement, std::int64_t gpus, std::int64_t unit,
                                 const Topology& topology) {
  const std::int64_t domain = topology.gpus_per_domain();
  if (placement.policy != PlacementPolicy::contiguous || placement.segment > 0 ||
      topology.nodes_per_domain() == 1 || gpus <= domain || unit > domain)
    return placement;
  const std::int64_t step = std::lcm(unit, topology.gpus_per_node());
  for (std::int64_t segment = domain / step * step; 2 * segment > domain; segment -= step)
    if (gpus % segment == 0) {
      placement.segment = segment;
      break;
    }
  return placement;
}

std::vector<std::int64_t> place_job(const PlacementDescription& placement, std::int64_t gpus,
                                    const Topology& topology, std::uint64_t seed,
                                    const std::vector<char>& taken) {
  const std::int64_t per_node = topology.gpus_per_node();
  if (gpus < 1) throw CannotAnswer(fmt::format("a job of {} GPUs; it needs at least 1", gpus));
  if (gpus > topology.gpus())
    throw CannotAnswer(fmt::format("a job of {} GPUs is larger than the {}: {} nodes of {} GPUs are {}", gpus,
                                   topology.called(), topology.nodes(), per_node, topology.gpus()));
  if (gpus > per_node && gpus % per_node != 0)
    throw CannotAnswer(fmt::format("a job of {} GPUs does not fill nodes of {} GPUs; {} or {} would", gpus,
                                   per_node, gpus - gpus % per_node, gpus - gpus % per_node + per_node));
  const std::vector<Topology> parts = topology.parts();
  if (const std::int64_t domain = topology.gpus_per_domain(); parts.size() == 1 && placement.segment > 0) {
    const auto refuse = [&](const std::string& why) {
      throw CannotAnswer(
          Problem{placement.place, fmt::format("placement.segment: {}: {}", placement.segment, why)}.str());
    };
    if (topology.nodes_per_domain() == 1)
      refuse(fmt::format("it belongs to scale-up domains of several nodes, which the {} has not",
                         topology.called()));
    if (placement.segment > domain || placement.segment % per_node != 0)
      refuse(fmt::format(
          "the {} has domains of {} GPUs in nodes of {}: a multiple of {} up to {} would be right",
          topology.called(), domain, per_node, per_node, domain));
  }
  const std::int64_t nodes = std::max<std::int64_t>(1, gpus / per_node);
  const auto used = std::count(taken.begin(), taken.end(), 1);
  if (nodes > topology.nodes() - used)
    throw CannotAnswer(fmt::format("a job of {} nodes finds only {} of the {}'s {} free", nodes,
                                   topology.nodes() - used, topology.called(), topology.nodes()));
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.policy == placement.policy; });
  if (parts.size() == 1 || placement.policy == PlacementPolicy::list)
    return kind->choose(placement, nodes, topology, seed, taken);
  return in_each(*kind, parts, placement, nodes, seed, taken);
}

}  // namespace aifsim
