// How much a fabric carries between parts of its machine, from the links and routes alone.
//
//   cut         least capacity of the links that separate two sets of nodes = the greatest flow between them
//               (Ford and Fulkerson), each NIC sending at most its injection bandwidth; any routing
//   bisection   the least cut found among halves of the machine: by node number, and by whole groups dealt in
//               turn and at random. The true one is no more than that: finding it is NP-hard
//   permutation each NIC sends to the same NIC of one other node, drawn at random, over the machine's own
//               routes; max-min fair shares
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "machine/topology.hpp"

namespace aifsim {

struct LevelBandwidth {
  std::string name;  // class of links
  std::size_t links = 0;
  BytesPerSecond least, most, total;  // of one link; of all
};

struct Cut {
  std::string name;  // "group 3", "first half"
  std::int64_t nodes = 0;
  BytesPerSecond wanted, carried;  // what its smaller side can inject, and what gets through
  double share() const { return wanted.value > 0 ? carried.value / wanted.value : 1; }
};

struct Bisection {
  BytesPerSecond injection;                            // of all nodes
  std::vector<LevelBandwidth> levels;                  // NICs, then the fabric's classes of links
  std::vector<Cut> halves;                             // least share first
  std::vector<Cut> groups;                             // out of each group; least share first
  double permutation_mean = 1, permutation_least = 1;  // shares of the injection bandwidth
  int draws = 0;
};

Bisection bisect(const Topology& machine, std::uint64_t seed);

}  // namespace aifsim
