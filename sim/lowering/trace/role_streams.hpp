// A traced rank's operations as the streams of a role: what waits for another stream does so by events.
#pragma once
#include <cstddef>
#include <vector>

#include "lowering/trace/traced_rank.hpp"

namespace aifsim {

// `groups`: of the program, by the rank's communicators; `events` of the program so far.
std::vector<Stream> streams_of(const TracedRank& traced, const std::vector<std::size_t>& groups,
                               std::size_t& events);

}  // namespace aifsim
