// A profiled rank's collectives on a job's ranks. A process group is told by the numbers of its ranks; as a lattice
// (distance and number along each direction) it stands for the groups of all ranks, which do the same. A group that reaches
// over all traced ranks reaches over all of another number of ranks; the others keep their size.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "program/program.hpp"
#include "records/kineto_trace.hpp"

namespace aifsim {

struct PlacedCall {
  CollectiveKind kind = CollectiveKind::all_reduce;
  Bytes bytes;  // the whole buffer
  std::string group;
  GroupRanks ranks;  // members of size 1: nobody to talk to
};

class KinetoCalls {
 public:
  KinetoCalls(const records::KinetoTrace& trace, std::int64_t ranks, Place asked_at);
  // InputError, with the place in the trace: what is no collective, a size or ranks that are not told, a group that
  // does not fit the job's ranks.
  PlacedCall placed(const records::KinetoCollective& call) const;
  std::optional<std::int64_t> traced_ranks() const { return world_; }

 private:
  std::vector<std::int64_t> members(const records::KinetoCollective& call) const;
  GroupRanks on_job(const records::KinetoCollective& call, const RankLattice& traced) const;
  const records::KinetoTrace& trace_;
  std::int64_t ranks_;
  Place asked_at_;
  std::optional<std::int64_t> world_;  // ranks of the traced job
};

}  // namespace aifsim
