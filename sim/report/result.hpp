// The result of one scenario: one point per platform, variant and GPU count.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

// Memory per GPU, by what holds it.
struct MemoryUse {
  Bytes parameters, gradients, optimizer, activations, buffers;
  Bytes capacity;  // what a framework can allocate
  Bytes total() const { return parameters + gradients + optimizer + activations + buffers; }
};

struct Point {
  std::string platform, variant;
  std::int64_t gpus = 0, nodes = 0;
  std::string problem;  // not empty: this point has no answer, and why; nothing below holds
  std::string note;     // what a reader should know before trusting it, or ""
  Seconds step_time;
  Seconds step_time_p10, step_time_p90;  // 80 % band: of the platform's calibration, or of the draws
  Seconds step_time_p50;                 // of the draws; 0 where there are none
  double tokens_per_second = 0, tokens_per_step = 0;
  double mfu = 0;                 // model FLOPs (no recompute) / (time x dense peak x GPUs), 0..1
  Seconds compute_time;           // compute stream busy
  Seconds communication_time;     // union of communication spans
  Seconds exposed_communication;  // communication while the compute stream idles
  Joules energy;                  // of all GPU boards in one step; 0 where their power is not modelled
  MemoryUse memory;
  Seconds wall_time;  // of the simulation; never in result.json
  Timeline timeline;
  std::optional<Seconds> measured;  // a measured step time that the scenario cites
  std::string measured_source;
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
  std::string fidelity;  // "flow" | "analytical"
  std::uint64_t seed = 1;
  std::size_t draws = 0;  // behind each band; 0: bands of the platform's calibration
  std::string workload;
  std::vector<Point> points;
  std::vector<InputFigure> inputs;
};

}  // namespace aifsim
