// Of all links that a set of flows uses, the few that can bind.
//
//   sum over flows f of u_fl * r_f <= B_l   for every link l;   share s_fl = u_fl / B_l
//
// r_f rate of flow f [B/s], u_fl its units on link l, B_l capacity [B/s]. Links with equal shares for every
// flow are alike: one of them stands for all. Link l is dropped when another has at least its share for every
// flow: its inequality then follows from the other's. Neither changes the set of possible rates, and so not
// the max-min fair ones; a flow over thousands of links becomes one over a few.
#pragma once
#include <span>
#include <vector>

#include "plan/plan.hpp"

namespace aifsim {

struct Bottleneck {
  LinkId link = 0;  // one of the alike ones
  BytesPerSecond capacity;
  struct Use {
    std::size_t flow = 0;
    double units = 0;
  };
  std::vector<Use> uses;  // by flow, ascending
};

// `keep`: links that stay even where others cover them, since their capacity will fall.
std::vector<Bottleneck> bottlenecks(std::span<const Flow* const> flows, const Topology& machine,
                                    std::span<const LinkId> keep = {});

// A bottleneck as SimGrid can have it, which counts how often a link stands in a flow's route: whole numbers
// near the units' ratios, at most 4096, and the capacity in the same measure. Exact for one flow, and where
// the ratios are those of small whole numbers; else mostly within 1 %.
struct CountedLink {
  BytesPerSecond capacity;
  std::vector<int> counts;  // by Bottleneck::uses
};
CountedLink counted(const Bottleneck& bottleneck);

}  // namespace aifsim
