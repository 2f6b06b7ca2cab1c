// The figures of a job by name. A metric is a word here, a line of the table in metric.cpp, and a function of
// this room that computes it; the store and the reports write whatever the table has.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "base/units.hpp"

namespace aifsim {

enum class Metric {
  step_time,
  tokens_per_second,
  tokens_per_step,
  mfu,
  compute_time,
  communication_time,
  exposed_communication,
  generation_time,
  scoring_time,
  training_time,
  generated_per_second,
  algorithm_bandwidth,
  bus_bandwidth,
  storage_bandwidth,
  floating_rate,
  peak_share,
  energy,
  energy_per_token,
  gpu_power,
  machine_power,
  flops_per_joule,
  meter_power,
  meter_energy,
  carbon,
  electricity,
  run_time,
  run_gpu_hours,
  run_energy,
  run_carbon,
  run_embodied,
  run_electricity,
  run_cost,
  cost_per_gpu_hour,
};
inline constexpr std::size_t metric_count = 33;

struct MetricInfo {
  const char* name;  // key of result.json and column of result.sqlite, its unit last
  const char* unit;
  const char* p10;  // the same of the ends of its band; "" where it has none
  const char* p90;
  const char* meaning;
};
const MetricInfo& about(Metric metric);

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// A figure in SI units and its 80 % band; unknown where the job does not have it.
struct Measure {
  double value = unknown;
  double p10 = unknown, p50 = unknown, p90 = unknown;  // p50: of draws
  bool known() const { return !std::isnan(value); }
  double or_zero() const { return known() ? value : 0; }
};

class Metrics {
 public:
  Measure& operator[](Metric metric) { return all_[static_cast<std::size_t>(metric)]; }
  const Measure& operator[](Metric metric) const { return all_[static_cast<std::size_t>(metric)]; }
  bool has(Metric metric) const { return (*this)[metric].known(); }

 private:
  std::array<Measure, metric_count> all_;
};

// Memory per GPU, by what holds it.
struct MemoryUse {
  Bytes parameters, gradients, optimizer, activations, buffers;
  Bytes capacity;  // what a framework can allocate
  Bytes total() const { return parameters + gradients + optimizer + activations + buffers; }
};
// Of a pipeline, by stage.
struct StageMemory {
  std::string stage;  // "stage 3"
  MemoryUse use;
};

}  // namespace aifsim
