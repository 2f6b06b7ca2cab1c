// A scenario: a question put to workloads on platforms (scenarios/*.yaml).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

enum class Fidelity { analytical, flow };
enum class PlacementPolicy { contiguous, scattered, list };

struct PlacementDescription {
  PlacementPolicy policy = PlacementPolicy::contiguous;
  std::vector<std::int64_t> nodes;  // policy list: node indices, one for each node of the job
  Place place;
};

// A measured point drawn beside the predictions, with its source.
struct MeasuredPoint {
  std::string platform;
  std::string variant;
  std::int64_t gpus = 0;
  Figure<Seconds> step_time;
  Place place;
};

// One variant of the training description: a label and the keys that it overrides, already applied.
struct Variant {
  std::string label;
  TrainingDescription training;
};

// Platforms x variants x GPU counts, all on one workload.
struct ScenarioDescription {
  std::string name, title, question;
  Place place;
  std::vector<std::string> platforms;
  std::vector<Place> platform_places;
  std::string workload;
  Place workload_place;
  std::vector<std::int64_t> gpus;
  std::vector<Place> gpus_places;
  std::vector<Variant> variants;
  PlacementDescription placement;
  Fidelity fidelity = Fidelity::flow;
  std::uint64_t seed = 1;
  std::vector<MeasuredPoint> measured;
};

}  // namespace aifsim
