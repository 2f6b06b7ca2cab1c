// Steps in which every rank sends to the rank at the same distance.
#pragma once
#include "collectives/schedule.hpp"

namespace aifsim {

// An all-gather of blocks by the ring 0, 1, ..., n-1: in step t rank r sends block r-t to r+1.
void add_neighbour_ring(Schedule& s);

// The load of everyone sending to everyone else what `volume(from, to)` says, in cells. Above a million pairs
// between nodes those are sampled: some permutations of the nodes stand for all of them, so that a GPU sends
// and receives its sum within 3 %, and blocks of GPUs what they exchange within 10 % (schedule_test.cpp).
void add_pairs(const GroupShape& group, bool same_local_rank,
               const std::function<double(std::int64_t from, std::int64_t to)>& volume,
               std::vector<EdgeLoad>& out);

}  // namespace aifsim
