// All-reduce over levels of d_0 (ranks of a node), d_1, ... ranks: reduce-scatter rings level by level, an
// all-reduce ring on the last, all-gather rings back. Each level moves only what the levels below left to a
// rank: V / (d_0 ... d_{k-1}). Inside a node as many channels as NodeRings has.
#include <memory>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/rings.hpp"

namespace aifsim {
namespace {

struct Levels {
  NodeRings local;
  std::vector<std::int64_t> size;  // d_k
  std::int64_t ranks = 1;

  explicit Levels(std::vector<std::int64_t> sizes) : local(sizes.front()), size(std::move(sizes)) {
    for (const std::int64_t d : size) ranks *= d;
  }
};

// Cell (c, p_0, i_1, i_2, ...) of channel c ends, reduced, with the rank at position p_0 in its node's
// channel c and index i_k on level k. On level k that rank deals with the cells that agree with it on 0 ..
// k-1.
Phase ring_on_level(const std::shared_ptr<const Levels>& levels, std::size_t k, Work work) {
  Phase phase;
  const std::int64_t d = levels->size[k];
  phase.steps = d - 1;
  phase.sends = [levels, k, d, work](std::int64_t step, std::int64_t rank, Sends& out) {
    const std::int64_t per_node = levels->size[0], channels = levels->local.channels();
    std::int64_t stride = 1, chunk = levels->ranks;  // in ranks; cells of one index on level k
    for (std::size_t j = 0; j < k; ++j) stride *= levels->size[j];
    for (std::size_t j = 0; j <= k; ++j) chunk /= levels->size[j];
    const auto range_of = [&](std::int64_t c) {
      const std::int64_t position = levels->local.position(c, rank % per_node);
      std::int64_t place = k == 0 ? c : c * per_node + position, left = rank / per_node;
      for (std::size_t j = 1; j < k; ++j, left /= levels->size[j - 1])
        place = place * levels->size[j] + left % levels->size[j];
      const std::int64_t own = k == 0 ? position : rank / stride % d;
      return CellRange{(place * d + (own - step - (work == Work::add ? 1 : 0) + 2 * d) % d) * chunk, chunk};
    };
    if (k == 0) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t next = levels->local.rank(c, (levels->local.position(c, rank % d) + 1) % d);
        out.add(rank / d * d + next, work, range_of(c));
      }
      return;
    }
    const std::int64_t own = rank / stride % d;
    out.add(rank + ((own + 1) % d - own) * stride, work, static_cast<double>(channels * chunk),
            [&](auto emit) {
              for (std::int64_t c = 0; c < channels; ++c) emit(range_of(c));
            });
  };
  return phase;
}

bool build_levels(Schedule& s, std::vector<std::int64_t> sizes) {
  if (s.kind != CollectiveKind::all_reduce) return false;
  for (const std::int64_t d : sizes)
    if (d < 2) return false;
  const auto levels = std::make_shared<const Levels>(std::move(sizes));
  s.cells = levels->local.channels() * levels->ranks;
  for (std::size_t k = 0; k < levels->size.size(); ++k)
    s.phases.push_back(ring_on_level(levels, k, Work::add));
  for (std::size_t k = levels->size.size(); k-- > 0;)
    s.phases.push_back(ring_on_level(levels, k, Work::copy));
  return true;
}

}  // namespace

bool build_hierarchical(Schedule& s) { return build_levels(s, {s.group.per_node, s.group.nodes()}); }

// Blocks of the largest number of nodes that divides them and is at most their square root.
bool build_three_level(Schedule& s) {
  const std::int64_t nodes = s.group.nodes();
  std::int64_t block = 1;
  for (std::int64_t d = 2; d * d <= nodes; ++d)
    if (nodes % d == 0) block = d;
  return build_levels(s, {s.group.per_node, block, nodes / block});
}

}  // namespace aifsim
