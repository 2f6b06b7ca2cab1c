// The analytical level: streams advance together from one change to the next. Between changes every running
// step has a constant speed: kernels 1 or 1/(1 + slowdown), everything else 1.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "engine/engine.hpp"
#include "engine/track.hpp"

namespace aifsim {
namespace {

struct Cursor {
  const PlanStream* stream = nullptr;
  std::size_t step = 0;
  bool running = false;
  double left = 0;  // seconds of work at speed 1
  double start = 0;
};

double work_of(const PlanStep& step, const Plan& plan) {
  if (step.kind != StepKind::collective) return step.time.value;
  double work = 0;
  for (const PhaseCost& p : step.phases())
    work += p.latency.value + p.volume * plan.flows[p.flow].seconds_per_unit;
  return work;
}

// Runs one role; calls `done(stream index, step, start, end)` for every step that takes time.
template <class Done>
double run_role(const Plan& plan, const PlanRole& role, Done done) {
  std::vector<Cursor> cursors;
  for (const auto& s : role.streams) cursors.push_back({&s, 0, false, 0, 0});
  std::vector<char> recorded(plan.events, 0);
  double now = 0;
  for (;;) {
    for (bool moved = true; moved;) {  // start whatever can start; records may free waits
      moved = false;
      for (Cursor& c : cursors)
        while (!c.running && c.step < c.stream->steps.size()) {
          const PlanStep& step = c.stream->steps[c.step];
          if (step.kind == StepKind::wait && !recorded[step.event]) break;
          moved = true;
          if (step.kind == StepKind::wait || step.kind == StepKind::record) {
            if (step.kind == StepKind::record) recorded[step.event] = 1;
            ++c.step;
            continue;
          }
          c.running = true;
          c.left = work_of(step, plan);
          c.start = now;
        }
    }
    bool communicating = false;
    for (const Cursor& c : cursors)
      communicating |= c.running && c.stream->steps[c.step].kind == StepKind::collective;
    const double kernel_speed = communicating ? 1 / (1 + plan.compute_slowdown) : 1;
    const auto speed = [&](const Cursor& c) {
      return c.stream->steps[c.step].kind == StepKind::compute ? kernel_speed : 1.0;
    };
    double next = std::numeric_limits<double>::infinity();
    for (const Cursor& c : cursors)
      if (c.running) next = std::min(next, c.left / speed(c));
    if (next == std::numeric_limits<double>::infinity()) break;
    now += next;
    for (std::size_t i = 0; i < cursors.size(); ++i) {
      Cursor& c = cursors[i];
      if (!c.running) continue;
      const double worked = next * speed(c);
      c.left -= worked;
      if (c.left > 1e-12 * (1 + worked)) continue;
      done(i, c.stream->steps[c.step], c.start, now);
      c.running = false;
      ++c.step;
    }
  }
  for (const Cursor& c : cursors)
    if (c.step < c.stream->steps.size())
      throw std::logic_error("a stream waits for an event that is never recorded");
  return now;
}

}  // namespace

Seconds analytical_duration(const Plan& plan) {
  double duration = 0;
  for (const PlanRole& role : plan.roles)
    duration = std::max(duration, run_role(plan, role, [](auto&&...) {}));
  return Seconds{duration};
}

Timeline run_analytical(const Plan& plan, const Topology& machine) {
  Timeline timeline;
  for (const PlanRole& role : plan.roles) {
    RoleTrack track = empty_track(role);
    const double end =
        run_role(plan, role, [&](std::size_t stream, const PlanStep& step, double start, double stop) {
          track.streams[stream].spans.push_back(span_of(step, Seconds{start}, Seconds{stop}));
        });
    timeline.duration = std::max(timeline.duration, Seconds{end});
    timeline.roles.push_back(std::move(track));
  }
  const std::vector<std::vector<LinkUnits>> carried{carried_by(plan, 1)};
  add_link_use(timeline, carried, machine, timeline.duration);
  return timeline;
}

}  // namespace aifsim
