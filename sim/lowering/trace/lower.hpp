// A trace of a job as a program: ranks that do the same are one role, what is on different streams waits by events,
// and calls on communicators and between peers meet.
#pragma once
#include <functional>

#include "catalog/scenario.hpp"
#include "program/program.hpp"

namespace aifsim {

// InputError for a file that is missing or wrong, and for ranks that do not go together; CannotAnswer for a process
// group that has no price. `note`: which part of the trace this is, and what was left out; none for Chakra.
Program lower_trace(const TraceDescription& trace, std::int64_t ranks, std::string* note = nullptr);

// What the trace's files say, for the hash of a case.
std::string trace_digest(const TraceDescription& trace, std::int64_t ranks);

}  // namespace aifsim
