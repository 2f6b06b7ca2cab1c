// The analytical level: every running step has a constant speed between changes, kernels 1, or 1/(1 + slowdown)
// while a collective runs on their GPU, collectives
//
//   r_c = min(1, min over links of its roles of f / u_c),   f: sum over the role's running collectives of min(u, f) = 1
//
// for each way of a link on its own: a send loads its sender's links outward and its receiver's inward.
//
// u_c 1  share of a class of links (scale-up, host, NIC, fabric, storage) that collective c takes on average while it
//        runs alone, on the link that it loads most
// Max-min shares between streams of a role, whose groups load all its GPUs alike; roles do not see each other.
#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "engine/engine.hpp"
#include "engine/steady.hpp"
#include "engine/track.hpp"
#include "plan/cursor.hpp"

namespace aifsim {
namespace {

// What is written to storage takes links of its own, beside those of what is read.
constexpr std::size_t share_classes = link_classes + 1;
using ClassShares = std::array<double, share_classes>;

// u above.
ClassShares shares_of(const PlannedCollective& collective, double time, const Topology& machine) {
  ClassShares shares{};
  if (!(time > 0)) return shares;
  const bool writes = collective.storage && collective.storage->write;
  for (const PhaseCost& phase : collective.phases()) {
    ClassShares most{};
    for (const auto& [link, units] : phase.routed->flow->links) {
      const LinkClass cls = machine.link_class(link);
      double& one = most[cls == LinkClass::storage && writes ? link_classes : static_cast<std::size_t>(cls)];
      one = std::max(one, units / machine.capacity(link).value);
    }
    for (std::size_t k = 0; k < share_classes; ++k) shares[k] += phase.volume * most[k] / time;
  }
  return shares;
}

// The share that each of several gets of a link that they would load with these; infinite where it is enough.
double fair_share(std::vector<double>& wanted) {
  double sum = 0;
  for (const double w : wanted) sum += w;
  if (sum <= 1 + 1e-9) return std::numeric_limits<double>::infinity();
  std::sort(wanted.begin(), wanted.end());
  double left = 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double even = left / static_cast<double>(wanted.size() - i);
    if (wanted[i] >= even) return even;
    left -= wanted[i];
  }
  return std::numeric_limits<double>::infinity();
}

class Analysis {
 public:
  Analysis(const Plan& plan, Listener* listener, bool leaps)
      : plan_(plan), listener_(listener), recorded_(plan.events, 0), waiting_(plan.events) {
    if (leaps) steady_.emplace(plan, listener);
    for (std::size_t r = 0; r < plan.roles.size(); ++r) {
      for (std::size_t s = 0; s < plan.roles[r].streams.size(); ++s)
        streams_.push_back(
            {r, s, StreamCursor(plan.roles[r].streams[s]), std::vector<std::int64_t>(plan.events, 0)});
      roles_.emplace_back();
      for (ClassShares& fair : roles_.back().fair) fair.fill(std::numeric_limits<double>::infinity());
    }
    for (std::size_t i = 0; i < streams_.size(); ++i) roles_[streams_[i].role].streams.push_back(i);
    for (const Meeting& meeting : plan.meetings) arrived_.emplace_back(meeting.parties);
    for (const PlannedCollective& c : plan.collectives) {
      work_.push_back(time_alone(c.choices[c.chosen]).value);
      shares_.push_back(shares_of(c, work_.back(), plan.router->machine()));
    }
  }

  double run() {
    for (std::size_t i = 0; i < streams_.size(); ++i) go_on(i);
    while (!ends_.empty()) {
      const End end = ends_.top();
      ends_.pop();
      if (end.version != streams_[end.stream].version) continue;
      now_ = end.at;
      finish(end.stream);
    }
    for (const StreamState& s : streams_)
      if (!s.cursor.ended())
        throw std::logic_error("a stream waits for what never comes: " +
                               s.cursor.step().label.str(s.cursor.run()));
    return now_;
  }

 private:
  struct StreamState {
    std::size_t role, number;
    StreamCursor cursor;
    std::vector<std::int64_t> waits;       // that have ended, by event
    double left = 0, since = 0;            // seconds of work at speed 1 that were left at `since`
    double start = 0, came = 0;            // of the step
    double blocked_since = -1;             // by an event; below 0: it is not
    std::size_t version = 0;               // of its end in the queue
    std::vector<std::size_t> others = {};  // streams that are in the same collective
    double rate = 1;                       // of the collective that it stands for
    bool idle = false;                     // waits for an event, or for the others of a collective
  };
  struct RoleState {
    std::vector<std::size_t> streams;
    std::vector<std::size_t> collectives;  // streams that stand for those that run
    // Of each class of links, outward and inward; infinite: enough for all.
    std::array<ClassShares, 2> fair{};
    int communicating = 0;
  };
  struct End {
    double at;
    std::size_t stream, version;
    bool operator>(const End& o) const { return std::tie(at, stream) > std::tie(o.at, o.stream); }
  };

  double speed(const StreamState& s) const {
    if (s.cursor.step().kind == StepKind::collective) return s.rate;
    return s.cursor.step().kind == StepKind::compute && roles_[s.role].communicating > 0
               ? 1 / (1 + plan_.compute_slowdown)
               : 1;
  }
  void schedule(std::size_t i) {
    StreamState& s = streams_[i];
    ends_.push({now_ + s.left / speed(s), i, ++s.version});
  }
  void begin(std::size_t i, double work) {
    StreamState& s = streams_[i];
    s.left = work;
    s.rate = 1;
    s.start = s.since = now_;
    running_.resize(streams_.size(), 0);
    running_[i] = 1;
    schedule(i);
  }
  // Kernels of the role's other streams change their speed.
  void communicate(std::size_t role, int change) {
    RoleState& r = roles_[role];
    const bool before = r.communicating > 0;
    if (before == (r.communicating + change > 0) || plan_.compute_slowdown == 0) {
      r.communicating += change;
      return;
    }
    for (const std::size_t i : r.streams)
      if (kernel_runs(i)) {
        streams_[i].left -= (now_ - streams_[i].since) * speed(streams_[i]);
        streams_[i].since = now_;
      }
    r.communicating += change;
    for (const std::size_t i : r.streams)
      if (kernel_runs(i)) schedule(i);
  }
  bool kernel_runs(std::size_t i) const {
    return i < running_.size() && running_[i] && streams_[i].cursor.step().kind == StepKind::compute;
  }

  // A collective begins or has ended: those of its roles share their links anew.
  template <class Visit>
  void for_each_role(std::size_t first, Visit visit) {
    visit(streams_[first].role);
    for (const std::size_t other : streams_[first].others)
      if (streams_[other].role != streams_[first].role) visit(streams_[other].role);
  }
  // Which ways a collective loads the links of one of its roles: a send outward where it leaves and inward where it
  // arrives, all else both.
  struct Ways {
    bool out = false, in = false;
    bool of(std::size_t way) const { return way == 0 ? out : in; }
  };
  Ways ways_of(std::size_t first, std::size_t role) const {
    Ways ways;
    const auto add = [&](std::size_t stream) {
      if (streams_[stream].role != role) return;
      const PlanStep& step = streams_[stream].cursor.step();
      ways.out = ways.out || !step.pair || step.party == 0;
      ways.in = ways.in || !step.pair || step.party == 1;
    };
    add(first);
    for (const std::size_t other : streams_[first].others) add(other);
    return ways;
  }
  void share(std::size_t role) {
    RoleState& r = roles_[role];
    bool changed = false;
    for (std::size_t way = 0; way < 2; ++way)
      for (std::size_t k = 0; k < share_classes; ++k) {
        wanted_.clear();
        for (const std::size_t i : r.collectives)
          if (const double u = shares_[streams_[i].cursor.step().collective][k];
              u > 0 && ways_of(i, role).of(way))
            wanted_.push_back(u);
        const double fair = fair_share(wanted_);
        changed = changed || fair != r.fair[way][k];
        r.fair[way][k] = fair;
      }
    if (!changed) return;
    for (const std::size_t i : r.collectives) {
      StreamState& s = streams_[i];
      const ClassShares& u = shares_[s.cursor.step().collective];
      double rate = 1;
      for_each_role(i, [&](std::size_t in) {
        const Ways ways = ways_of(i, in);
        for (std::size_t way = 0; way < 2; ++way)
          for (std::size_t k = 0; k < share_classes; ++k)
            if (u[k] > 0 && ways.of(way)) rate = std::min(rate, roles_[in].fair[way][k] / u[k]);
      });
      if (rate == s.rate) continue;
      s.left -= (now_ - s.since) * s.rate;
      s.since = now_;
      s.rate = rate;
      schedule(i);
    }
  }

  // The stream's next step.
  void next(std::size_t i) {
    StreamCursor& cursor = streams_[i].cursor;
    if (!steady_ || !steady_->beats(i)) return cursor.next();
    before_ = cursor.loops();
    const std::size_t at = cursor.at();
    cursor.next();
    if (cursor.at() > at) return;  // no loop begins another run
    standing_.clear();
    for (const StreamState& s : streams_)
      standing_.push_back({&s.cursor, &s.waits, s.idle,
                           s.blocked_since >= 0 ? s.blocked_since
                           : s.idle             ? s.came
                                                : s.start});
    standing_[i].since = now_;
    if (const auto found = steady_->beat(Seconds{now_}, before_, standing_, recorded_)) leave_out(*found);
  }
  void leave_out(const Leap& leap) {
    const double time = leap.time.value;
    now_ += time;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      const Leap::Stream& told = leap.streams[i];
      if (told.runs == 0) continue;
      StreamState& s = streams_[i];
      s.cursor.skip(told.loop, told.runs);
      for (const auto& [event, waits] : told.waits) s.waits[event] += waits;
      for (double* moment : {&s.start, &s.came, &s.since}) *moment += time;
      if (s.blocked_since >= 0) s.blocked_since += time;
    }
    for (std::size_t e = 0; e < recorded_.size(); ++e) recorded_[e] += leap.recorded[e];
    std::vector<End> later;
    for (; !ends_.empty(); ends_.pop()) {
      later.push_back(ends_.top());
      later.back().at += time;
    }
    for (const End& end : later) ends_.push(end);
    for (const Leap::Ahead& one : leap.ahead) {
      StreamState& s = streams_[one.stream];
      s.cursor = one.cursor;
      running_[one.stream] = !one.cursor.ended();
      ++s.version;  // the end of the step that it was in counts no more
      if (one.cursor.ended()) continue;
      s.start = one.ends - one.cursor.step().time.value;
      s.left = one.ends - now_;
      s.since = now_;
      schedule(one.stream);
    }
  }

  // Until the stream runs something, waits, or has ended.
  void go_on(std::size_t i) {
    StreamState& s = streams_[i];
    s.idle = false;
    for (; !s.cursor.ended(); next(i)) {
      const PlanStep& step = s.cursor.step();
      switch (step.kind) {
        case StepKind::record: {
          ++recorded_[step.event];
          std::vector<std::size_t> free;
          std::swap(free, waiting_[step.event]);
          for (const std::size_t w : free) ready_.push_back(w);
          continue;
        }
        case StepKind::wait:
          if (recorded_[step.event] <= s.waits[step.event]) {
            waiting_[step.event].push_back(i);
            s.blocked_since = now_;
            s.idle = true;
            return wake();
          }
          ++s.waits[step.event];
          if (s.blocked_since >= 0 && s.blocked_since < now_)
            tell({0, s.role, s.number, step.event, Seconds{s.blocked_since}, Seconds{now_}});
          s.blocked_since = -1;
          continue;
        case StepKind::collective:
          s.came = now_;
          s.idle = true;
          arrive(i, step);
          return wake();
        default:
          begin(i, step.time.value);
          return wake();
      }
    }
    wake();
  }
  void wake() {
    if (waking_) return;
    waking_ = true;
    while (!ready_.empty()) {
      const std::size_t i = ready_.front();
      ready_.pop_front();
      go_on(i);
    }
    waking_ = false;
  }

  void arrive(std::size_t i, const PlanStep& step) {
    auto& parties = arrived_[step.meeting];
    parties[step.party].push_back(i);
    if (std::any_of(parties.begin(), parties.end(), [](const auto& p) { return p.empty(); })) return;
    std::vector<std::size_t> in;
    for (auto& party : parties) {
      in.push_back(party.front());
      party.pop_front();
    }
    for (const std::size_t member : in) {
      if (!step.storage) communicate(streams_[member].role, 1);
      streams_[member].start = now_;
      streams_[member].idle = false;
    }
    // The first of them stands for all.
    const std::size_t first = in.front();
    streams_[first].others.assign(in.begin() + 1, in.end());
    begin(first, work_[streams_[first].cursor.step().collective]);
    for_each_role(first, [&](std::size_t role) { roles_[role].collectives.push_back(first); });
    for_each_role(first, [&](std::size_t role) { share(role); });
  }

  void finish(std::size_t i) {
    StreamState& s = streams_[i];
    running_[i] = 0;
    if (s.cursor.step().kind != StepKind::collective) {
      tell(s, false, s.start);
      next(i);
      return go_on(i);
    }
    for_each_role(i, [&](std::size_t role) { std::erase(roles_[role].collectives, i); });
    for_each_role(i, [&](std::size_t role) { share(role); });
    std::vector<std::size_t> in{i};
    in.insert(in.end(), s.others.begin(), s.others.end());
    s.others.clear();
    for (const std::size_t member : in) {
      StreamState& m = streams_[member];
      if (!m.cursor.step().storage) communicate(m.role, -1);
      if (m.came < s.start) tell(m, true, m.came, s.start);
      tell(m, false, s.start);
      next(member);
      ready_.push_back(member);
    }
    wake();
  }

  void tell(const StreamState& s, bool waited, double start, double end = -1) {
    if (!listener_) return;
    const StepEvent event{0,      s.role,           s.number,
                          &plan_, &s.cursor.step(), s.cursor.run(),
                          waited, Seconds{start},   Seconds{end < 0 ? now_ : end}};
    steady_ ? steady_->ended(event, s.cursor.loops().size()) : listener_->ended(event);
  }
  void tell(const BlockedEvent& event) {
    if (listener_) steady_ ? steady_->blocked(event) : listener_->blocked(event);
  }

  const Plan& plan_;
  Listener* listener_;
  std::optional<SteadyState> steady_;
  std::vector<StreamCursor::Loop> before_;  // scratch
  std::vector<StreamStanding> standing_;    // likewise
  double now_ = 0;
  std::vector<StreamState> streams_;
  std::vector<RoleState> roles_;
  std::vector<std::int64_t> recorded_;
  std::vector<std::vector<std::size_t>> waiting_;              // streams, by event
  std::vector<std::vector<std::deque<std::size_t>>> arrived_;  // streams, by meeting and party
  std::vector<double> work_;                                   // of each collective, alone
  std::vector<ClassShares> shares_;                            // the same: of links
  std::vector<double> wanted_;                                 // scratch
  std::vector<char> running_ = {};
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;
  std::deque<std::size_t> ready_;
  bool waking_ = false;
};

}  // namespace

Seconds analytical_duration(const Plan& plan, Listener* listener, bool leaps) {
  return Seconds{Analysis(plan, listener, leaps).run()};
}

Timeline run_analytical(const Plan& plan, const Topology& machine) {
  Timeline timeline;
  TrackRecorder recorder;
  recorder.add_job(plan);
  timeline.duration = analytical_duration(plan, &recorder);
  timeline.roles = recorder.take(0, 1, timeline.duration);
  const std::vector<std::vector<LinkUnits>> carried{carried_by(plan, 1)};
  add_link_use(timeline, carried, machine, timeline.duration);
  return timeline;
}

}  // namespace aifsim
