// Ranks of a trace that can be one role: they do the same, their peers are of one role each, and they lie at equal
// distances. A rank for which that fails is a role of its own.
#pragma once
#include <optional>

#include "lowering/trace/meetings.hpp"

namespace aifsim {

struct TracedRoles {
  std::vector<std::vector<std::int64_t>> ranks;    // of each role, ascending
  std::vector<GroupRanks> groups;                  // communicators that roles call together
  std::vector<std::string> names;                  // of the same
  std::vector<std::vector<std::size_t>> group_of;  // of each role: of its rank's communicators
};

// CannotAnswer for a communicator whose ranks lie at no equal distances.
TracedRoles fold(const TracedJob& job);

// nullopt where numbers, ascending, are no lattice.
std::optional<RankLattice> lattice_of(const std::vector<std::int64_t>& numbers);

}  // namespace aifsim
