#include "engine/simulated.hpp"

#include <array>
#include <map>

#include "base/error.hpp"
#include "engine/track.hpp"

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

struct JobState {
  const JobRun* run = nullptr;
  std::size_t index = 0;
  std::vector<std::unique_ptr<RoleGpu>> devices;  // by role
  std::array<std::vector<SimEvent>, 2> events;    // of even and odd steps
  std::unique_ptr<SimBarrier> step_end;           // of all streams; none where there is but one step
  std::size_t streams_running = 0;
  std::int64_t steps_done = 0;

  bool endless() const { return run->steps == 0; }
};

class Runner {
 public:
  Runner(SimWorld& world, std::span<const JobRun> jobs, Mover& mover) : mover_(mover) {
    result_.jobs.resize(jobs.size());
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      const Plan& plan = *jobs[j].plan;
      JobState& job = *jobs_.emplace_back(std::make_unique<JobState>());
      job.run = &jobs[j];
      job.index = j;
      job.events = {std::vector<SimEvent>(plan.events), std::vector<SimEvent>(plan.events)};
      for (const PlanRole& role : plan.roles) {
        result_.jobs[j].roles.push_back(empty_track(role));
        job.devices.push_back(
            std::make_unique<RoleGpu>(world, jobs[j].name + role.name, plan.compute_slowdown));
        job.streams_running += role.streams.size();
      }
      if (jobs[j].steps != 1) job.step_end = std::make_unique<SimBarrier>(job.streams_running);
      if (!job.endless() && job.streams_running > 0) ++jobs_running_;
    }
    for (const auto& job : jobs_) spawn(world, *job);
  }

  JobsTimeline finish() {
    for (const auto& job : jobs_) {
      Timeline& t = result_.jobs[job->index];
      const Seconds end = t.step_ends.empty() ? result_.duration : t.step_ends.back();
      t.duration = end - job->run->start;
      result_.carried.push_back(carried(*job));
    }
    return std::move(result_);
  }

 private:
  void spawn(SimWorld& world, JobState& job) {
    const Plan& plan = *job.run->plan;
    for (std::size_t r = 0; r < plan.roles.size(); ++r)
      for (std::size_t s = 0; s < plan.roles[r].streams.size(); ++s) {
        const auto body = [this, &job, r, s] { run_stream(job, r, s); };
        const std::string name = job.run->name + plan.roles[r].name + " " + plan.roles[r].streams[s].name;
        job.endless() ? world.spawn_daemon(name, job.devices[r]->host(), body)
                      : world.spawn(name, job.devices[r]->host(), body);
      }
    if (!plan.background.empty())
      world.spawn_daemon(job.run->name + "background", world.add_host(job.run->name + "background"),
                         [this, &job] {
                           SimWorld::sleep(job.run->start);
                           mover_.start_background(job.index);
                         });
  }

  // A job's bytes are shared out over the routes by the time at which they moved, not step by step.
  std::vector<LinkUnits> carried(const JobState& job) const {
    const std::vector<Mover::Moved>& moved = mover_.moved(job.index);
    const auto steps = static_cast<double>(job.steps_done);
    if (moved.size() == 1) return carried_by(*job.run->plan, steps, moved.front().delivered);
    double sum = 0;
    for (const auto& m : moved) sum += m.bytes;
    std::map<LinkId, double> bytes;
    for (std::size_t epoch = 0; epoch < moved.size(); ++epoch) {
      const Plan* plan = epoch == 0 ? job.run->plan : job.run->rerouted[epoch - 1].plan;
      if (!plan) continue;  // nothing has moved then
      const double share = sum > 0 ? moved[epoch].bytes / sum : 0;
      for (const auto& [link, units] : carried_by(*plan, steps * share, moved[epoch].delivered))
        bytes[link] += units;
    }
    std::vector<LinkUnits> all;
    for (const auto& [link, units] : bytes) all.push_back({link, units});
    return all;
  }

  void run_stream(JobState& job, std::size_t role, std::size_t stream) {
    if (job.run->start.value > 0) SimWorld::sleep(job.run->start);
    Timeline& timeline = result_.jobs[job.index];
    for (std::int64_t step = 0; job.endless() || step < job.run->steps; ++step) {
      run_step(job, step, role, stream);
      if (!job.step_end) break;
      if (!job.step_end->wait()) continue;
      // All are done with this step's events, and none reaches the step after the next before this one.
      for (SimEvent& event : job.events[step % 2]) event.reset();
      ++job.steps_done;
      timeline.step_ends.push_back(SimWorld::now());
    }
    if (--job.streams_running > 0) return;
    if (!job.step_end) {
      ++job.steps_done;
      timeline.step_ends.push_back(SimWorld::now());
    }
    if (--jobs_running_ > 0) return;
    result_.duration = SimWorld::now();
    for (const auto& other : jobs_)
      if (!other->run->plan->background.empty()) mover_.stop_background(other->index);
  }

  void run_step(JobState& job, std::int64_t number, std::size_t role, std::size_t stream) {
    RoleGpu& device = *job.devices[role];
    std::vector<SimEvent>& events = job.events[number % 2];
    StreamTrack& track = result_.jobs[job.index].roles[role].streams[stream];
    const std::vector<PlanStep>& steps = job.run->plan->roles[role].streams[stream].steps;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      const PlanStep& step = steps[s];
      const Seconds start = SimWorld::now();
      switch (step.kind) {
        case StepKind::compute:
          SimWorld::compute(step.time);
          break;
        case StepKind::host:
          SimWorld::sleep(step.time);
          break;
        case StepKind::record:
          events[step.event].record();
          continue;
        case StepKind::wait:
          events[step.event].wait();
          continue;
        case StepKind::collective:
          device.begin_communication();
          mover_.collective(job.index, {role, stream, s});
          device.end_communication();
          break;
      }
      if (track.spans.size() < most_spans) track.spans.push_back(span_of(step, start, SimWorld::now()));
    }
  }

  Mover& mover_;
  std::vector<std::unique_ptr<JobState>> jobs_;
  std::size_t jobs_running_ = 0;  // those with an end
  JobsTimeline result_;
};

}  // namespace

const Plan& plan_after(const JobRun& job, std::size_t reroutings) {
  if (reroutings == 0) return *job.plan;
  const Rerouted& rerouted = job.rerouted.at(reroutings - 1);
  if (!rerouted.plan) throw CannotAnswer(rerouted.problem);
  return *rerouted.plan;
}

Mover::Mover(std::span<const JobRun> jobs, const RunOptions& options) : jobs_(jobs), options_(options) {
  for (const JobRun& job : jobs) {
    const Moved none{0, std::vector<Bytes>(job.plan->background.size())};
    moved_.emplace_back(options.reroutings.size() + 1, none);
  }
}

JobsTimeline run_streams(SimWorld& world, std::span<const JobRun> jobs, Mover& mover) {
  Runner runner(world, jobs, mover);
  world.run();
  return runner.finish();
}

}  // namespace aifsim
