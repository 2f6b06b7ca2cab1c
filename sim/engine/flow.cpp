// The level flow: a collective's phase is its latency, then one transfer over the links that can bind;
// unfolded, one transfer for each pair of GPUs. Transfers of all jobs that are under way at the same time
// share the links in SimGrid's solver.
#include "base/hash.hpp"
#include "engine/bottlenecks.hpp"
#include "engine/simulated.hpp"

namespace aifsim {
namespace {

class FlowMover final : public Mover {
 public:
  FlowMover(SimWorld& world, std::span<const JobRun> jobs, const Topology& machine, const RunOptions& options)
      : jobs_(jobs), options_(options), running_(jobs.size()) {
    std::vector<const Flow*> flows;
    std::vector<BytesPerSecond> at_most;
    for (const JobRun& job : jobs) {
      first_.push_back(flows.size());
      for (const Flow& flow : job.plan->flows) flows.push_back(&flow);
      at_most.resize(flows.size(), SimWorld::unlimited);
      for (const BackgroundFlow& b : job.plan->background) at_most[first_.back() + b.flow] = b.at_most;
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
  }

  void collective(std::size_t job, const PlanStep& step) override {
    for (const PhaseCost& phase : step.phases()) {
      SimWorld::sleep(phase.latency);
      if (phase.edges.empty())
        transfer(pairs_[first_[job] + phase.flow], phase.volume);
      else
        unfolded(job, phase);
    }
  }

  void start_background(std::size_t job) override {
    for (const BackgroundFlow& flow : jobs_[job].plan->background)
      running_[job].push_back(SimWorld::start(pairs_[first_[job] + flow.flow], endless));
  }

  std::vector<Bytes> stop_background(std::size_t job) override {
    std::vector<Bytes> delivered;
    for (const auto& transfer : running_[job]) delivered.push_back(endless - SimWorld::left_of(transfer));
    delivered.resize(jobs_[job].plan->background.size());
    return delivered;
  }

 private:
  static constexpr Bytes endless{1e17};

  struct Change {
    Seconds at;
    SimWorld::Link* link;
    BytesPerSecond capacity;
  };

  static void transfer(const SimWorld::Pair& pair, double bytes) {
    if (bytes >= 0.5) SimWorld::transfer(pair, Bytes{bytes});
  }

  void unfolded(std::size_t job, const PhaseCost& phase) {
    const Jitter& jitter = options_.jitter;
    std::vector<SimWorld::Running> all;
    all.reserve(phase.edges.size());
    for (const EdgeFlow& edge : phase.edges) {
      const double draw = uniform(mixed(jitter.seed) + drawn_++);
      const double bytes = phase.volume * edge.units * (1 + jitter.spread * (2 * draw - 1));
      if (bytes >= 0.5) all.push_back(SimWorld::start(pairs_[first_[job] + edge.flow], Bytes{bytes}));
    }
    for (const auto& one : all) SimWorld::wait_for(one);
  }

  std::span<const JobRun> jobs_;
  const RunOptions& options_;
  std::vector<std::size_t> first_;  // by job: its first flow in pairs_
  std::vector<SimWorld::Pair> pairs_;
  std::vector<std::vector<SimWorld::Running>> running_;  // by job: its background
  std::vector<Change> changes_;
  std::uint64_t drawn_ = 0;
};

}  // namespace

JobsTimeline run_jobs_flow(std::span<const JobRun> jobs, const Topology& machine, const RunOptions& options) {
  SimWorld world(machine);
  FlowMover mover(world, jobs, machine, options);
  return run_streams(world, jobs, mover);
}

}  // namespace aifsim
