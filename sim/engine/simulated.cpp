#include "engine/simulated.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "base/error.hpp"
#include "engine/steady.hpp"
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

// A stream in its step.
struct StreamState {
  std::size_t role = 0, number = 0;
  std::optional<StreamCursor> cursor;
  std::vector<std::int64_t> waits;  // that have ended, by event
  StepEvent step;
  Seconds began;      // a collective that it came to
  Seconds until;      // when a step ends that it was put to meanwhile
  bool idle = false;  // waits for an event, or for the others of a collective
};

// A stream that has come to a collective.
struct Arrival {
  StreamState* stream = nullptr;
  RoleGpu* gpu = nullptr;
  SimEvent ended;
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
  std::vector<StreamState> streams;               // role by role
  std::vector<SimEvent> events;
  std::vector<std::vector<std::deque<Arrival*>>> arrived;  // by meeting and party
  std::unique_ptr<SimBarrier> step_end;                    // of all streams; none where there is but one step
  std::size_t streams_running = 0;
  std::int64_t steps_done = 0;

  bool endless() const { return run->steps == 0; }
};

class Runner {
 public:
  Runner(SimWorld& world, std::span<const JobRun> jobs, Transport& transport, bool leaps)
      : transport_(transport) {
    result_.jobs.resize(jobs.size());
    if (leaps) steady_.emplace(*jobs.front().plan, &recorder_);
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
        for (std::size_t s = 0; s < role.streams.size(); ++s)
          job.streams.push_back(
              {job.devices.size() - 1, s, {}, std::vector<std::int64_t>(plan.events, 0), {}, {}, {}, false});
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
    for (StreamState& stream : job.streams) {
      const auto body = [this, &job, &stream] { run_stream(job, stream); };
      const PlanRole& role = plan.roles[stream.role];
      const std::string name = job.run->name + role.name + " " + role.streams[stream.number].name;
      job.endless() ? world.spawn_daemon(name, job.devices[stream.role]->host(), body)
                    : world.spawn(name, job.devices[stream.role]->host(), body);
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

  void run_stream(JobState& job, StreamState& stream) {
    if (job.run->start.value > 0) SimWorld::sleep(job.run->start);
    Timeline& timeline = result_.jobs[job.index];
    for (std::int64_t step = 0; job.endless() || step < job.run->steps; ++step) {
      run_step(job, stream);
      if (!job.step_end) break;
      if (!job.step_end->wait()) continue;
      ++job.steps_done;
      timeline.step_ends.push_back(now());
    }
    if (--job.streams_running > 0) return;
    if (!job.step_end) {
      ++job.steps_done;
      timeline.step_ends.push_back(now());
    }
    if (--jobs_running_ > 0) return;
    result_.duration = now();
    for (const auto& other : jobs_)
      if (!other->run->plan->background.empty()) transport_.stop_background(other->index);
  }

  void run_step(JobState& job, StreamState& stream) {
    const Plan& plan = *job.run->plan;
    stream.step = {job.index, stream.role, stream.number, &plan, nullptr, 0, false, {}, {}};
    for (stream.cursor.emplace(plan.roles[stream.role].streams[stream.number]); !stream.cursor->ended();
         next(job, stream)) {
      const PlanStep& step = stream.cursor->step();
      stream.step.step = &step;
      stream.step.start = now();
      switch (step.kind) {
        case StepKind::compute:
          SimWorld::compute(step.time);
          break;
        case StepKind::host:
          if (step.device > 0) {
            hold(plan.devices[step.device - 1], step.time, stream);
            continue;
          }
          SimWorld::sleep(step.time);
          if (stream.until > now()) SimWorld::sleep(stream.until - now());
          break;
        case StepKind::record:
          job.events[step.event].record();
          continue;
        case StepKind::wait:
          wait(job, stream, step.event);
          continue;
        default:
          meet(job, stream, step);
          begin(stream);
      }
      if (stream.cursor->ended()) return;  // what it was doing was left out
      tell(stream, now());
    }
  }

  // The time of the run: SimGrid's, and what was left out.
  Seconds now() const { return SimWorld::now() + left_out_; }

  void next(JobState& job, StreamState& stream) {
    const auto number = static_cast<std::size_t>(&stream - job.streams.data());
    if (!steady_ || !steady_->beats(number)) return stream.cursor->next();
    before_ = stream.cursor->loops();
    const std::size_t at = stream.cursor->at();
    stream.cursor->next();
    if (stream.cursor->at() > at) return;  // no loop begins another run
    stream.step.start = now();
    standing_.clear();
    for (const StreamState& s : job.streams) {
      if (!s.cursor) return;  // it has not begun
      standing_.push_back({&*s.cursor, &s.waits, s.idle, s.step.start.value});
    }
    recorded_.clear();
    for (const SimEvent& event : job.events) recorded_.push_back(event.count());
    if (const auto found = steady_->beat(now(), before_, standing_, recorded_)) leave_out(job, *found);
  }

  void leave_out(JobState& job, const Leap& leap) {
    left_out_ += leap.time;
    for (std::size_t s = 0; s < job.streams.size(); ++s) {
      const Leap::Stream& told = leap.streams[s];
      if (told.runs == 0) continue;
      StreamState& stream = job.streams[s];
      stream.cursor->skip(told.loop, told.runs);
      stream.step.start += leap.time;
      stream.began += leap.time;
      for (const auto& [event, waits] : told.waits) stream.waits[event] += waits;
    }
    for (std::size_t e = 0; e < job.events.size(); ++e) job.events[e].count_more(leap.recorded[e]);
    for (const Leap::Ahead& one : leap.ahead) {  // goes on when the step that it is in has ended
      StreamState& stream = job.streams[one.stream];
      stream.cursor = one.cursor;
      if (one.cursor.ended()) continue;
      stream.step.step = &one.cursor.step();
      stream.step.start = Seconds{one.ends} - one.cursor.step().time;
      stream.until = Seconds{one.ends};
    }
  }

  void wait(JobState& job, StreamState& stream, std::size_t event) {
    stream.idle = true;
    job.events[event].wait(++stream.waits[event]);
    stream.idle = false;
    const Seconds start = stream.step.start, ended = now();
    if (!(start < ended)) return;
    const BlockedEvent blocked{job.index, stream.role, stream.number, event, start, ended};
    steady_ ? steady_->blocked(blocked) : recorder_.blocked(blocked);
  }

  void tell(StreamState& stream, Seconds ended) {
    stream.step.end = ended;
    stream.step.run = stream.cursor->run();  // more than when it began, where runs were left out meanwhile
    steady_ ? steady_->ended(stream.step, stream.cursor->loops().size()) : recorder_.ended(stream.step);
  }

  // What the step waited for until it began.
  void begin(StreamState& stream) {
    if (!(stream.step.start < stream.began)) return;
    stream.step.waited = true;
    tell(stream, stream.began);
    stream.step.waited = false;
    stream.step.start = stream.began;
  }

  void hold(const PlannedDevice& device, Seconds time, StreamState& stream) {
    Devices& all = held_.try_emplace(device.name, device.count).first->second;
    all.take();
    stream.began = now();
    begin(stream);
    SimWorld::sleep(time);
    all.give_back();
    tell(stream, now());
  }

  // Returns when the collective has ended, and leaves in the stream when it began. The last to come moves it.
  void meet(JobState& job, StreamState& stream, const PlanStep& step) {
    RoleGpu& gpu = *job.devices[stream.role];
    const Call call{job.index, step.collective, step.meeting};
    std::vector<std::deque<Arrival*>>& parties = job.arrived[step.meeting];
    if (parties.size() == 1) {
      stream.began = now();
      if (!step.storage) gpu.begin_communication();
      transport_.collective(call);
      if (!step.storage) gpu.end_communication();
      return;
    }
    Arrival me{&stream, &gpu, {}};
    parties[step.party].push_back(&me);
    if (std::any_of(parties.begin(), parties.end(), [](const auto& p) { return p.empty(); })) {
      stream.idle = true;
      return me.ended.wait();
    }
    std::vector<Arrival*> in;
    for (auto& party : parties) {
      in.push_back(party.front());
      party.pop_front();
    }
    for (Arrival* a : in) {
      a->stream->began = now();
      a->stream->idle = false;
    }
    if (!step.storage)
      for (Arrival* a : in) a->gpu->begin_communication();
    transport_.collective(call);
    for (Arrival* a : in) {
      if (!step.storage) a->gpu->end_communication();
      if (a != &me) a->ended.record();
    }
  }

  Transport& transport_;
  TrackRecorder recorder_;
  std::optional<SteadyState> steady_;
  Seconds left_out_;
  std::vector<StreamCursor::Loop> before_;  // scratch, as the next two
  std::vector<StreamStanding> standing_;
  std::vector<std::int64_t> recorded_;
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

namespace {

// Whether nothing but the job's own streams matters to it (steady.hpp).
bool may_leap(std::span<const JobRun> jobs, const RunOptions& options) {
  return options.leaps && jobs.size() == 1 && jobs.front().steps == 1 && options.changes.empty() &&
         options.reroutings.empty() && options.jitter.spread == 0 && jobs.front().plan->background.empty() &&
         jobs.front().plan->devices.empty();
}

}  // namespace

JobsTimeline run_streams(SimWorld& world, std::span<const JobRun> jobs, Transport& transport,
                         const RunOptions& options) {
  Runner runner(world, jobs, transport, may_leap(jobs, options));
  world.run();
  return runner.finish();
}

}  // namespace aifsim
