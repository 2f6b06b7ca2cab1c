// The axes of a scenario: fields of its descriptions and the values that they take.
//
//   sweep:
//     platform.fabric.injection: [200Gbps, 400Gbps]
//     gpus: {from: 8, to: 1024, times: 2}          # 8, 16, ... 1024; or {from, to, step}
//     zip:                                         # fields that move together
//       training.sharding: [zero3, hsdp]
//       training.shard_group: [null, 8]            # null: as where it is left out
//
// A path begins with what it changes: platform (of each), gpu (of the platform's nodes), workload, training (of the
// workload, after the variant), stack (that runs it), or a key of the scenario itself, such as gpus, fidelity, seed, placement, jobs.NAME.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "catalog/settings.hpp"

namespace aifsim {

struct ScenarioDescription;

struct SweptField {
  std::string path;
  Place place;
  std::vector<std::shared_ptr<const catalog::Node>> values;
};
using SweepAxis = std::vector<SweptField>;  // as many values each

// The settings of one point, by the description that they change.
struct SweepPoint {
  Settings platform, gpu, workload, training, stack, scenario;
  std::vector<std::pair<std::string, std::string>> values;  // path and value, for people
};

// A swept value as people write it.
std::string text_of(const catalog::Node& value);

// "micro_batch" of "training.micro_batch" and "workload.training.micro_batch"; "" of other paths.
std::string training_key(const std::string& path);

// The product of the axes, the last one quickest; one point without settings where there are none.
std::vector<SweepPoint> sweep_points(const std::vector<SweepAxis>& axes);
// Each value once, the other axes at their first: enough to check all of them.
std::vector<SweepPoint> sweep_samples(const std::vector<SweepAxis>& axes);

}  // namespace aifsim
