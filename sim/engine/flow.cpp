// The flow level: one actor per stream of each role. A collective's phase is its latency, then one transfer
// over the links that can bind; transfers that are under way at the same time share the links in SimGrid's
// solver.
#include <memory>

#include "engine/engine.hpp"
#include "engine/track.hpp"
#include "machine/world.hpp"

namespace aifsim {
namespace {

// One role's GPU: slower while any of its streams communicates.
class RoleGpu {
 public:
  RoleGpu(SimWorld& world, const std::string& name, double slowdown)
      : host_(world.add_processor(name, 1 / (1 + slowdown))) {}
  SimWorld::Host* host() const { return host_; }
  void begin_communication() {
    if (active_++ == 0) SimWorld::set_contended(host_, true);
  }
  void end_communication() {
    if (--active_ == 0) SimWorld::set_contended(host_, false);
  }

 private:
  SimWorld::Host* host_;
  int active_ = 0;
};

// A flow's route repeats a link as often as units cross it.
std::vector<LinkId> route_of(const Flow& flow) {
  std::vector<LinkId> route;
  for (const auto& [link, count] : flow.links) route.insert(route.end(), count, link);
  return route;
}

struct Shared {
  const Plan& plan;
  std::vector<SimWorld::Pair> pairs;  // by flow
  std::vector<SimEvent> events;
};

void run_stream(const PlanStream& stream, Shared& shared, RoleGpu& device, StreamTrack& track) {
  for (const PlanStep& step : stream.steps) {
    const Seconds start = SimWorld::now();
    switch (step.kind) {
      case StepKind::compute:
        SimWorld::compute(step.time);
        break;
      case StepKind::host:
        SimWorld::sleep(step.time);
        break;
      case StepKind::record:
        shared.events[step.event].record();
        continue;
      case StepKind::wait:
        shared.events[step.event].wait();
        continue;
      case StepKind::collective:
        device.begin_communication();
        for (const PhaseCost& phase : step.phases()) {
          SimWorld::sleep(phase.latency);
          SimWorld::transfer(shared.pairs[phase.flow], Bytes{phase.volume});
        }
        device.end_communication();
        break;
    }
    track.spans.push_back(span_of(step, start, SimWorld::now()));
  }
}

}  // namespace

Timeline run_flow(const Plan& plan, const Topology& machine) {
  SimWorld world(machine);
  Shared shared{plan, {}, std::vector<SimEvent>(plan.events)};
  for (const Flow& flow : plan.flows) shared.pairs.push_back(world.add_pair(route_of(flow), Seconds{0}));
  Timeline timeline;
  std::vector<std::unique_ptr<RoleGpu>> devices;
  for (const PlanRole& role : plan.roles) {
    timeline.roles.push_back(empty_track(role));
    devices.push_back(std::make_unique<RoleGpu>(world, role.name, plan.compute_slowdown));
  }
  for (std::size_t r = 0; r < plan.roles.size(); ++r)
    for (std::size_t s = 0; s < plan.roles[r].streams.size(); ++s)
      world.spawn(plan.roles[r].name + " " + plan.roles[r].streams[s].name, devices[r]->host(), [&, r, s] {
        run_stream(plan.roles[r].streams[s], shared, *devices[r], timeline.roles[r].streams[s]);
      });
  timeline.duration = world.run();
  timeline.links = link_use(plan, machine, timeline.duration);
  return timeline;
}

}  // namespace aifsim
