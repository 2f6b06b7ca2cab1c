// The level message: every step of every rank is a transfer of its own, from GPU to GPU over the topology's
// route.
//
//   one message   bytes / (e * rate)
//
// e the share of the rate inside a node or domain, or between them (collectives/price.hpp); rate what SimGrid's max-min
// sharing gives the transfer. What the library and the routes take per message goes before the first one. A rank
// starts its next slot when all that it sends and receives in this one is done; in a pipelined phase each channel
// goes on by itself, and the phases of a streamed schedule run side by side. One actor per GPU and collective, and per
// channel of a pipelined phase: messages of one rank and slot go out together. What is aggregated: messages of one
// rank to the same rank in one slot (the channels of a ring) are one.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "base/hash.hpp"
#include "engine/messages.hpp"
#include "engine/simulated.hpp"

namespace aifsim {
namespace {

// Seconds that all that an edge of a pipelined phase carries would take from end to end, uncut and undisturbed.
double way_of(const PhaseWork& work, const CollectivePrice& price, Bytes bytes) {
  return bytes.value * (work.hops_inside * work.first.inside / price.inside_share +
                        work.hops_between * work.first.between / price.between_share);
}

// Pipelined phases are cut into so many pieces, a power of two, that the way of the first one from end to end, which
// the price has already, is a small part of the collective's time.
std::int64_t pieces_of(const CollectiveCost& choice, Bytes bytes) {
  constexpr double part = 1.0 / 24, most = 16384;
  double pieces = 1;
  for (std::size_t i = 0; i < choice.phases.size(); ++i) {
    const PhaseWork& work = choice.routed->work.phases[i];
    if (!work.pipelined) continue;
    const double way = way_of(work, choice.price, bytes);
    if (way > 0) pieces = std::max(pieces, way / (part * choice.price.total.value));
  }
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(std::min(pieces, most))));
}

// What a collective takes beside the time of its messages' bytes: what the price has once and per message, but for
// the way of a pipeline's first piece, which its messages take.
Seconds before_messages(const CollectiveCost& choice, Bytes bytes) {
  const CollectivePrice& price = choice.price;
  const auto pieces = static_cast<double>(pieces_of(choice, bytes));
  Seconds time = price.once;
  for (std::size_t i = 0; i < choice.phases.size(); ++i) {
    time += price.phases[i].latency;
    const PhaseWork& work = choice.routed->work.phases[i];
    if (!work.pipelined) continue;
    const double way = way_of(work, price, bytes),
                 flowing = bytes.value * work.whole * price.phases[i].stretch;
    time -= Seconds{std::max(way - flowing, way / 2) / pieces};
  }
  return std::max(time, Seconds{0});
}

using MessagesKey = std::tuple<CollectiveKind, Algorithm, GroupShape, std::int64_t, TokenSpread>;

MessagesKey key_of(const PlannedCollective& what, const CollectiveCost& choice) {
  return {what.kind, choice.algorithm(), what.group->shape, pieces_of(choice, what.bytes), what.tokens};
}

Messages listed(const PlannedCollective& what, const CollectiveCost& choice) {
  return messages_of(make_schedule(what.kind, choice.algorithm(), what.group->shape, what.tokens),
                     pieces_of(choice, what.bytes));
}

class MessageTransport final : public Transport {
 public:
  MessageTransport(SimWorld& world, std::span<const JobRun> jobs, const Topology& machine,
                   const RunOptions& options)
      : Transport(jobs, options), world_(world), machine_(machine), running_(jobs.size()) {
    world.drop_message_latency();
    if (!options.reroutings.empty()) world.expect_rerouting();
    for (const JobRun& job : jobs) {
      const Plan& plan = *job.plan;
      auto& hosts = hosts_.emplace_back();
      auto& gpus = gpus_.emplace_back();
      for (std::int64_t rank = 0; rank < plan.gpus; ++rank) {
        gpus.push_back(plan.router->gpu_of(rank));
        hosts.push_back(world.add_gpu(gpus.back()));
      }
      auto& pairs = pairs_.emplace_back();
      for (std::size_t epoch = 0; epoch <= options.reroutings.size(); ++epoch) {
        auto& now = pairs.emplace_back();
        const Plan* routed = epoch == 0 ? job.plan : job.rerouted[epoch - 1].plan;
        if (!routed) continue;
        const auto pair_of = [&](const Flow& flow, BytesPerSecond at_most) {
          std::vector<SimWorld::Link*> links;
          for (const LinkUnits& l : flow.links) links.push_back(world.link(l.link));
          return world.add_pair(links, Seconds{0}, at_most);
        };
        for (const BackgroundFlow& b : routed->background) now.push_back(pair_of(*b.flow, b.at_most));
        for (std::size_t c = 0; c < routed->collectives.size(); ++c) {
          const PlannedCollective& what = routed->collectives[c];
          if (!what.storage) continue;
          auto& transfers = storage_[{hosts_.size() - 1, epoch, c}];
          for (const EdgeFlow& edge :
               routed->router->storage_edges(what.storage->tier, what.storage->write, *what.group))
            transfers.push_back({pair_of(*edge.flow, SimWorld::unlimited), edge.units});
        }
      }
    }
    for (const LinkChange& change : options.changes) {
      SimWorld::Link* link = world.link(change.link);
      const BytesPerSecond capacity = machine.capacity(change.link) * change.factor;
      const Seconds at = change.at;
      world.spawn_daemon("change", world.add_host("change " + std::to_string(changes_++)), [=] {
        SimWorld::sleep(at);
        SimWorld::set_capacity(link, capacity);
      });
    }
    if (!options.reroutings.empty())
      world.spawn_daemon("rerouting", world.add_host("rerouting"), [this] {
        for (const Rerouting& rerouting : options_.reroutings) {
          SimWorld::sleep(rerouting.at - SimWorld::now());
          reroute(*rerouting.machine);
        }
      });
  }

  void collective(const Call& call) override {
    const std::size_t job = call.job;
    const PlannedCollective& what = jobs_[job].plan->collectives[call.collective];
    if (what.storage) return transfer(call, *what.storage, what.bytes);
    const RoutedGroup& group = *what.group;
    if (group.members.size() == 1) return;
    const CollectiveCost& choice = what.choices[what.chosen];
    const auto messages = messages_for(what, choice);
    const Seconds before = before_messages(choice, what.bytes) * what.share;
    if (before.value > 0) SimWorld::sleep(before);
    Queue& queue = queue_of(call);
    // By the job's name and what its meeting has run, so that a job meets the same whoever its neighbours are.
    const std::uint64_t draw =
        mixed(options_.jitter.seed ^ hash_of(jobs_[job].name) ^ mixed(call.meeting + 1)) +
        (++queue.collectives << 20);
    Running run{*messages, group, choice.price, what.bytes * what.share, job, draw, &queue, 0, {}};
    for (const std::int64_t base : group.bases)
      for (std::size_t rank = 0; rank < group.members.size(); ++rank) {
        ++run.actors;
        world_.spawn("rank", host(run, base, static_cast<std::int64_t>(rank)), [this, &run, base, rank] {
          run_rank(run, base, static_cast<std::int64_t>(rank));
          if (--run.actors == 0) run.ended.record();
        });
      }
    ++communicating_[job];
    run.ended.wait();
    --communicating_[job];
  }

  void start_background(std::size_t job) override {
    plan_after(jobs_[job], epoch_);
    for (const auto& pair : pairs_[job][epoch_]) running_[job].push_back(SimWorld::start(pair, endless));
  }

  void stop_background(std::size_t job) override {
    for (std::size_t f = 0; f < running_[job].size(); ++f)
      moved_[job][epoch_].delivered[f] += endless - SimWorld::left_of(running_[job][f]);
  }

 private:
  static constexpr Bytes endless{1e17};
  // Collectives of one meeting follow each other and share its mailboxes.
  struct Queue {
    std::size_t number = 0;
    std::uint64_t collectives = 0;  // that it has run
    // By channel, sender and receiver.
    std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, SimWorld::Mailbox*> boxes;
  };

  // What one rank and one server exchange, as a share of the rank's bytes.
  struct StorageTransfer {
    SimWorld::Pair pair;
    double share = 0;
  };

  // One transfer for each rank and server that meet; on the routes that held when it began.
  void transfer(const Call& call, const StorageCall& storage, Bytes bytes) {
    if (storage.once.value > 0) SimWorld::sleep(storage.once);
    plan_after(jobs_[call.job], epoch_);
    std::vector<SimWorld::Running> all;
    for (const StorageTransfer& t : storage_.at({call.job, epoch_, call.collective})) {
      all.push_back(SimWorld::start(t.pair, bytes * t.share));
      moved_[call.job][epoch_].bytes += bytes.value * t.share;
    }
    for (const SimWorld::Running& one : all) SimWorld::wait_for(one);
  }

  struct Running {
    const Messages& messages;
    const RoutedGroup& group;
    const CollectivePrice& price;
    Bytes bytes;
    std::size_t job;
    std::uint64_t draw;
    Queue* queue;
    std::int64_t actors = 0;
    SimEvent ended;
  };

  void reroute(const Topology& machine) {
    const std::size_t before = epoch_++;
    for (std::size_t job = 0; job < running_.size(); ++job) {
      // A job without a plan finds out when it next sends; only those that communicate now must have one.
      if (communicating_[job] > 0 || !running_[job].empty()) plan_after(jobs_[job], epoch_);
      for (std::size_t f = 0; f < running_[job].size(); ++f) {
        moved_[job][before].delivered[f] += endless - SimWorld::interrupt(running_[job][f]);
        running_[job][f] = SimWorld::start(pairs_[job][epoch_][f], endless);
      }
    }
    world_.reroute(machine);
  }

  Queue& queue_of(const Call& call) {
    return queues_.try_emplace({call.job, call.meeting}, Queue{queues_.size(), 0, {}}).first->second;
  }

  static SimWorld::Mailbox* mailbox(Queue& queue, std::int64_t channel, std::int64_t from, std::int64_t to) {
    SimWorld::Mailbox*& known = queue.boxes[{channel, from, to}];
    // Asking SimGrid lets the other end run, which may ask for the same box: hence by name.
    if (!known) known = SimWorld::mailbox(fmt::format("{} {} {} {}", queue.number, channel, from, to));
    return known;
  }

  SimWorld::Host* host(const Running& run, std::int64_t base, std::int64_t rank) const {
    return hosts_[run.job]
                 [static_cast<std::size_t>(base + run.group.members[static_cast<std::size_t>(rank)])];
  }

  std::shared_ptr<const Messages> messages_for(const PlannedCollective& what, const CollectiveCost& choice) {
    auto& known = messages_[key_of(what, choice)];
    if (!known) known = std::make_shared<const Messages>(listed(what, choice));
    return known;
  }

  // What one rank sends and receives in one slot.
  class Exchange {
   public:
    Exchange(MessageTransport& transport, Running& run, std::int64_t base, std::int64_t rank,
             std::int64_t channel)
        : transport_(transport), run_(run), base_(base), me_(of(rank)), channel_(channel) {}
    void start() {
      plan_after(transport_.jobs_[run_.job], transport_.epoch_);
      sends_.clear();
      receives_.clear();
    }
    void send(const Slot::Send& send, std::int64_t slot) {
      const std::int64_t to = of(send.to);
      const std::vector<GpuId>& gpus = transport_.gpus_[run_.job];
      const bool inside = transport_.machine_.same_domain(gpus[static_cast<std::size_t>(me_)],
                                                          gpus[static_cast<std::size_t>(to)]);
      double bytes =
          run_.bytes.value * send.share / (inside ? run_.price.inside_share : run_.price.between_share);
      const Jitter& jitter = transport_.options_.jitter;
      if (jitter.spread > 0)
        bytes *=
            1 +
            jitter.spread *
                (2 * uniform(run_.draw ^ mixed(mixed(me_ + (channel_ << 40)) ^ mixed(to << 20) ^ slot)) - 1);
      sends_.push_back({mailbox(*run_.queue, channel_, me_, to), Bytes{bytes}});
      transport_.moved_[run_.job][transport_.epoch_].bytes += bytes;
    }
    void receive(std::int64_t rank) { receives_.push_back(mailbox(*run_.queue, channel_, of(rank), me_)); }
    void finish() { transport_.world_.exchange(sends_, receives_); }

   private:
    std::int64_t of(std::int64_t member) const {
      return base_ + run_.group.members[static_cast<std::size_t>(member)];
    }
    MessageTransport& transport_;
    Running& run_;
    std::int64_t base_, me_, channel_;
    std::vector<SimWorld::Outgoing> sends_;
    std::vector<SimWorld::Mailbox*> receives_;
  };

  void run_rank(Running& run, std::int64_t first, std::int64_t rank) {
    const auto& phases = run.messages.phases;
    if (!run.messages.streamed)
      for (const MessagePhase& phase : phases) run_phase(run, phase, 0, first, rank);
    else
      side_by_side(host(run, first, rank), phases.size(), [&](std::size_t p) {
        run_phase(run, phases[p], static_cast<std::int64_t>(p) * run.messages.channels, first, rank);
      });
  }

  // `channel`: the first of the phase's.
  void run_phase(Running& run, const MessagePhase& phase, std::int64_t channel, std::int64_t first,
                 std::int64_t rank) {
    const auto r = static_cast<std::size_t>(rank);
    Exchange exchange(*this, run, first, rank, channel);
    for (std::int64_t s = 0; s < phase.count; ++s) {
      const Slot& slot = phase.slot(s);
      exchange.start();
      for (std::uint32_t i = slot.first[r]; i < slot.first[r + 1]; ++i) exchange.send(slot.sends[i], s);
      for (std::uint32_t i = slot.first_source[r]; i < slot.first_source[r + 1]; ++i)
        exchange.receive(slot.sources[i]);
      exchange.finish();
    }
    if (phase.pipes.empty()) return;
    const std::uint32_t begin = phase.first_pipe[r];
    side_by_side(host(run, first, rank), phase.first_pipe[r + 1] - begin,
                 [&](std::size_t p) { run_pipe(run, phase, phase.pipes[begin + p], channel, first); });
  }

  // One actor for each beside this one; returns when all have ended.
  template <class Body>
  void side_by_side(SimWorld::Host* host, std::size_t count, const Body& body) {
    if (count == 0) return;
    std::size_t left = count - 1;
    // Shared: this actor may see that it has happened while the last one is still recording it.
    const auto ended = std::make_shared<SimEvent>();
    for (std::size_t i = 1; i < count; ++i)
      world_.spawn("channel", host, [&, ended, i] {
        body(i);
        if (--left == 0) ended->record();
      });
    body(0);
    if (left > 0) ended->wait();
  }

  void run_pipe(Running& run, const MessagePhase& phase, const Pipe& pipe, std::int64_t channel,
                std::int64_t first) {
    Exchange exchange(*this, run, first, pipe.rank, channel + pipe.channel);
    const std::int64_t last = pipe.stages.back().step + phase.pieces - 1;
    for (std::int64_t slot = pipe.stages.front().step; slot <= last; ++slot) {
      exchange.start();
      for (const Pipe::Stage& stage : pipe.stages) {
        if (slot < stage.step || slot >= stage.step + phase.pieces) continue;
        for (const Slot::Send& send : stage.sends) exchange.send(send, slot);
        for (const std::int32_t source : stage.sources) exchange.receive(source);
      }
      exchange.finish();
    }
  }

  SimWorld& world_;
  const Topology& machine_;
  std::vector<std::vector<SimWorld::Host*>> hosts_;                  // by job and rank
  std::vector<std::vector<GpuId>> gpus_;                             // likewise
  std::vector<std::vector<std::vector<SimWorld::Pair>>> pairs_;      // by job and epoch: of its background
  std::vector<std::vector<SimWorld::Running>> running_;              // by job
  std::vector<int> communicating_ = std::vector<int>(jobs_.size());  // by job: collectives that run
  std::map<std::pair<std::size_t, std::size_t>, Queue> queues_;      // by job and meeting
  std::map<MessagesKey, std::shared_ptr<const Messages>> messages_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<StorageTransfer>>
      storage_;  // by job, epoch and collective
  std::size_t changes_ = 0;
};

}  // namespace

JobsTimeline run_jobs_message(std::span<const JobRun> jobs, const Topology& machine,
                              const RunOptions& options) {
  SimWorld world(machine);
  MessageTransport transport(world, jobs, machine, options);
  return run_streams(world, jobs, transport, options);
}

std::int64_t transfers_of(const Plan& plan) {
  double sum = 0;
  std::map<MessagesKey, std::int64_t> known;
  for (const auto& [index, times] : calls_of(plan)) {
    const PlannedCollective& what = plan.collectives[index];
    if (what.storage) {
      sum += times *
             static_cast<double>(
                 plan.router->storage_edges(what.storage->tier, what.storage->write, *what.group).size());
      continue;
    }
    if (what.group->members.size() == 1) continue;
    const CollectiveCost& choice = what.choices[what.chosen];
    const auto [at, isnew] = known.try_emplace(key_of(what, choice), 0);
    if (isnew) at->second = listed(what, choice).transfers();
    sum += times * static_cast<double>(at->second) * static_cast<double>(what.group->bases.size());
  }
  return static_cast<std::int64_t>(sum);
}

}  // namespace aifsim
