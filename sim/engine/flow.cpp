// The level flow: a collective's phase is its latency, then one transfer over the links that can bind;
// unfolded, one transfer for each pair of GPUs. Transfers of all jobs that are under way at the same time
// share the links in SimGrid's solver.
#include <algorithm>
#include <list>
#include <map>
#include <unordered_map>

#include "base/hash.hpp"
#include "engine/bottlenecks.hpp"
#include "engine/simulated.hpp"

namespace aifsim {
namespace {

class FlowTransport final : public Transport {
 public:
  FlowTransport(SimWorld& world, std::span<const JobRun> jobs, const Topology& machine,
                const RunOptions& options)
      : Transport(jobs, options), running_(jobs.size()) {
    std::vector<const Flow*> flows;
    std::vector<BytesPerSecond> at_most;
    for (const JobRun& job : jobs) {
      auto& of_job = pair_of_.emplace_back();
      for (std::size_t epoch = 0; epoch <= options.reroutings.size(); ++epoch) {
        auto& known = of_job.emplace_back();
        const auto add = [&](const Flow* flow, BytesPerSecond limit) {
          if (!known.try_emplace(flow, flows.size()).second) return;
          flows.push_back(flow);
          at_most.push_back(limit);
        };
        const Plan* plan = epoch == 0 ? job.plan : job.rerouted[epoch - 1].plan;
        if (!plan) continue;
        for (std::size_t c = 0; c < plan->collectives.size(); ++c)
          for (const PhaseCost& phase :
               plan->collectives[c].choices[job.plan->collectives[c].chosen].phases) {
            if (phase.routed->edges.empty()) add(phase.routed->flow, SimWorld::unlimited);
            for (const EdgeFlow& edge : phase.routed->edges) add(edge.flow, SimWorld::unlimited);
          }
        for (const BackgroundFlow& b : plan->background) add(b.flow, b.at_most);
      }
    }
    std::vector<LinkId> changing;
    for (const LinkChange& change : options.changes) changing.push_back(change.link);

    std::vector<std::vector<SimWorld::Link*>> routes(flows.size());
    for (const Bottleneck& bottleneck : bottlenecks(flows, machine, changing)) {
      const CountedLink link = counted(bottleneck);
      SimWorld::Link* made = world.add_link(link.capacity);
      for (std::size_t i = 0; i < bottleneck.uses.size(); ++i)
        routes[bottleneck.uses[i].flow].insert(routes[bottleneck.uses[i].flow].end(), link.counts[i], made);
      for (const LinkChange& change : options.changes)
        if (change.link == bottleneck.link)
          changes_.push_back({change.at, made, link.capacity * change.factor});
    }
    for (std::size_t f = 0; f < flows.size(); ++f)
      pairs_.push_back(routes[f].empty() ? SimWorld::Pair{}
                                         : world.add_pair(routes[f], Seconds{0}, at_most[f]));
    for (const Change& change : changes_)
      world.spawn_daemon("change", world.add_host("change " + std::to_string(&change - changes_.data())),
                         [&change] {
                           SimWorld::sleep(change.at);
                           SimWorld::set_capacity(change.link, change.capacity);
                         });
    if (!options.reroutings.empty())
      world.spawn_daemon("rerouting", world.add_host("rerouting"), [this] {
        for (const Rerouting& rerouting : options_.reroutings) {
          SimWorld::sleep(rerouting.at - SimWorld::now());
          reroute();
        }
      });
  }

  void collective(const Call& call) override {
    const std::size_t chosen = jobs_[call.job].plan->collectives[call.collective].chosen;
    const std::size_t phases = jobs_[call.job].plan->collectives[call.collective].phases().size();
    for (std::size_t p = 0; p < phases; ++p) {
      const Stage stage{call, chosen, p};
      SimWorld::sleep(phase_of(stage, epoch_).latency);
      // What it is now: links may have failed meanwhile.
      const PhaseCost& phase = phase_of(stage, epoch_);
      const std::vector<EdgeFlow>& edges = phase.routed->edges;
      std::vector<Transfer> all;
      if (edges.empty()) {
        all.push_back(transfer(stage, 0, phase.volume));
      } else {
        all.reserve(edges.size());
        for (std::size_t e = 0; e < edges.size(); ++e)
          all.push_back(transfer(stage, e, phase.volume * edges[e].units * drawn(call)));
      }
      finish(all);
    }
  }

  void start_background(std::size_t job) override {
    const Plan& plan = plan_after(jobs_[job], epoch_);
    for (std::size_t f = 0; f < plan.background.size(); ++f)
      running_[job].push_back(SimWorld::start(background_pair(job, f, epoch_), endless));
  }

  void stop_background(std::size_t job) override {
    for (std::size_t f = 0; f < running_[job].size(); ++f)
      moved_[job][epoch_].delivered[f] += endless - SimWorld::left_of(running_[job][f]);
  }

 private:
  static constexpr Bytes endless{1e17};

  struct Change {
    Seconds at;
    SimWorld::Link* link;
    BytesPerSecond capacity;
  };
  // A phase of a collective that runs.
  struct Stage {
    Call call;
    std::size_t chosen, phase;
  };
  struct Transfer {
    Stage stage;
    std::size_t edge;
    double bytes;  // that are not yet accounted for in moved_
    SimWorld::Running running;
  };

  const PhaseCost& phase_of(const Stage& s, std::size_t epoch) const {
    return plan_after(jobs_[s.call.job], epoch)
        .collectives[s.call.collective]
        .choices[s.chosen]
        .phases[s.phase];
  }
  static const Flow* flow_of(const PhaseCost& phase, std::size_t edge) {
    return phase.routed->edges.empty() ? phase.routed->flow : phase.routed->edges[edge].flow;
  }
  SimWorld::Pair pair_of(const Transfer& t, std::size_t epoch) const {
    return pairs_[pair_of_[t.stage.call.job][epoch].at(flow_of(phase_of(t.stage, epoch), t.edge))];
  }
  SimWorld::Pair background_pair(std::size_t job, std::size_t flow, std::size_t epoch) const {
    return pairs_[pair_of_[job][epoch].at(plan_after(jobs_[job], epoch).background[flow].flow)];
  }

  // By the job's name and what its meeting has drawn, so that a job meets the same whoever its neighbours are.
  double drawn(const Call& call) {
    const Jitter& jitter = options_.jitter;
    const std::uint64_t from = mixed(jitter.seed ^ hash_of(jobs_[call.job].name) ^ mixed(call.meeting + 1));
    return 1 + jitter.spread * (2 * uniform(from + drawn_[{call.job, call.meeting}]++) - 1);
  }

  Transfer transfer(const Stage& stage, std::size_t edge, double bytes) const {
    Transfer t{stage, edge, bytes, nullptr};
    if (bytes > 0) t.running = SimWorld::start(pair_of(t, epoch_), Bytes{bytes});
    return t;
  }

  void finish(std::vector<Transfer>& all) {
    const auto here = under_way_.insert(under_way_.end(), &all);
    for (Transfer& t : all) {
      while (t.running) {
        const SimWorld::Running now = t.running;
        SimWorld::wait_for(now);
        if (t.running == now) break;  // else it goes on over another route
      }
      moved_[t.stage.call.job][epoch_].bytes += t.bytes;
      plan_after(jobs_[t.stage.call.job], epoch_);  // was it stopped for good?
    }
    under_way_.erase(here);
  }

  static bool same_route(const Flow& a, const Flow& b) {
    return std::equal(
        a.links.begin(), a.links.end(), b.links.begin(), b.links.end(),
        [](const LinkUnits& x, const LinkUnits& y) { return x.link == y.link && x.units == y.units; });
  }

  void reroute() {
    const std::size_t before = epoch_++;
    for (std::vector<Transfer>* all : under_way_)
      for (Transfer& t : *all) reroute(t, before);
    for (std::size_t job = 0; job < running_.size(); ++job)
      for (std::size_t f = 0; f < running_[job].size(); ++f) {
        const SimWorld::Pair pair = background_pair(job, f, epoch_);
        const Bytes left = SimWorld::interrupt(running_[job][f]);
        moved_[job][before].delivered[f] += endless - left;
        running_[job][f] = SimWorld::start(pair, endless);
      }
  }

  void reroute(Transfer& t, std::size_t before) {
    if (!t.running || !(SimWorld::left_of(t.running).value > 0)) return;
    const JobRun& job = jobs_[t.stage.call.job];
    const Plan* plan = job.rerouted[epoch_ - 1].plan;
    if (plan) {
      if (same_route(*flow_of(phase_of(t.stage, before), t.edge),
                     *flow_of(phase_of(t.stage, epoch_), t.edge)))
        return;
    }
    const SimWorld::Running stopped = t.running;
    const Bytes left = SimWorld::left_of(stopped);
    moved_[t.stage.call.job][before].bytes += t.bytes - left.value;
    t.bytes = left.value;
    t.running = plan && left.value > 0 ? SimWorld::start(pair_of(t, epoch_), left) : nullptr;
    SimWorld::interrupt(stopped);
  }

  std::vector<std::vector<std::unordered_map<const Flow*, std::size_t>>>
      pair_of_;  // by job and epoch: in pairs_
  std::vector<SimWorld::Pair> pairs_;
  std::vector<std::vector<SimWorld::Running>> running_;  // by job: its background
  std::vector<Change> changes_;
  std::list<std::vector<Transfer>*> under_way_;
  std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> drawn_;  // by job and meeting
};

}  // namespace

JobsTimeline run_jobs_flow(std::span<const JobRun> jobs, const Topology& machine, const RunOptions& options) {
  SimWorld world(machine);
  FlowTransport transport(world, jobs, machine, options);
  return run_streams(world, jobs, transport, options);
}

}  // namespace aifsim
