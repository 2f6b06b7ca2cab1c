#include "engine/launches.hpp"

#include <algorithm>

namespace aifsim {
namespace {

// Kernels alone, at full clock: what communication adds only helps the host.
bool outruns(const PlanStream& stream, Seconds per_kernel) {
  Seconds device, host;
  for (const PlanStep& step : stream.steps) {
    if (step.kind != StepKind::compute) continue;
    if (device < host) return true;
    device += step.burst;
    host += per_kernel * static_cast<double>(step.kernels);
  }
  return false;
}

PlanStep event_step(StepKind kind, std::size_t event) {
  PlanStep step;
  step.kind = kind;
  step.event = event;
  return step;
}

}  // namespace

std::size_t add_launches(PlanRole& role, Seconds per_kernel, std::size_t events) {
  PlanStream host{"host", {}};
  for (PlanStream& stream : role.streams) {
    if (!outruns(stream, per_kernel)) continue;
    std::vector<PlanStep> steps;
    for (PlanStep& step : stream.steps) {
      if (step.kind == StepKind::compute) {
        host.steps.push_back(event_step(StepKind::record, events));
        steps.push_back(event_step(StepKind::wait, events++));
        PlanStep launches;
        launches.kind = StepKind::host;
        launches.time = per_kernel * static_cast<double>(step.kernels);
        launches.label = "launch " + step.label;
        host.steps.push_back(std::move(launches));
      }
      steps.push_back(std::move(step));
    }
    stream.steps = std::move(steps);
  }
  if (!host.steps.empty()) role.streams.push_back(std::move(host));
  return events;
}

}  // namespace aifsim
