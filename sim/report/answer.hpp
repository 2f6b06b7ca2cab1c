// Answers a scenario: every point simulated, with the inputs that it rests on.
#pragma once
#include <cstdint>
#include <functional>

#include "catalog/catalog.hpp"
#include "report/result.hpp"

namespace aifsim {

// Called before each point: which, of how many, and its name.
using PointProgress = std::function<void(std::size_t index, std::size_t count, const std::string& name)>;

// `draws` above 0: bands from so many draws of the GPU's constants (drawn_step_times). Progress then counts
// draws too. Points without an answer (larger than the machine, not divided by the layout, does not fit in memory, not
// modelled) say why in `problem`. Throws InputError for what the scenario itself gets wrong: a measured point
// that the sweep does not have.
Result answer(const ScenarioDescription& scenario, const Catalog& catalog, const std::string& version,
              const PointProgress& progress, std::size_t draws = 0);

}  // namespace aifsim
