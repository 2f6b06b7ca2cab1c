// The result of one scenario: a point for each job of each case, in the order of the scenario.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiment/outcome.hpp"

namespace aifsim {

using SweptValues = std::vector<std::pair<std::string, std::string>>;  // path and value

struct Point {
  std::string platform, platform_title;
  std::string variant;  // with the values that the scenario sweeps; "" where it has neither
  std::string job;      // name among several
  SweptValues values;
  std::int64_t gpus = 0, nodes = 0;
  std::string problem;  // not empty: this point has no answer, and why; nothing below holds
  std::string note;     // what a reader should know before trusting it, or ""
  Metrics metrics;
  MemoryUse memory;                 // no capacity where it is not modelled
  std::vector<StageMemory> stages;  // of a pipeline; `memory` is that of the one that needs most
  StepAccount account;              // of training: where a step's time goes
  EnergyAccount energy_goes;        // of a step, up to the site's meter
  Timeline timeline;                // of a job among others: its own tracks
  std::string placement;            // "contiguous" ...
  std::vector<PlacementTime>
      other_placements;                // what the step would take on other nodes, where it may differ
  std::vector<HashTime> other_hashes;  // and where transfers met on other links
  std::optional<Seconds> measured;     // a measured step time that the scenario cites
  std::string measured_source;
  Seconds wall_time;  // of the simulation; never in result.json

  double of(Metric metric) const { return metrics[metric].or_zero(); }
  Seconds step_time() const { return Seconds{of(Metric::step_time)}; }
  Seconds step_time_p10() const { return Seconds{metrics[Metric::step_time].p10}; }
  Seconds step_time_p90() const { return Seconds{metrics[Metric::step_time].p90}; }
  double tokens_per_second() const { return of(Metric::tokens_per_second); }
  double tokens_per_step() const { return of(Metric::tokens_per_step); }
  double mfu() const { return of(Metric::mfu); }
  Seconds compute_time() const { return Seconds{of(Metric::compute_time)}; }
  Seconds communication_time() const { return Seconds{of(Metric::communication_time)}; }
  Seconds exposed_communication() const { return Seconds{of(Metric::exposed_communication)}; }
  Joules energy() const { return Joules{of(Metric::energy)}; }
};

// A case of several jobs: how they met.
struct JobsRun {
  std::string platform, platform_title, variant;
  SweptValues values;
  std::string problem;
  FabricRun run;
};

// One input figure, for the table of inputs.
struct InputFigure {
  std::string object;  // "platform leonardo_booster"
  std::string path;    // "fabric.injection"
  std::string value;   // as a quantity with unit
  std::string source;
  std::string confidence;
};

struct Result {
  std::string scenario, title, question;
  std::string version;   // of aifsim
  std::string fidelity;  // "flow" ...
  std::uint64_t seed = 1;
  std::size_t draws = 0;  // behind each band; 0: bands of the platform's calibration
  bool details = true;    // timelines of every point
  std::string workload, workload_title;
  std::string placement;  // "contiguous" ...
  std::vector<Point> points;
  std::vector<JobsRun> runs;  // of a scenario with `jobs`
  std::vector<InputFigure> inputs;
};

}  // namespace aifsim
