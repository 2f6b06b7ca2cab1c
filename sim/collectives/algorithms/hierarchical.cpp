// All-reduce over levels of d_0 (ranks of a node), d_1, ... ranks: reduce-scatter rings level by level, an
// all-reduce ring on the last, all-gather rings back. Each level moves only what the levels below left to a
// rank: V / (d_0 ... d_{k-1}). Inside a node as many channels as NodeRings has.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/levels.hpp"

namespace aifsim {

Levels::Levels(std::vector<std::int64_t> sizes, bool one_channel, NodeLinks links)
    : size(std::move(sizes)), local(size.front(), links), channels(one_channel ? 1 : local.channels()) {
  for (const std::int64_t d : size) ranks *= d;
}

std::int64_t Levels::stride(std::size_t k) const {
  std::int64_t stride = 1;
  for (std::size_t j = 0; j < k; ++j) stride *= size[j];
  return stride;
}

std::int64_t Levels::index(std::size_t k, std::int64_t rank, std::int64_t channel) const {
  return k == 0 ? local.position(channel, rank % size[0]) : rank / stride(k) % size[k];
}

std::int64_t Levels::next(std::size_t k, std::int64_t rank, std::int64_t channel) const {
  const std::int64_t own = index(k, rank, channel);
  if (k == 0) return rank / size[0] * size[0] + local.rank(channel, (own + 1) % size[0]);
  return rank + ((own + 1) % size[k] - own) * stride(k);
}

CellRange Levels::part(std::size_t k, std::int64_t rank, std::int64_t channel) const {
  std::int64_t place = channel;
  for (std::size_t j = 0; j < k; ++j) place = place * size[j] + index(j, rank, channel);
  const std::int64_t count = ranks / stride(k);
  return {place * count, count};
}

Phase ring_on_level(const std::shared_ptr<const Levels>& levels, std::size_t k, Work work) {
  Phase phase;
  const std::int64_t d = levels->size[k];
  phase.steps = d - 1;
  phase.sends = [levels, k, d, work](std::int64_t step, std::int64_t rank, Sends& out) {
    const auto range_of = [&](std::int64_t c) {
      const CellRange part = levels->part(k, rank, c);
      const std::int64_t chunk = part.count / d, own = levels->index(k, rank, c);
      return CellRange{part.first + (own - step - (work == Work::add ? 1 : 0) + 2 * d) % d * chunk, chunk};
    };
    if (k == 0) {
      for (std::int64_t c = 0; c < levels->channels; ++c)
        out.add(levels->next(k, rank, c), work, range_of(c));
      return;
    }
    const std::int64_t share = levels->channels * levels->part(k, rank, 0).count / d;  // whole
    const auto volume = static_cast<double>(share);
    out.add(levels->next(k, rank, 0), work, volume, [&](auto emit) {
      for (std::int64_t c = 0; c < levels->channels; ++c) emit(range_of(c));
    });
  };
  return phase;
}

namespace {

bool build_levels(Schedule& s, std::vector<std::int64_t> sizes) {
  if (s.kind != CollectiveKind::all_reduce) return false;
  for (const std::int64_t d : sizes)
    if (d < 2) return false;
  const auto levels = std::make_shared<const Levels>(std::move(sizes), false, s.group.links);
  s.cells = levels->channels * levels->ranks;
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
