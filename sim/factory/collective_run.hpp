// One collective alone on a platform, as nccl-tests would time it.
//
//   algbw = V / t      busbw = algbw * f      f = 2 (n-1)/n  all_reduce
//                                               (n-1)/n      kinds that leave out a rank's own block
//                                               1            broadcast, reduce, send_receive
//
// V bytes of the whole buffer (program.hpp says which), n ranks, t [s]. Source: nccl-tests, PERFORMANCE.md.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "catalog/scenario.hpp"
#include "collectives/predict.hpp"
#include "collectives/price.hpp"
#include "collectives/schedule.hpp"
#include "factory/training_job.hpp"

namespace aifsim {

struct CollectiveQuestion {
  CollectiveKind kind = CollectiveKind::all_reduce;
  Bytes size;
  std::int64_t ranks = 1;
  TokenSpread tokens = {};  // of expert_dispatch and expert_combine
  Fidelity fidelity = Fidelity::flow;
  PlacementDescription placement = {};  // contiguous: ranks 0, 1, ... on the GPUs of the first nodes
  std::uint64_t seed = 1;               // of a drawn placement
  std::string size_as_given = {};       // "1KB"; "" where nobody said it
};

struct CollectiveAnswer {
  Bytes size;
  std::int64_t ranks = 1;
  Algorithm algorithm = Algorithm::automatic;
  bool chosen = false;  // what the library would take
  std::string problem;  // not empty: no answer for this size and number of ranks, and why
  Seconds time, latency;
  BytesPerSecond algorithm_bandwidth, bus_bandwidth;  // 0 where nothing moves
  double spread = 0;       // of log(real / time), where fitted to measured collectives; 0: not known
  std::string bottleneck;  // the link that takes longest in the slowest phase; or ""
};

// So many ranks, one on each GPU of a node or domain after the other, of each domain as many as the placement takes.
GroupShape world_shape(const Topology& machine, std::int64_t ranks,
                       const PlacementDescription& placement = {});
// Those that the platform can run: none by its switches where they cannot sum.
std::vector<Algorithm> algorithms_on(const PlatformInstance& platform, CollectiveKind kind,
                                     std::int64_t ranks, const PlacementDescription& placement = {});
double bus_factor(CollectiveKind kind, std::int64_t ranks);

// The algorithm that the library would take. CannotAnswer where the ranks do not fit the platform.
Algorithm chosen_algorithm(const PlatformInstance& platform, const CollectiveQuestion& question);
// CannotAnswer also where the algorithm does not exist for the kind and this number of ranks, or on the
// platform.
CollectiveAnswer run_collective(const PlatformInstance& platform, const CollectiveQuestion& question,
                                Algorithm algorithm);

// The schedules by which a platform's GPU library could run measured collectives, on the links of its first
// nodes; each routed once, whatever the bytes.
class LibraryRuns {
 public:
  using Works = std::shared_ptr<const std::vector<CollectiveWork>>;
  explicit LibraryRuns(const PlatformInstance& platform) : platform_(platform) {}
  // CannotAnswer: no schedule for it, or no such ranks.
  Works works(const CollectiveQuery& query);
  Seconds time(const CollectiveQuery& query);  // of the quickest, on the idle machine

 private:
  const PlatformInstance& platform_;
  std::map<std::tuple<CollectiveKind, Algorithm, std::int64_t>, CollectiveWork> routed_;
  std::map<std::tuple<MeasuredOp, std::string, std::int64_t, bool>, Works> known_;
};

}  // namespace aifsim
