// Whether the ranks of a trace go together: sends with receives, and the calls on each communicator.
#pragma once
#include <vector>

#include "lowering/trace/traced_rank.hpp"

namespace aifsim {

// Ranks that do the same share one work.
struct TracedJob {
  struct Rank {
    std::string file;
    std::size_t work = 0;                    // index in `works`
    std::vector<std::size_t> communicators;  // index in `communicators`
  };
  std::string name;  // of the trace
  std::vector<Rank> ranks;
  std::vector<TracedRank> works;  // of the first rank that does it
  std::vector<Communicator> communicators;
};

// Sends and receives of all ranks, as they come.
class Peers {
 public:
  void add(std::int64_t rank, const TracedRank& traced);
  // Whether the k-th send to a rank is for its k-th receive. InputError where one has no partner, or another size.
  bool in_order(const TracedJob& job);

 private:
  struct Call {
    std::int64_t tag;
    double bytes;
    std::uint64_t id;
  };
  struct Pair {
    std::vector<Call> sent, received;
  };
  static void check(const TracedJob& job, std::int64_t from, std::int64_t to, const Pair& pair);
  std::map<std::pair<std::int64_t, std::int64_t>, Pair> pairs_;
};

// InputError where two ranks of a communicator do not make the same calls on it.
void check_calls(const TracedJob& job);

}  // namespace aifsim
