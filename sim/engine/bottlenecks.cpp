#include "engine/bottlenecks.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/hash.hpp"

namespace aifsim {
namespace {

struct Class {
  LinkId link = 0;
  bool kept_always = false;
  std::vector<Bottleneck::Use> uses;
  double total = 0;  // sum of shares
};

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

std::vector<Class> classes_of(std::span<const Flow* const> flows, const Topology& machine,
                              std::span<const LinkId> keep) {
  std::vector<std::uint64_t> hash(machine.link_count(), 0);
  for (std::size_t f = 0; f < flows.size(); ++f)
    for (const auto& [link, units] : flows[f]->links)
      hash[link] += mixed(f ^ mixed(std::bit_cast<std::uint64_t>(units / machine.capacity(link).value)));
  for (const LinkId link : keep) hash[link] = mixed(link);

  std::vector<Class> classes;
  std::vector<std::uint32_t> class_of(machine.link_count(), none);
  std::unordered_map<std::uint64_t, std::uint32_t> by_hash;
  for (std::size_t f = 0; f < flows.size(); ++f)
    for (const auto& [link, units] : flows[f]->links) {
      if (class_of[link] == none) {
        const auto [at, isnew] = by_hash.try_emplace(hash[link], static_cast<std::uint32_t>(classes.size()));
        class_of[link] = at->second;
        if (isnew) {
          classes.emplace_back().link = link;
          classes.back().kept_always = std::find(keep.begin(), keep.end(), link) != keep.end();
        }
      }
      Class& c = classes[class_of[link]];
      if (c.link != link) continue;
      c.uses.push_back({f, units});
      c.total += units / machine.capacity(link).value;
    }
  return classes;
}

// Whether `big` has at least the share of `small` for every flow.
bool covers(const Class& big, const Class& small, const Topology& machine) {
  const double big_capacity = machine.capacity(big.link).value,
               small_capacity = machine.capacity(small.link).value;
  auto at = big.uses.begin();
  for (const Bottleneck::Use& use : small.uses) {
    at = std::find_if(at, big.uses.end(), [&](const auto& u) { return u.flow >= use.flow; });
    if (at == big.uses.end() || at->flow != use.flow) return false;
    if (at->units / big_capacity < use.units / small_capacity) return false;
  }
  return true;
}

}  // namespace

std::vector<Bottleneck> bottlenecks(std::span<const Flow* const> flows, const Topology& machine,
                                    std::span<const LinkId> keep) {
  std::vector<Class> classes = classes_of(flows, machine, keep);
  // A link is covered only by one with a larger sum of shares, so one pass from the largest finds all; what
  // is covered by a dropped link is covered by that link's own cover.
  std::stable_sort(classes.begin(), classes.end(),
                   [](const Class& a, const Class& b) { return a.total > b.total; });
  std::vector<std::vector<std::size_t>> kept_of(flows.size());  // by flow: kept classes that it uses
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Class& c = classes[i];
    const auto rarest = std::min_element(c.uses.begin(), c.uses.end(), [&](const auto& a, const auto& b) {
      return kept_of[a.flow].size() < kept_of[b.flow].size();
    });
    const auto& candidates = kept_of[rarest->flow];
    const bool covered = std::any_of(candidates.begin(), candidates.end(),
                                     [&](std::size_t k) { return covers(classes[k], c, machine); });
    if (covered && !c.kept_always) continue;
    for (const auto& use : c.uses) kept_of[use.flow].push_back(i);
    kept.push_back(i);
  }
  std::vector<Bottleneck> found;
  for (const std::size_t i : kept)
    found.push_back({classes[i].link, machine.capacity(classes[i].link), std::move(classes[i].uses)});
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.link < b.link; });
  return found;
}

CountedLink counted(const Bottleneck& b) {
  constexpr double longest = 4096;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const auto& use : b.uses) {
    least = std::min(least, use.units);
    most = std::max(most, use.units);
  }
  double unit = std::max(least, most / longest);  // units per count
  double smallest = std::numeric_limits<double>::infinity();
  for (int m = 1; m <= 64 && most * m <= longest * std::max(least, most / longest); ++m) {
    const double tried = std::max(least, most / longest) / m;
    double worst = 0;
    for (const auto& use : b.uses)
      worst = std::max(worst, std::abs(std::round(use.units / tried) * tried / use.units - 1));
    if (worst < smallest - 1e-12) {
      smallest = worst;
      unit = tried;
    }
    if (smallest < 1e-9 || (m >= 8 && smallest < 0.01)) break;
  }
  CountedLink link{b.capacity / unit, {}};
  for (const auto& use : b.uses)
    link.counts.push_back(std::max(1, static_cast<int>(std::lround(use.units / unit))));
  return link;
}

}  // namespace aifsim
