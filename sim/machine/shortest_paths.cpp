#include "machine/shortest_paths.hpp"

#include <limits>

#include "base/hash.hpp"

namespace aifsim {

namespace {

constexpr std::uint32_t unreachable = std::numeric_limits<std::uint32_t>::max();

// Links sorted by one of their ends: those of switch s lie at first[s] .. first[s + 1].
void sort_by(std::span<const Fabric::Link> links, SwitchId switches, SwitchId Fabric::Link::*end,
             std::vector<std::uint32_t>& first, std::vector<std::uint32_t>& sorted) {
  first.assign(switches + 1, 0);
  for (const Fabric::Link& link : links) ++first[link.*end + 1];
  for (SwitchId s = 0; s < switches; ++s) first[s + 1] += first[s];
  sorted.resize(links.size());
  std::vector<std::uint32_t> at(first.begin(), first.end() - 1);
  for (std::uint32_t i = 0; i < links.size(); ++i) sorted[at[links[i].*end]++] = i;
}

}  // namespace

ShortestPaths::ShortestPaths(std::span<const Fabric::Link> links, SwitchId switches, std::vector<bool> down)
    : links_(links), down_(std::move(down)) {
  sort_by(links, switches, &Fabric::Link::from, out_first_, out_links_);
  sort_by(links, switches, &Fabric::Link::to, in_first_, in_links_);
}

const ShortestPaths::Hops& ShortestPaths::hops_to(SwitchId target) const {
  const std::lock_guard lock(mutex_);
  Hops& hops = hops_[target];
  if (!hops.empty()) return hops;
  hops.assign(out_first_.size() - 1, unreachable);
  hops[target] = 0;
  std::vector<SwitchId> queue{target};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const SwitchId at = queue[next];
    for (std::uint32_t i = in_first_[at]; i < in_first_[at + 1]; ++i) {
      const std::uint32_t link = in_links_[i];
      if (is_down(link) || hops[links_[link].from] != unreachable) continue;
      hops[links_[link].from] = hops[at] + 1;
      queue.push_back(links_[link].from);
    }
  }
  return hops;
}

bool ShortestPaths::path(SwitchId from, SwitchId to, std::uint64_t choice, LinkId first,
                         std::vector<LinkId>& out) const {
  const Hops& hops = hops_to(to);
  if (hops[from] == unreachable) return false;
  std::vector<std::uint32_t> next;
  for (SwitchId at = from; at != to; at = links_[next.front()].to) {
    next.clear();
    for (std::uint32_t i = out_first_[at]; i < out_first_[at + 1]; ++i) {
      const std::uint32_t link = out_links_[i];
      if (!is_down(link) && hops[links_[link].to] + 1 == hops[at]) next.push_back(link);
    }
    std::swap(next.front(), next[mixed(choice + at) % next.size()]);
    out.push_back(first + next.front());
  }
  return true;
}

}  // namespace aifsim
