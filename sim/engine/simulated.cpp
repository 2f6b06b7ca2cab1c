#include "engine/simulated.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "base/error.hpp"
#include "engine/track.hpp"
#include "plan/cursor.hpp"

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

// A stream that has come to a collective.
struct Arrival {
  RoleGpu* gpu = nullptr;
  SimEvent ended;
  Seconds start;  // of the collective
};

// Devices of one name: who comes first holds one first.
class Devices {
 public:
  explicit Devices(std::int64_t count) : free_(count) {}
  void take() {
    SimEvent mine;  // before asking, as others run while it is made
    if (free_ > 0) {
      --free_;
      return;
    }
    waiting_.push_back(&mine);
    mine.wait();  // whoever gives one back hands it over
  }
  void give_back() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    SimEvent* const next = waiting_.front();
    waiting_.pop_front();  // before others run
    next->record();
  }

 private:
  std::int64_t free_;
  std::deque<SimEvent*> waiting_;
};

struct JobState {
  const JobRun* run = nullptr;
  std::size_t index = 0;
  std::vector<std::unique_ptr<RoleGpu>> devices;  // by role
  std::vector<SimEvent> events;
  std::vector<std::vector<std::deque<Arrival*>>> arrived;  // by meeting and party
  std::unique_ptr<SimBarrier> step_end;                    // of all streams; none where there is but one step
  std::size_t streams_running = 0;
  std::int64_t steps_done = 0;

  bool endless() const { return run->steps == 0; }
};

class Runner {
 public:
  Runner(SimWorld& world, std::span<const JobRun> jobs, Transport& transport) : transport_(transport) {
    result_.jobs.resize(jobs.size());
    for (std::size_t j = 0; j < jobs.size(); ++j) {
      const Plan& plan = *jobs[j].plan;
      JobState& job = *jobs_.emplace_back(std::make_unique<JobState>());
      job.run = &jobs[j];
      job.index = j;
      job.events = std::vector<SimEvent>(plan.events);
      for (const Meeting& meeting : plan.meetings) job.arrived.emplace_back(meeting.parties);
      recorder_.add_job(plan);
      for (const PlanRole& role : plan.roles) {
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
      t.roles = recorder_.take(job->index, job->steps_done, end);
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
                           transport_.start_background(job.index);
                         });
  }

  // A job's bytes are shared out over the routes by the time at which they moved, not step by step.
  std::vector<LinkUnits> carried(const JobState& job) const {
    const std::vector<Transport::Moved>& moved = transport_.moved(job.index);
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
    std::vector<std::int64_t> waits(job.events.size(), 0);
    for (std::int64_t step = 0; job.endless() || step < job.run->steps; ++step) {
      run_step(job, role, stream, waits);
      if (!job.step_end) break;
      if (!job.step_end->wait()) continue;
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
      if (!other->run->plan->background.empty()) transport_.stop_background(other->index);
  }

  void run_step(JobState& job, std::size_t role, std::size_t stream, std::vector<std::int64_t>& waits) {
    const Plan& plan = *job.run->plan;
    StepEvent event{job.index, role, stream, &plan, nullptr, 0, false, {}, {}};
    for (StreamCursor cursor(plan.roles[role].streams[stream]); !cursor.ended(); cursor.next()) {
      const PlanStep& step = cursor.step();
      event.step = &step;
      event.run = cursor.run();
      event.start = SimWorld::now();
      switch (step.kind) {
        case StepKind::compute:
          SimWorld::compute(step.time);
          break;
        case StepKind::host:
          if (step.device > 0) {
            hold(plan.devices[step.device - 1], step.time, event);
            continue;
          }
          SimWorld::sleep(step.time);
          break;
        case StepKind::record:
          job.events[step.event].record();
          continue;
        case StepKind::wait:
          job.events[step.event].wait(++waits[step.event]);
          if (const Seconds now = SimWorld::now(); event.start < now)
            recorder_.blocked({job.index, role, stream, step.event, event.start, now});
          continue;
        default: {
          begin(event, meet(job, *job.devices[role], step));
        }
      }
      event.end = SimWorld::now();
      recorder_.ended(event);
    }
  }

  // What the step was waited for until then.
  void begin(StepEvent& event, Seconds began) {
    if (!(event.start < began)) return;
    event.waited = true;
    event.end = began;
    recorder_.ended(event);
    event.waited = false;
    event.start = began;
  }

  void hold(const PlannedDevice& device, Seconds time, StepEvent& event) {
    Devices& all = held_.try_emplace(device.name, device.count).first->second;
    all.take();
    begin(event, SimWorld::now());
    SimWorld::sleep(time);
    all.give_back();
    event.end = SimWorld::now();
    recorder_.ended(event);
  }

  // Returns when the collective has ended: when it began. The last to come moves it.
  Seconds meet(JobState& job, RoleGpu& gpu, const PlanStep& step) {
    const Call call{job.index, step.collective, step.meeting};
    std::vector<std::deque<Arrival*>>& parties = job.arrived[step.meeting];
    if (parties.size() == 1) {
      const Seconds start = SimWorld::now();
      if (!step.storage) gpu.begin_communication();
      transport_.collective(call);
      if (!step.storage) gpu.end_communication();
      return start;
    }
    Arrival me{&gpu, {}, {}};
    parties[step.party].push_back(&me);
    if (std::any_of(parties.begin(), parties.end(), [](const auto& p) { return p.empty(); })) {
      me.ended.wait();
      return me.start;
    }
    std::vector<Arrival*> in;
    for (auto& party : parties) {
      in.push_back(party.front());
      party.pop_front();
    }
    const Seconds start = SimWorld::now();
    if (!step.storage)
      for (Arrival* a : in) a->gpu->begin_communication();
    transport_.collective(call);
    for (Arrival* a : in) {
      if (!step.storage) a->gpu->end_communication();
      a->start = start;
      if (a != &me) a->ended.record();
    }
    return start;
  }

  Transport& transport_;
  TrackRecorder recorder_;
  std::vector<std::unique_ptr<JobState>> jobs_;
  std::map<std::string, Devices> held_;  // by name
  std::size_t jobs_running_ = 0;         // those with an end
  JobsTimeline result_;
};

}  // namespace

const Plan& plan_after(const JobRun& job, std::size_t reroutings) {
  if (reroutings == 0) return *job.plan;
  const Rerouted& rerouted = job.rerouted.at(reroutings - 1);
  if (!rerouted.plan) throw CannotAnswer(rerouted.problem);
  return *rerouted.plan;
}

Transport::Transport(std::span<const JobRun> jobs, const RunOptions& options)
    : jobs_(jobs), options_(options) {
  for (const JobRun& job : jobs) {
    const Moved none{0, std::vector<Bytes>(job.plan->background.size())};
    moved_.emplace_back(options.reroutings.size() + 1, none);
  }
}

JobsTimeline run_streams(SimWorld& world, std::span<const JobRun> jobs, Transport& transport) {
  Runner runner(world, jobs, transport);
  world.run();
  return runner.finish();
}

}  // namespace aifsim
