// Repeated work that has become periodic is run a few times and stands for the rest: micro-batches of a pipeline that is
// full, layers behind each other.
//
// The loops of one stream give the beat. At the end of each of their runs the state of all streams is taken down: the
// steps where they stand, the runs that their loops have done, how often events were recorded and waited for, and how
// long each stream has been in its step. Where three such states, one or two beats apart, differ in time and counts
// alone, and both times by the same, what happened between the last two goes on happening until a loop ends: so many
// periods are left out. Counts and clock go on, and the listener is told of the last period that often, later each time,
// so that it hears what it would have heard.
//
// A stream of host steps that waits for nobody (launches of kernels that the GPU is behind with) runs ahead at its own
// pace. It is no part of the state, as long as the others find recorded what they wait for: it is run on through the time
// that is left out, and where it would be caught up, fewer periods are left out.
//
// Assumption: the state is all that the future depends on; tests/factory/steady_step_test.cpp holds the whole run against it.
// Not for runs where something else matters: other jobs, links that change, jitter, devices that jobs wait for.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "engine/listener.hpp"
#include "plan/cursor.hpp"

namespace aifsim {

// What a stream does at a moment.
struct StreamStanding {
  const StreamCursor* cursor = nullptr;
  const std::vector<std::int64_t>* waits = nullptr;  // that have ended, by event
  bool idle = false;                                 // waits for an event, or for the others of a collective
  double since = 0;                                  // when it began to do, or to wait for, its step
};

// Periods that are left out, all of them together.
struct Leap {
  Seconds time;
  struct Stream {
    std::int64_t runs = 0;                                    // of its loop; 0: it stands still
    std::size_t loop = 0;                                     // the outermost is 0
    std::vector<std::pair<std::size_t, std::int64_t>> waits;  // by event
  };
  // One that runs ahead: where it stands when the step that it was in has ended, those periods later, and when its step
  // ends, after that.
  struct Ahead {
    std::size_t stream = 0;
    StreamCursor cursor;
    double ends = 0;
  };
  std::vector<Stream> streams;         // role by role
  std::vector<std::int64_t> recorded;  // by event
  std::vector<Ahead> ahead;
};

class SteadyState final {
 public:
  SteadyState(const Plan& plan, Listener* listener);

  // Whether the stream, counted over all roles, gives the beat.
  bool beats(std::size_t stream) const { return stream == stream_; }
  // Its cursor has gone on, before that it was in the loops `before`. Where a run of one has ended now, and what
  // followed the run before may follow again: what to leave out, of which the listener is told here.
  std::optional<Leap> beat(Seconds now, std::span<const StreamCursor::Loop> before,
                           std::span<const StreamStanding> streams, std::span<const std::int64_t> recorded);

  // For the listener; `loops`: that the stream is in.
  void ended(const StepEvent& event, std::size_t loops);
  void blocked(const BlockedEvent& event);

 private:
  struct State {
    double time = 0;
    std::size_t told = 0;               // events before it
    std::vector<std::int64_t> same;     // in all periods
    std::vector<std::int64_t> counted;  // rises by the same in each
    std::vector<double> in_step;        // seconds, by stream
  };
  struct Told {
    StepEvent step;
    BlockedEvent blocked;
    bool is_step = true;
    std::size_t loops = 0;
  };
  State taken(double now, std::span<const StreamStanding> streams,
              std::span<const std::int64_t> recorded) const;
  std::optional<Leap> leap(const State& now, const State& last, const State& before,
                           std::span<const StreamStanding> streams, std::span<const std::int64_t> recorded);
  // Runs them on through so many periods at most; how many they stay ahead for.
  std::int64_t run_ahead(Leap& one, std::int64_t periods, double now, std::span<const StreamStanding> streams,
                         std::vector<std::int64_t>& recorded);
  void tell_again(const Leap& leap, std::int64_t periods, std::size_t first, std::size_t last);
  void forget();

  Listener* listener_;
  std::vector<std::size_t> first_stream_;            // of each role
  std::vector<std::vector<std::size_t>> waits_for_;  // events, by stream
  std::vector<bool> ahead_;                          // streams that wait for nobody
  std::vector<bool> of_ahead_;                       // events that those record
  struct Whose {
    std::size_t role, stream;
  };
  std::vector<Whose> whose_;  // streams
  const Plan* plan_;
  std::optional<std::size_t> stream_;
  std::map<std::size_t, std::deque<State>> known_;  // by the step of a loop
  std::deque<Told> told_;
  std::size_t forgotten_ = 0;  // events before those of told_
};

}  // namespace aifsim
