#include "plan/launches.hpp"

#include "plan/cursor.hpp"

namespace aifsim {
namespace {

// Kernels alone, at full clock: what communication adds only helps the host.
bool outruns(const PlanStream& stream, Seconds per_kernel) {
  Seconds device, host;
  for (StreamCursor cursor(stream); !cursor.ended(); cursor.next()) {
    const PlanStep& step = cursor.step();
    if (step.kind != StepKind::compute) continue;
    if (device < host) return true;
    device += step.burst;
    host += per_kernel * static_cast<double>(step.kernels) + step.host;
  }
  return false;
}

PlanStep event_step(StepKind kind, std::size_t event) {
  PlanStep step;
  step.kind = kind;
  step.event = event;
  return step;
}

// Appends a step whose repeat may have moved.
void append(std::vector<PlanStep>& to, PlanStep step, std::vector<std::size_t>& open) {
  if (step.kind == StepKind::repeat) open.push_back(to.size());
  if (step.kind == StepKind::again) {
    step.other = open.back();
    to[open.back()].other = to.size();
    open.pop_back();
  }
  to.push_back(std::move(step));
}

}  // namespace

std::size_t add_launches(PlanRole& role, Seconds per_kernel, std::size_t events) {
  PlanStream host{"host", {}};
  for (PlanStream& stream : role.streams) {
    if (!outruns(stream, per_kernel)) continue;
    std::vector<PlanStep> steps;
    std::vector<std::size_t> open, open_on_host;
    for (PlanStep& step : stream.steps) {
      if (step.kind == StepKind::repeat || step.kind == StepKind::again)
        append(host.steps, step, open_on_host);
      if (step.kind == StepKind::compute) {
        host.steps.push_back(event_step(StepKind::record, events));
        steps.push_back(event_step(StepKind::wait, events++));
        PlanStep launches;
        launches.kind = StepKind::host;
        launches.time = per_kernel * static_cast<double>(step.kernels) + step.host;
        launches.label = step.label;
        launches.label.text = "launch " + step.label.text;
        host.steps.push_back(std::move(launches));
      }
      append(steps, std::move(step), open);
    }
    stream.steps = std::move(steps);
  }
  if (!host.steps.empty()) role.streams.push_back(std::move(host));
  return events;
}

}  // namespace aifsim
