// Answers a scenario: every point simulated, with the inputs that it rests on.
#pragma once
#include <cstdint>
#include <functional>

#include "catalog/catalog.hpp"
#include "report/result.hpp"

namespace aifsim {

// Called before each point: which, of how many, and its name.
using PointProgress = std::function<void(std::size_t index, std::size_t count, const std::string& name)>;

// Points without an answer (too large, does not fit in memory, layout that does not divide) say why in `problem`.
Result answer(const ScenarioDescription& scenario, const Catalog& catalog, const std::string& version,
              const PointProgress& progress);

}  // namespace aifsim
