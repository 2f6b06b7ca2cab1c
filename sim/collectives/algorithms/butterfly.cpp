#include "collectives/algorithms/butterfly.hpp"

#include <bit>

namespace aifsim {

std::int64_t log2_floor(std::int64_t n) { return std::bit_width(static_cast<std::uint64_t>(n)) - 1; }
std::int64_t log2_ceil(std::int64_t n) { return std::bit_width(static_cast<std::uint64_t>(n - 1)); }
bool power_of_two(std::int64_t n) { return std::has_single_bit(static_cast<std::uint64_t>(n)); }

Members::Members(std::int64_t ranks) : n(ranks), m(std::int64_t{1} << log2_floor(ranks)) {}

std::int64_t near_first(std::int64_t step, std::int64_t rank, std::int64_t) {
  return rank ^ (std::int64_t{1} << step);
}
std::int64_t far_first(std::int64_t step, std::int64_t rank, std::int64_t m) {
  return rank ^ (m >> (step + 1));
}

namespace {

// Emits the members from which `member` has heard before `step`, itself first.
template <class Emit>
void heard(const Partner& partner, std::int64_t m, std::int64_t step, std::int64_t member, const Emit& emit) {
  emit(member);
  for (std::int64_t k = 0; k < step; ++k) heard(partner, m, k, partner(k, member, m), emit);
}

// The step of an all-gather (copy) in which everyone sends all blocks that it has, or that of a
// reduce-scatter (add) which is the same backwards in time. Block b is the b-th of m equal parts.
Phase blocks_step(const Members& members, const Partner& partner, std::int64_t step, Work work,
                  std::int64_t cells_per_block) {
  Phase phase;
  phase.sends = [=](std::int64_t, std::int64_t rank, Sends& out) {
    const std::int64_t own = members.member(rank);
    if (own < 0) return;
    const std::int64_t other = partner(step, own, members.m);
    out.add(members.rank(other), work, static_cast<double>((std::int64_t{1} << step) * cells_per_block),
            [&](auto emit) {
              heard(partner, members.m, step, work == Work::copy ? own : other, [&](std::int64_t block) {
                emit(CellRange{block * cells_per_block, cells_per_block});
              });
            });
  };
  return phase;
}

// Those who take no part hand over what they have, or get the result.
void add_extra(Schedule& s, const Members& members, Work work) {
  if (members.extra() == 0) return;
  Phase phase;
  phase.sends = [members, work, cells = s.cells](std::int64_t, std::int64_t rank, Sends& out) {
    if (rank >= 2 * members.extra() || (rank % 2 == 0) != (work == Work::add)) return;
    out.add(rank % 2 == 0 ? rank + 1 : rank - 1, work, {0, cells});
  };
  s.phases.push_back(std::move(phase));
}

void add_gather(Schedule& s, const Members& members, const Partner& partner) {
  for (std::int64_t step = 0; step < log2_floor(members.m); ++step)
    s.phases.push_back(blocks_step(members, partner, step, Work::copy, s.cells / members.m));
}
void add_scatter(Schedule& s, const Members& members, const Partner& partner) {
  for (std::int64_t step = log2_floor(members.m); step-- > 0;)
    s.phases.push_back(blocks_step(members, partner, step, Work::add, s.cells / members.m));
}

}  // namespace

void exchange_all(Schedule& s, const Partner& partner) {
  const Members members(s.group.ranks);
  s.cells = 1;
  add_extra(s, members, Work::add);
  for (std::int64_t step = 0; step < log2_floor(members.m); ++step) {
    Phase phase;
    phase.sends = [=](std::int64_t, std::int64_t rank, Sends& out) {
      const std::int64_t own = members.member(rank);
      if (own >= 0) out.add(members.rank(partner(step, own, members.m)), Work::add, {0, 1});
    };
    s.phases.push_back(std::move(phase));
  }
  add_extra(s, members, Work::copy);
}

void scatter_and_gather(Schedule& s, const Partner& partner) {
  const Members members(s.group.ranks);
  s.cells = members.m;
  add_extra(s, members, Work::add);
  add_scatter(s, members, partner);
  add_gather(s, members, partner);
  add_extra(s, members, Work::copy);
}

bool gather_blocks(Schedule& s, const Partner& partner) {
  if (!power_of_two(s.group.ranks)) return false;
  s.cells = s.group.ranks;
  add_gather(s, Members(s.group.ranks), partner);
  return true;
}

bool scatter_blocks(Schedule& s, const Partner& partner) {
  if (!power_of_two(s.group.ranks)) return false;
  s.cells = s.group.ranks;
  add_scatter(s, Members(s.group.ranks), partner);
  return true;
}

}  // namespace aifsim
