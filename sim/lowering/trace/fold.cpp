#include "lowering/trace/fold.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

using Colors = std::vector<std::size_t>;

class Fold {
 public:
  explicit Fold(const TracedJob& job) : job_(job) {
    for (const TracedRank& work : job.works) {
      std::set<std::int64_t> by;
      for (const TracedOp& op : work.work.ops)
        if (op.kind == TracedKind::send || op.kind == TracedKind::receive) by.insert(op.by);
      peers_.emplace_back(by.begin(), by.end());
    }
    std::map<std::vector<std::int64_t>, std::size_t> shapes;
    for (const Communicator& c : job.communicators) {
      std::vector<std::int64_t> shape = c.ranks;
      for (std::int64_t& rank : shape) rank -= c.ranks.front();
      shape_.push_back(shapes.try_emplace(std::move(shape), shapes.size()).first->second);
    }
  }

  TracedRoles run() {
    if (auto roles = with_groups(roles_of(refined()))) return *roles;
    Colors each(job_.ranks.size());
    std::iota(each.begin(), each.end(), 0);
    if (auto roles = with_groups(roles_of(each))) return *roles;
    for (const Communicator& c : job_.communicators)
      if (!lattice_of(c.ranks))
        throw CannotAnswer(
            fmt::format("{}: process group {} has the ranks {}, which lie at no equal distances; "
                        "such groups have no price",
                        job_.name, quote(c.name), fmt::join(c.ranks, ", ")));
    throw std::logic_error("a trace's communicators make no groups");
  }

 private:
  // Splits roles until each peer and each communicator of a role is of the same roles for all of its ranks.
  Colors refined() const {
    Colors colors;
    for (const TracedJob::Rank& rank : job_.ranks) colors.push_back(rank.work);
    std::size_t count = 0;
    for (;;) {
      colors = split(colors);
      const std::size_t now = 1 + *std::max_element(colors.begin(), colors.end());
      if (now == count && !scatter(colors)) return colors;
      count = now;
    }
  }

  Colors split(const Colors& colors) const {
    Colors around;  // of each communicator: its shape, and the colors in it
    std::map<Colors, std::size_t> seen;
    for (std::size_t c = 0; c < job_.communicators.size(); ++c) {
      Colors in{shape_[c]};
      for (const std::int64_t rank : job_.communicators[c].ranks)
        in.push_back(colors[static_cast<std::size_t>(rank)]);
      around.push_back(seen.try_emplace(std::move(in), seen.size()).first->second);
    }
    Colors next;
    std::map<Colors, std::size_t> known;
    for (std::size_t r = 0; r < job_.ranks.size(); ++r) {
      Colors key{colors[r]};
      for (const std::int64_t by : peers_[job_.ranks[r].work])
        key.push_back(colors[static_cast<std::size_t>(static_cast<std::int64_t>(r) + by)]);
      for (const std::size_t c : job_.ranks[r].communicators) key.push_back(around[c]);
      next.push_back(known.try_emplace(std::move(key), known.size()).first->second);
    }
    return next;
  }

  // Ranks of a role that do not lie at equal distances: each for itself. Whether there were any.
  static bool scatter(Colors& colors) {
    std::size_t count = 1 + *std::max_element(colors.begin(), colors.end());
    bool any = false;
    for (const auto& ranks : roles_of(colors)) {
      bool equal = true;
      for (std::size_t i = 2; i < ranks.size(); ++i)
        equal = equal && ranks[i] - ranks[i - 1] == ranks[1] - ranks[0];
      if (equal) continue;
      any = true;
      for (const std::int64_t rank : ranks) colors[static_cast<std::size_t>(rank)] = count++;
    }
    return any;
  }

  static std::vector<std::vector<std::int64_t>> roles_of(const Colors& colors) {
    std::map<std::size_t, std::size_t> role;
    std::vector<std::vector<std::int64_t>> roles;
    for (std::size_t r = 0; r < colors.size(); ++r) {
      const auto [at, isnew] = role.try_emplace(colors[r], roles.size());
      if (isnew) roles.emplace_back();
      roles[at->second].push_back(static_cast<std::int64_t>(r));
    }
    return roles;
  }

  // Communicators that ranks of one role call at one place are groups of one shape.
  std::optional<TracedRoles> with_groups(std::vector<std::vector<std::int64_t>> roles) const {
    std::vector<std::size_t> parent(job_.communicators.size());
    std::iota(parent.begin(), parent.end(), 0);
    const auto root = [&](std::size_t c) {
      while (parent[c] != c) c = parent[c] = parent[parent[c]];
      return c;
    };
    const auto at = [&](std::int64_t rank) -> const TracedJob::Rank& {
      return job_.ranks[static_cast<std::size_t>(rank)];
    };
    for (const auto& ranks : roles)
      for (const std::int64_t rank : ranks)
        for (std::size_t slot = 0; slot < at(rank).communicators.size(); ++slot)
          parent[root(at(rank).communicators[slot])] = root(at(ranks.front()).communicators[slot]);
    TracedRoles made;
    std::map<std::size_t, std::vector<std::size_t>> families;
    for (std::size_t c = 0; c < parent.size(); ++c) families[root(c)].push_back(c);
    std::map<std::size_t, std::size_t> index;
    for (const auto& [family, members] : families) {
      auto group = group_of(members);
      if (!group) return std::nullopt;
      index[family] = made.groups.size();
      made.groups.push_back(std::move(*group));
      made.names.push_back(job_.communicators[members.front()].name);
    }
    for (const auto& ranks : roles) {
      std::vector<std::size_t>& own = made.group_of.emplace_back();
      for (const std::size_t c : at(ranks.front()).communicators) own.push_back(index.at(root(c)));
    }
    made.ranks = std::move(roles);
    return made;
  }

  std::optional<GroupRanks> group_of(const std::vector<std::size_t>& communicators) const {
    std::vector<std::int64_t> firsts;
    std::set<std::int64_t> all;
    for (const std::size_t c : communicators) {
      const std::vector<std::int64_t>& ranks = job_.communicators[c].ranks;
      if (shape_[c] != shape_[communicators.front()]) return std::nullopt;
      firsts.push_back(ranks.front());
      for (const std::int64_t rank : ranks)
        if (!all.insert(rank).second) return std::nullopt;  // groups that overlap
    }
    std::sort(firsts.begin(), firsts.end());
    std::vector<std::int64_t> members = job_.communicators[communicators.front()].ranks;
    for (std::int64_t& rank : members) rank -= job_.communicators[communicators.front()].ranks.front();
    auto bases = lattice_of(firsts), offsets = lattice_of(members);
    if (!bases || !offsets) return std::nullopt;
    return GroupRanks{std::move(*bases), std::move(*offsets)};
  }

  const TracedJob& job_;
  std::vector<std::vector<std::int64_t>> peers_;  // of each work: distances
  std::vector<std::size_t> shape_;                // of each communicator
};

}  // namespace

std::optional<RankLattice> lattice_of(const std::vector<std::int64_t>& numbers) {
  RankLattice lattice;
  lattice.first = numbers.front();
  for (std::vector<std::int64_t> left = numbers; left.size() > 1;) {
    const std::int64_t stride = left[1] - left[0];
    std::size_t run = 1;
    while (run < left.size() && left[run] - left[run - 1] == stride) ++run;
    if (left.size() % run != 0) return std::nullopt;
    std::vector<std::int64_t> heads;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (i % run == 0)
        heads.push_back(left[i]);
      else if (left[i] - left[i - 1] != stride)
        return std::nullopt;
    }
    lattice.add(static_cast<std::int64_t>(run), stride);
    left = std::move(heads);
  }
  return lattice;
}

TracedRoles fold(const TracedJob& job) { return Fold(job).run(); }

}  // namespace aifsim
