// The meshes that a training job's ranks lie on, and the groups that call collectives over them (layout.hpp).
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lowering/training/layout.hpp"
#include "program/program.hpp"

namespace aifsim {

// Ranks of each group of GroupIndex, and of what stands behind those. `tied`: embedding and head are one matrix.
std::vector<std::int64_t> group_sizes(const Layout& layout, const TrainingDescription& training, bool tied);

// Meshes and groups, without roles.
Program empty_program(const Layout& layout, bool ddp, const std::optional<RolloutsDescription>& rollouts);

}  // namespace aifsim
