#include "engine/steady.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace aifsim {
namespace {

constexpr std::int64_t fewest_runs = 8;  // of a loop that is worth watching
constexpr std::size_t longest = 2;       // beats of a period
constexpr double alike = 1e-6;           // of a period: what times may differ by

bool within(double a, double b, double period) { return std::abs(a - b) <= alike * period; }

bool waits_for_nobody(const PlanStream& stream) {
  return std::ranges::all_of(stream.steps, [](const PlanStep& step) {
    return (step.kind == StepKind::host && step.device == 0) || step.kind == StepKind::record ||
           step.kind == StepKind::repeat || step.kind == StepKind::again;
  });
}

}  // namespace

SteadyState::SteadyState(const Plan& plan, Listener* listener)
    : listener_(listener), of_ahead_(plan.events), plan_(&plan) {
  std::int64_t most = fewest_runs - 1;
  for (std::size_t r = 0; r < plan.roles.size(); ++r) {
    const PlanRole& role = plan.roles[r];
    first_stream_.push_back(waits_for_.size());
    for (std::size_t s = 0; s < role.streams.size(); ++s) {
      const PlanStream& stream = role.streams[s];
      whose_.push_back({r, s});
      ahead_.push_back(waits_for_nobody(stream));
      std::vector<std::size_t>& events = waits_for_.emplace_back();
      for (const PlanStep& step : stream.steps) {
        if (step.kind == StepKind::wait) events.push_back(step.event);
        if (step.kind == StepKind::record && ahead_.back()) of_ahead_[step.event] = true;
        if (step.kind == StepKind::repeat && step.times > most && !ahead_.back()) {
          most = step.times;
          stream_ = waits_for_.size() - 1;
        }
      }
      std::sort(events.begin(), events.end());
      events.erase(std::unique(events.begin(), events.end()), events.end());
    }
  }
}

SteadyState::State SteadyState::taken(double now, std::span<const StreamStanding> streams,
                                      std::span<const std::int64_t> recorded) const {
  State state;
  state.time = now;
  state.told = forgotten_ + told_.size();
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const StreamStanding& stream = streams[s];
    state.in_step.push_back(now - stream.since);
    if (ahead_[s]) continue;
    state.same.push_back(static_cast<std::int64_t>(stream.cursor->at()));
    state.same.push_back(stream.idle);
    for (const StreamCursor::Loop& loop : stream.cursor->loops()) {
      state.same.push_back(static_cast<std::int64_t>(loop.repeat));
      state.counted.push_back(loop.run);
    }
    for (const std::size_t event : waits_for_[s]) state.counted.push_back((*stream.waits)[event]);
  }
  for (std::size_t e = 0; e < recorded.size(); ++e) state.counted.push_back(of_ahead_[e] ? 0 : recorded[e]);
  return state;
}

std::optional<Leap> SteadyState::beat(Seconds now, std::span<const StreamCursor::Loop> before,
                                      std::span<const StreamStanding> streams,
                                      std::span<const std::int64_t> recorded) {
  const StreamCursor& cursor = *streams[*stream_].cursor;
  const std::vector<StreamCursor::Loop>& loops = cursor.loops();
  std::size_t ended = 0;
  while (ended < loops.size() && ended < before.size() && loops[ended].repeat == before[ended].repeat &&
         loops[ended].run == before[ended].run)
    ++ended;
  if (ended >= loops.size() || ended >= before.size() || loops[ended].repeat != before[ended].repeat)
    return std::nullopt;
  if (loops[ended].run + cursor.left(ended) + 1 < fewest_runs) return std::nullopt;
  std::erase_if(known_, [&](const auto& of) {
    return std::ranges::none_of(loops, [&](const auto& loop) { return loop.repeat == of.first; });
  });
  std::deque<State>& known = known_[loops[ended].repeat];
  if (loops[ended].run == 1) known.clear();  // it has begun anew
  State state = taken(now.value, streams, recorded);
  for (std::size_t beats = 1; beats <= longest && 2 * beats <= known.size(); ++beats)
    if (auto found =
            leap(state, known[known.size() - beats], known[known.size() - 2 * beats], streams, recorded)) {
      known.clear();
      forget();
      return found;
    }
  known.push_back(std::move(state));
  if (known.size() > 2 * longest) known.pop_front();
  forget();
  return std::nullopt;
}

std::optional<Leap> SteadyState::leap(const State& now, const State& last, const State& before,
                                      std::span<const StreamStanding> streams,
                                      std::span<const std::int64_t> recorded) {
  const double period = now.time - last.time;
  if (!(period > 0) || !within(period, last.time - before.time, period)) return std::nullopt;
  if (now.same != last.same || last.same != before.same) return std::nullopt;
  for (std::size_t i = 0; i < now.counted.size(); ++i)
    if (now.counted[i] - last.counted[i] != last.counted[i] - before.counted[i]) return std::nullopt;

  Leap found;
  std::int64_t periods = std::numeric_limits<std::int64_t>::max();
  std::size_t at = 0;  // in counted
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const StreamCursor& cursor = *streams[s].cursor;
    Leap::Stream& stream = found.streams.emplace_back();
    if (ahead_[s]) continue;
    for (std::size_t loop = 0; loop < cursor.loops().size(); ++loop, ++at) {
      const std::int64_t runs = now.counted[at] - last.counted[at];
      if (runs == 0) continue;
      if (stream.runs != 0 || runs < 0) return std::nullopt;
      stream.runs = runs;
      stream.loop = loop;
      periods = std::min(periods, cursor.left(loop) / runs);
    }
    for (const std::size_t event : waits_for_[s]) {
      if (const std::int64_t waits = now.counted[at] - last.counted[at]; waits != 0)
        stream.waits.emplace_back(event, waits);
      ++at;
    }
    if (stream.runs == 0) {
      if (!stream.waits.empty() || (!streams[s].idle && !cursor.ended())) return std::nullopt;
    } else if (!within(now.in_step[s], last.in_step[s], period) ||
               !within(last.in_step[s], before.in_step[s], period)) {
      return std::nullopt;
    }
  }
  if (periods < 1 || periods == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  for (; at < now.counted.size(); ++at) found.recorded.push_back(now.counted[at] - last.counted[at]);
  found.time = Seconds{period};
  std::vector<std::int64_t> then(recorded.begin(), recorded.end());
  periods = run_ahead(found, periods, now.time, streams, then);
  if (periods < 1) return std::nullopt;
  if (listener_) tell_again(found, periods, last.told, now.told);

  found.time = found.time * static_cast<double>(periods);
  for (Leap::Stream& stream : found.streams) {
    stream.runs *= periods;
    for (auto& [event, waits] : stream.waits) waits *= periods;
  }
  for (std::size_t e = 0; e < found.recorded.size(); ++e)
    found.recorded[e] = of_ahead_[e] ? then[e] - recorded[e] : found.recorded[e] * periods;
  return found;
}

std::int64_t SteadyState::run_ahead(Leap& one, std::int64_t periods, double now,
                                    std::span<const StreamStanding> streams,
                                    std::vector<std::int64_t>& recorded) {
  std::vector<double> ends;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    const StreamCursor& cursor = *streams[s].cursor;
    if (!ahead_[s] || cursor.ended()) continue;
    if (cursor.step().kind != StepKind::host) return 0;
    ends.push_back(streams[s].since + cursor.step().time.value);
    if (ends.back() > now + one.time.value)
      return 0;  // what is recorded then would be too early by more than a period
    one.ahead.push_back({s, cursor, ends.back()});
  }
  for (std::int64_t period = 1; period <= periods; ++period) {
    for (std::size_t s = 0; s < streams.size(); ++s)
      for (const auto& [event, waits] : one.streams[s].waits)
        if (of_ahead_[event] && (*streams[s].waits)[event] + (period + 1) * waits > recorded[event])
          return period - 1;
    // To the step after the one that would have ended when the one that runs now does.
    for (std::size_t a = 0; a < one.ahead.size(); ++a) {
      Leap::Ahead& stream = one.ahead[a];
      const double until = ends[a] + one.time.value * static_cast<double>(period);
      while (!stream.cursor.ended() && stream.ends <= until) {
        const PlanStep& step = stream.cursor.step();
        const Whose& whose = whose_[stream.stream];
        ended({0, whose.role, whose.stream, plan_, &step, stream.cursor.run(), false,
               Seconds{stream.ends} - step.time, Seconds{stream.ends}},
              stream.cursor.loops().size());
        stream.cursor.next();
        for (; !stream.cursor.ended() && stream.cursor.step().kind == StepKind::record; stream.cursor.next())
          ++recorded[stream.cursor.step().event];
        if (!stream.cursor.ended()) stream.ends += stream.cursor.step().time.value;
      }
    }
  }
  return periods;
}

void SteadyState::tell_again(const Leap& one, std::int64_t periods, std::size_t first, std::size_t last) {
  // By value: what is told again is kept again, for periods of loops around this one.
  const std::vector<Told> period(told_.begin() + static_cast<std::ptrdiff_t>(first - forgotten_),
                                 told_.begin() + static_cast<std::ptrdiff_t>(last - forgotten_));
  for (std::int64_t k = 1; k <= periods; ++k) {
    const Seconds later = one.time * static_cast<double>(k);
    for (Told told : period) {
      if (!told.is_step) {
        told.blocked.start += later;
        told.blocked.end += later;
        blocked(told.blocked);
        continue;
      }
      const std::size_t number = first_stream_[told.step.role] + told.step.stream;
      if (ahead_[number]) continue;  // told already
      const Leap::Stream& stream = one.streams[number];
      if (stream.runs > 0 && stream.loop + 1 == told.loops) told.step.run += k * stream.runs;
      told.step.start += later;
      told.step.end += later;
      ended(told.step, told.loops);
    }
  }
}

void SteadyState::ended(const StepEvent& event, std::size_t loops) {
  if (!listener_) return;
  listener_->ended(event);
  if (stream_) told_.push_back({event, {}, true, loops});
}

void SteadyState::blocked(const BlockedEvent& event) {
  if (!listener_) return;
  listener_->blocked(event);
  if (stream_) told_.push_back({{}, event, false, 0});
}

// What no period that may come begins with.
void SteadyState::forget() {
  std::size_t first = forgotten_ + told_.size();
  for (const auto& [loop, states] : known_)
    if (!states.empty()) first = std::min(first, states.front().told);
  told_.erase(told_.begin(), told_.begin() + static_cast<std::ptrdiff_t>(first - forgotten_));
  forgotten_ = first;
}

}  // namespace aifsim
