// Who sends to whom: what a job's collectives move from one part of the machine to another.
//
//   T_gh = sum over collectives of calls x buffer x sum of the shares of the edges from g to h
//
// T: bytes of one run of the program; g, h: the fabric's largest parts that the job lies in (cells, islands, Dragonfly
// groups), leaf switches where it lies in one; an edge: what one rank sends another in the schedule of the chosen
// algorithm. Bytes that stay in a node or scale-up domain do not count, nor do reads and writes of storage. What no
// routing changes: which links carry T is the fabric's affair.
#pragma once
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace aifsim {

struct GroupTraffic {
  std::vector<std::string> names;  // in the machine's order; where there are many, each stands for neighbours
  std::vector<double> bytes;  // names x names, from by to; empty where the job lies below one leaf switch
  double of(std::size_t from, std::size_t to) const { return bytes[from * names.size() + to]; }
};

inline constexpr std::size_t most_traffic_groups = 24;

GroupTraffic group_traffic(const Plan& plan);

}  // namespace aifsim
