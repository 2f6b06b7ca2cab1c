#include "plan/pipeline.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

namespace aifsim {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t few = 20'000;  // messages that are followed in time, which costs several sorts

enum class Direction { forward, back };

// Times are floats: a large machine has millions of messages.
class Timer {
 public:
  Timer(std::span<const PieceMessage> messages, const PhaseRoutes& routes, std::size_t pipes,
        std::int64_t pieces, const MessageCost& cost)
      : messages_(messages),
        routes_(routes),
        steps_(messages.back().step + 1),
        pieces_(static_cast<double>(pieces)),
        cost_(cost),
        slots_(pipes, 0),
        first_(static_cast<std::size_t>(steps_) + 1, 0),
        load_(routes.links),
        narrowest_(messages.size()),
        under_way_(messages.size()),
        between_(messages.size()),
        first_piece_(messages.size()),
        last_piece_(messages.size()) {
    for (std::size_t m = 0; m < messages.size(); ++m) {
      ++first_[static_cast<std::size_t>(messages[m].step) + 1];
      for (const std::int32_t p : {messages[m].from, messages[m].to})
        slots_[p] = std::max(slots_[p], time_of(m, 0));
    }
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    for (std::int64_t step = 0; step < steps_; ++step) add(step, 1);
    for (std::size_t m = 0; m < messages.size(); ++m) {
      narrowest_[m] = busiest(m);
      pace_ = std::max(pace_, time_of(m, load_[narrowest_[m]].sum));
    }
  }

  PhaseTime time() {
    load_by_step(Direction::forward);
    follow(Direction::forward);
    if (messages_.size() <= few)
      for (int round = 0; round < 2; ++round) {
        load_by_time(Direction::forward);
        follow(Direction::forward);
      }
    const std::vector<float> with_first = under_way_;
    load_by_step(Direction::back);
    if (messages_.size() <= few) load_by_time(Direction::back);
    follow(Direction::back);

    std::size_t longest = 0;
    double most = 0;
    for (std::size_t m = 0; m < messages_.size(); ++m) {
      const double time = static_cast<double>(first_piece_[m].start) + (pieces_ - 1) * slot(m) +
                          between_[m] / pieces_ * cost_.unit + last_piece_[m].end;
      if (time <= most) continue;
      most = time;
      longest = m;
    }
    PhaseTime time{0, 0, 0, between_[longest] / pieces_};
    add_slots(longest, time);
    add_way(Direction::back, longest, under_way_, time);
    add_way(Direction::forward, longest, with_first, time);
    return time;
  }

 private:
  // Of a link: seconds per unit of what is under way, and the same, each times its step.
  struct Load {
    double sum = 0, by_step = 0;
  };
  // When a piece gets to a message and is through it, from the start of the phase, or backwards from its end.
  struct Span {
    float start = 0, end = 0;
  };

  std::span<const PhaseRoutes::Crossing> crossed(std::size_t m) const {
    return routes_.crossed(messages_[m].route);
  }

  // Of one message with `seconds` per unit, of all pieces, on its busiest link.
  float time_of(std::size_t m, double seconds) const {
    const PhaseRoutes::Route& route = routes_.routes[messages_[m].route];
    return static_cast<float>((route.inside ? cost_.intra_step : cost_.inter_step).value + route.latency +
                              seconds / pieces_ * cost_.unit);
  }
  void add_message(std::size_t m, double times, double seconds, PhaseTime& to) const {
    const PhaseRoutes::Route& route = routes_.routes[messages_[m].route];
    (route.inside ? to.intra : to.inter) += times;
    to.latency += times * route.latency;
    to.seconds += times * seconds / pieces_;
  }
  // What each of the slots between takes, without bytes.
  float slot(std::size_t m) const { return std::max(slots_[messages_[m].from], slots_[messages_[m].to]); }
  bool meet(std::size_t a, std::size_t b) const {
    return messages_[a].from == messages_[b].from || messages_[a].from == messages_[b].to ||
           messages_[a].to == messages_[b].from || messages_[a].to == messages_[b].to;
  }

  void add_slots(std::size_t of, PhaseTime& to) const {
    for (std::size_t m = 0; m < messages_.size(); ++m)
      if (meet(m, of) && time_of(m, 0) == slot(of)) return add_message(m, pieces_ - 1, 0, to);
  }

  // The longest way that ends before message m (forward), or that starts with it (back).
  void add_way(Direction d, std::size_t m, std::span<const float> under_way, PhaseTime& to) const {
    const std::vector<Span>& spans = d == Direction::forward ? first_piece_ : last_piece_;
    if (d == Direction::back) add_message(m, 1, under_way[m], to);
    const std::ptrdiff_t by = d == Direction::forward ? -1 : 1;
    for (std::ptrdiff_t x = static_cast<std::ptrdiff_t>(m) + by;
         x >= 0 && x < std::ssize(messages_) && spans[m].start > 0; x += by) {
      const auto i = static_cast<std::size_t>(x);
      if (messages_[i].step == messages_[m].step || spans[i].end != spans[m].start || !meet(i, m)) continue;
      add_message(i, 1, under_way[i], to);
      m = i;
    }
  }

  void add(std::int64_t step, double sign) {
    if (step < 0 || step >= steps_) return;
    for (std::size_t m = first_[step]; m < first_[step + 1]; ++m)
      for (const PhaseRoutes::Crossing& c : crossed(m)) {
        const double seconds = sign * messages_[m].units * c.seconds_per_unit;
        load_[c.link].sum += seconds;
        load_[c.link].by_step += seconds * static_cast<double>(step);
      }
  }

  std::uint32_t busiest(std::size_t m) const {  // every route has a link: no two ranks share a GPU
    const auto links = crossed(m);
    return std::max_element(links.begin(), links.end(),
                            [&](const PhaseRoutes::Crossing& a, const PhaseRoutes::Crossing& b) {
                              return load_[a.link].sum < load_[b.link].sum;
                            })
        ->link;
  }

  std::int64_t step_at(Direction d, std::int64_t i) const {
    return d == Direction::forward ? i : steps_ - 1 - i;
  }

  // Under way with the first piece in step s are those behind it, in steps s - K + 1 to s; with the last
  // those ahead, in s to s + K - 1. Of the K - 1 slots between, in which the other pieces do step s, another
  // step s' is done in K - 1 - (s - s') if it comes before, in K - (s' - s) if it comes after.
  void load_by_step(Direction d) {
    const auto window = static_cast<std::int64_t>(pieces_);
    std::fill(load_.begin(), load_.end(), Load{});
    for (std::int64_t i = 0; i < steps_; ++i) {
      const std::int64_t step = step_at(d, i);
      const auto s = static_cast<double>(step);
      add(d == Direction::forward ? step - window : step + window, -1);
      if (d == Direction::back)
        for (std::size_t m = first_[step]; m < first_[step + 1]; ++m) {
          const Load& l = load_[narrowest_[m]];
          between_[m] += static_cast<float>((pieces_ + s) * l.sum - l.by_step);
        }
      add(step, 1);
      for (std::size_t m = first_[step]; m < first_[step + 1]; ++m) {
        under_way_[m] = static_cast<float>(load_[busiest(m)].sum);
        const Load& l = load_[narrowest_[m]];
        if (d == Direction::forward) between_[m] = static_cast<float>((pieces_ - 1 - s) * l.sum + l.by_step);
      }
    }
  }

  // The same by the time at which the first piece gets to each message, half way through it. The pieces that
  // follow (or lead the last) keep a link busy for the part `duty` of the time between two of them.
  void load_by_time(Direction d) {
    struct Event {
      float at;
      bool look;
      std::uint32_t message;
      float weight;
    };
    std::vector<Event> events;
    events.reserve(4 * messages_.size());
    const auto train = static_cast<float>(pace_ * (pieces_ - 1));
    for (std::uint32_t m = 0; m < messages_.size(); ++m) {
      const float start = first_piece_[m].start + time_of(m, 0), end = first_piece_[m].end;
      const float duty = std::min(1.0F, (end - start) / pace_);
      events.push_back({start, false, m, d == Direction::forward ? 1 : 1 - duty});
      events.push_back({(start + end) / 2, true, m, 0});
      events.push_back({end, false, m, d == Direction::forward ? duty - 1 : -1});
      events.push_back({d == Direction::forward ? end + train : start - train, false, m,
                        d == Direction::forward ? -duty : duty});
    }
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return std::tie(a.at, a.look, a.message) < std::tie(b.at, b.look, b.message);
    });
    std::fill(load_.begin(), load_.end(), Load{});
    for (const Event& e : events) {
      if (e.look) {
        under_way_[e.message] = static_cast<float>(load_[busiest(e.message)].sum);
        continue;
      }
      for (const PhaseRoutes::Crossing& c : crossed(e.message))
        load_[c.link].sum += e.weight * messages_[e.message].units * c.seconds_per_unit;
    }
  }

  // The first piece over all steps, or the last from the end backwards.
  void follow(Direction d) {
    std::vector<Span>& spans = d == Direction::forward ? first_piece_ : last_piece_;
    std::vector<float> through(slots_.size(), 0);  // by pipe
    for (std::int64_t i = 0; i < steps_; ++i) {
      const std::int64_t step = step_at(d, i);
      for (std::size_t m = first_[step]; m < first_[step + 1]; ++m) {
        const float start = std::max(through[messages_[m].from], through[messages_[m].to]);
        spans[m] = {start, start + time_of(m, under_way_[m])};
      }
      for (std::size_t m = first_[step]; m < first_[step + 1]; ++m)
        for (const std::int32_t p : {messages_[m].from, messages_[m].to})
          through[p] = std::max(through[p], spans[m].end);
    }
  }

  std::span<const PieceMessage> messages_;  // by step
  const PhaseRoutes& routes_;
  std::int64_t steps_;
  double pieces_;
  MessageCost cost_;
  std::vector<float> slots_;        // by pipe: the longest of its messages, without its bytes
  std::vector<std::size_t> first_;  // by step, and one more: its first message
  std::vector<Load> load_;          // by link of the phase
  // By message: its route's busiest link, with all steps at once; seconds per unit that are under way with it
  // on the busiest; and those in the slots between the first and the last piece.
  std::vector<std::uint32_t> narrowest_;
  std::vector<float> under_way_, between_;
  std::vector<Span> first_piece_, last_piece_;
  float pace_ = 0;  // of the slowest message, with all steps at once
};

}  // namespace

void PhaseRouteBook::add(std::span<const LinkId> links, Seconds latency, bool inside) {
  if (number_.empty()) number_.assign(machine_.link_count(), none);
  made_.routes.push_back(
      {static_cast<std::uint32_t>(made_.crossings.size()), static_cast<float>(latency.value), inside});
  for (const LinkId l : links) {
    if (number_[l] == none) {
      number_[l] = static_cast<std::uint32_t>(seen_.size());
      seen_.push_back(l);
    }
    made_.crossings.push_back({number_[l], static_cast<float>(1 / machine_.capacity(l).value)});
  }
}

PhaseRoutes PhaseRouteBook::take() {
  made_.routes.push_back({static_cast<std::uint32_t>(made_.crossings.size())});
  made_.links = seen_.size();
  for (const LinkId l : seen_) number_[l] = none;
  seen_.clear();
  return std::exchange(made_, {});
}

PhaseTime pipeline_time(std::span<const PieceMessage> messages, const PhaseRoutes& routes, std::size_t pipes,
                        std::int64_t pieces, const MessageCost& cost) {
  if (messages.empty()) return {};
  return Timer(messages, routes, pipes, pieces, cost).time();
}

}  // namespace aifsim
