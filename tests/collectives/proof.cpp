#include "collectives/proof.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace aifsim {
namespace {

using Cell = std::uint64_t;  // 0: not held

Cell contribution(std::int64_t rank, std::int64_t cell) {
  auto x = static_cast<std::uint64_t>(rank + 1) * 0x9e3779b97f4a7c15U +
           static_cast<std::uint64_t>(cell + 1) * 0xd1b54a32d192ed03U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

struct Proof {
  const Schedule& s;
  std::int64_t n, cells;
  std::vector<std::vector<Cell>> state;  // [rank][cell]
  std::string wrong;

  explicit Proof(const Schedule& schedule)
      : s(schedule),
        n(s.group.ranks),
        cells(s.sends_blocks_to_all() || s.kind == CollectiveKind::barrier ? block() * n : s.cells),
        state(n, std::vector<Cell>(cells, 0)) {
    for (std::int64_t r = 0; r < n; ++r)
      for (std::int64_t c = 0; c < cells; ++c)
        if (begins_with(r, c)) state[r][c] = contribution(r, c);
  }

  std::int64_t block() const {  // cells of one owner
    if (s.sends_blocks_to_all()) return n;
    return s.kind == CollectiveKind::barrier ? 1 : s.cells / n;
  }
  std::int64_t owner(std::int64_t c) const { return c / block(); }
  Cell sum(std::int64_t c) const {
    Cell all = 0;
    for (std::int64_t r = 0; r < n; ++r) all += contribution(r, c);
    return all;
  }
  // Whether each cell arrives once, as it was: nothing is added up.
  bool copies_only() const {
    return s.kind != CollectiveKind::all_reduce && s.kind != CollectiveKind::reduce_scatter &&
           s.kind != CollectiveKind::reduce && s.kind != CollectiveKind::broadcast;
  }

  bool begins_with(std::int64_t r, std::int64_t c) const {
    switch (s.kind) {
      case CollectiveKind::all_gather:
      case CollectiveKind::gather:
      case CollectiveKind::all_to_all:
      case CollectiveKind::expert_dispatch:
      case CollectiveKind::expert_combine:
      case CollectiveKind::barrier:
        return owner(c) == r;
      case CollectiveKind::scatter:
      case CollectiveKind::broadcast:
        return r == 0;
      default:
        return true;
    }
  }
  // What rank r must hold of c at the end; 0: anything.
  Cell wanted(std::int64_t r, std::int64_t c) const {
    switch (s.kind) {
      case CollectiveKind::all_gather:
      case CollectiveKind::barrier:
        return contribution(owner(c), c);
      case CollectiveKind::gather:
        return r == 0 ? contribution(owner(c), c) : 0;
      case CollectiveKind::scatter:
        return owner(c) == r ? contribution(0, c) : 0;
      case CollectiveKind::broadcast:
        return contribution(0, c);
      case CollectiveKind::all_reduce:
        return sum(c);
      case CollectiveKind::reduce:
        return r == 0 ? sum(c) : 0;
      case CollectiveKind::reduce_scatter:
        return owner(c) == r ? sum(c) : 0;
      case CollectiveKind::all_to_all:
      case CollectiveKind::expert_dispatch:
      case CollectiveKind::expert_combine:
        return c % n == r ? contribution(owner(c), c) : 0;
      case CollectiveKind::send_receive:
        return contribution((r + n - 1) % n, c);
    }
    return 0;
  }

  void fail(const std::string& what, std::int64_t phase, std::int64_t step, std::int64_t rank) {
    if (wrong.empty())
      wrong = what + " (phase " + std::to_string(phase) + ", step " + std::to_string(step) + ", rank " +
              std::to_string(rank) + ")";
  }

  void run_step(const Phase& phase, std::int64_t index, std::int64_t step) {
    struct Arrival {
      std::int64_t rank, cell;
      Cell value;
      Work work;
    };
    std::vector<Arrival> arrivals;
    std::map<std::pair<std::int32_t, std::int64_t>, Cell> in_switch;  // by group and cell
    std::map<std::int32_t, std::vector<std::int64_t>> receivers;      // by group
    Sends sends(Sends::Detail::cells);
    for (std::int64_t r = 0; r < n; ++r) {
      sends.clear();
      phase.sends(step, r, sends);
      for (const auto& send : sends.all()) {
        if (send.to < 0 || send.to >= n) return fail("sends to nobody", index, step, r);
        if (send.to == r) fail("sends to itself", index, step, r);
        double count = 0;
        for (const CellRange& range : sends.cells(send)) {
          if (range.first < 0 || range.first + range.count > cells)
            return fail("sends cells that do not exist", index, step, r);
          for (std::int64_t c = range.first; c < range.first + range.count; ++c) {
            count += s.sends_blocks_to_all() ? s.weight(c / n, c % n) : 1;
            if (state[r][c] == 0) fail("sends what it has not", index, step, r);
            if (send.work == Work::in_switch)
              in_switch[{send.group, c}] += state[r][c];
            else
              arrivals.push_back({send.to, c, state[r][c], send.work});
          }
        }
        if (send.work == Work::in_switch) receivers[send.group].push_back(send.to);
        if (s.kind == CollectiveKind::barrier) count = 0;
        if (send.work != Work::in_switch && std::abs(send.volume - count) > 1e-9 * (1 + count))
          fail("says another volume than it sends", index, step, r);
      }
    }
    for (const auto& [at, value] : in_switch)
      for (const std::int64_t r : receivers[at.first]) state[r][at.second] = value;
    for (const Arrival& a : arrivals) {
      Cell& at = state[a.rank][a.cell];
      if (a.work == Work::add) {
        at += a.value;
        continue;
      }
      if (copies_only() && s.kind != CollectiveKind::barrier && s.kind != CollectiveKind::send_receive &&
          at != 0)
        fail("gets a cell twice", index, step, a.rank);
      at = a.value;
    }
  }

  void run() {
    for (std::size_t p = 0; p < s.phases.size(); ++p)
      for (std::int64_t step = 0; step < s.phases[p].steps; ++step)
        run_step(s.phases[p], static_cast<std::int64_t>(p), step);
    for (std::int64_t r = 0; r < n && wrong.empty(); ++r)
      for (std::int64_t c = 0; c < cells; ++c) {
        const Cell must = wanted(r, c);
        if (must != 0 && state[r][c] != must) {
          wrong = "rank " + std::to_string(r) + " ends with the wrong cell " + std::to_string(c);
          return;
        }
      }
  }
};

}  // namespace

std::string what_is_wrong(const Schedule& schedule) {
  if (schedule.group.ranks == 1) return schedule.phases.empty() ? "" : "one rank has work to do";
  Proof proof(schedule);
  proof.run();
  return proof.wrong;
}

}  // namespace aifsim
