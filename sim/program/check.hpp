// What makes a program well formed, so that it can run to its end:
//
//   meshes      see the same ranks; every axis of a role's slice is in all of them, with one size and stride
//   roles       every rank is in one of them
//   collectives all roles that a group touches make the same calls on it, in the same order, from one stream each,
//               and are touched by the same groups
//   send        meets a receive of the same bytes, in order
//   events      no stream waits more often than the event is recorded; recorded and waited for in one role
//   memory      nothing is dropped that is not held; a role holds in one stream
//   order       run without time, every stream gets to its end
#pragma once
#include <string>
#include <vector>

#include "program/program.hpp"

namespace aifsim {

// One line for each thing that is wrong; empty: well formed.
std::vector<std::string> problems_of(const Program& program);

}  // namespace aifsim
