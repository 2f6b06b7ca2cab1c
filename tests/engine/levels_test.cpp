// The levels flow and message side by side: fabrics x kinds x algorithms x sizes, alone and with two jobs.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <iostream>
#include <memory>

#include "../machine/every_fabric.hpp"
#include "collectives/choose.hpp"
#include "engine/engine.hpp"

namespace aifsim {
namespace {

struct NamedMachine {
  std::string name;
  PlatformDescription platform;
  Topology topology;

  NamedMachine(std::string called, PlatformDescription described)
      : name(std::move(called)), platform(with_constants(std::move(described))), topology(platform) {}

  static PlatformDescription with_constants(PlatformDescription p) {
    CommunicationDescription& c = p.communication;
    c.intra_node_efficiency = test::count(0.8);
    c.inter_node_efficiency = test::count(0.9);
    c.intra_node_step = test::figure(Seconds{1e-6});
    c.inter_node_step = test::figure(Seconds{3e-6});
    c.loss_per_doubling = test::count(0.02);
    c.inter_node_ramp = test::count(2);  // as a pipeline fills
    p.clock.sustained = test::count(1);
    return p;
  }

  Job job(std::vector<std::int64_t> nodes) const {
    Job j;
    j.machine = &topology;
    j.platform = &platform;
    j.gpus = topology.gpus_per_node() * std::ssize(nodes);
    j.nodes = std::move(nodes);
    return j;
  }
};

using Machines = std::vector<std::unique_ptr<const NamedMachine>>;

// Three that differ in what is narrow.
const Machines& machines() {
  static const Machines few = [] {
    Machines made;
    made.push_back(std::make_unique<NamedMachine>(
        "fat tree", test::fat_tree(test::mesh_node(4), 16, {{"leaf", 4, 2}, {"core", 16, 1}})));
    made.push_back(std::make_unique<NamedMachine>(
        "narrow tree", test::fat_tree(test::switched_node(), 16, {{"leaf", 4, 4}, {"core", 16, 1}})));
    made.push_back(std::make_unique<NamedMachine>(
        "dragonfly+", test::dragonfly_plus(test::mesh_node(4), 16, {{4, 2, 2}}, 2, 2)));
    return made;
  }();
  return few;
}

// Every kind of fabric, each with another of the ways of routing in turn.
Machines every_fabric() {
  Machines made;
  for (PlatformDescription platform : test::all_kinds()) {
    constexpr Routing ways[] = {Routing::adaptive, Routing::ecmp, Routing::fixed};
    platform.fabric.routing = ways[made.size() % std::size(ways)];
    const std::string name = platform.fabric.kind + " " + std::to_string(made.size());
    made.push_back(std::make_unique<NamedMachine>(name, std::move(platform)));
  }
  return made;
}

Plan plan_of(CollectiveKind kind, Algorithm algorithm, double bytes, const Job& job) {
  return make_plan(single_collective(job.gpus, {kind, 0, Bytes{bytes}, algorithm}, "collective"), job);
}

bool pipelined(CollectiveKind kind, Algorithm algorithm) {
  return algorithm == Algorithm::tree || algorithm == Algorithm::nvls_tree ||
         kind == CollectiveKind::broadcast;
}

// What flow may be off by. Pieces of a pipeline may miss each other; so may ranks whose steps are unlike.
double tolerance(CollectiveKind kind, Algorithm algorithm, double bytes) {
  return bytes < 1048576 || pipelined(kind, algorithm) || algorithm == Algorithm::pairwise ? 0.10 : 0.03;
}

// How far flow is from message, of the larger (above 1 MiB) and the smaller collectives.
class Apart {
 public:
  double measure(const NamedMachine& m, CollectiveKind kind, Algorithm algorithm, std::int64_t nodes,
                 double bytes) {
    const Plan plan = plan_of(kind, algorithm, bytes, m.job(test::first_nodes(nodes)));
    const double flow = run(plan, m.topology, Fidelity::flow).duration.value,
                 message = run(plan, m.topology, Fidelity::message).duration.value;
    text_ = fmt::format("{}, {}, {}, {} nodes, {} B: flow {} s, message {} s", m.name, name_of(kind),
                        name_of(algorithm), nodes, bytes, flow, message);
    const double off = std::abs(flow / message - 1);
    const bool large = bytes >= 1048576;
    const std::size_t sort = pipelined(kind, algorithm) ? 1 : algorithm == Algorithm::pairwise ? 2 : 0;
    worst_[sort][large] = std::max(worst_[sort][large], off);
    if (large) {
      ++cases_[sort];
      within_[sort] += off < 0.03;
    }
    return off;
  }
  const std::string& text() const { return text_; }
  void print(const char* where) const {
    constexpr const char* sorts[] = {"rings and levels", "pipelines (trees, broadcast)", "pairwise"};
    for (std::size_t i = 0; i < 3; ++i)
      if (cases_[i] > 0)
        std::cout << fmt::format(
            "{}, {}: flow and message apart by at most {:.2f} % above 1 MiB, {:.2f} % below; {} of {} above "
            "within "
            "3 %\n",
            where, sorts[i], 100 * worst_[i][1], 100 * worst_[i][0], within_[i], cases_[i]);
  }

 private:
  double worst_[3][2] = {};
  int cases_[3] = {}, within_[3] = {};
  std::string text_;
};

// The worst of two jobs' differences.
double apart(const NamedMachine& m, const Plan& a, const Plan& b) {
  const std::vector<JobRun> jobs{{&a, "a", Seconds{0}, 2}, {&b, "b", Seconds{0}, 2}};
  const JobsTimeline flow = run_jobs(jobs, m.topology, Fidelity::flow),
                     message = run_jobs(jobs, m.topology, Fidelity::message);
  double worst = 0;
  for (std::size_t j = 0; j < 2; ++j)
    worst = std::max(worst, std::abs(flow.jobs[j].duration / message.jobs[j].duration - 1));
  return worst;
}

}  // namespace

TEST_CASE("flow and message agree for one collective", "[levels]") {
  Apart apart;
  for (const auto& m : machines())
    for (const CollectiveKind kind : {CollectiveKind::all_gather, CollectiveKind::reduce_scatter,
                                      CollectiveKind::all_reduce, CollectiveKind::broadcast})
      for (const std::int64_t nodes : {1, 2, 6, 8}) {
        const Job job = m->job(test::first_nodes(nodes));
        const GroupShape shape{job.gpus, m->topology.gpus_per_node()};
        for (const Algorithm algorithm : library_algorithms(kind, shape, false))
          for (const double bytes : {1024.0, 65536.0, 1048576.0 * 2, 1048576.0 * 64}) {
            const double off = apart.measure(*m, kind, algorithm, nodes, bytes);
            INFO(apart.text());
            CHECK(off < tolerance(kind, algorithm, bytes));
          }
      }
  apart.print("three fabrics");
}

TEST_CASE("flow and message agree on every fabric", "[levels]") {
  Apart apart;
  for (const auto& m : every_fabric())
    for (const auto& [kind, algorithm] : {std::pair(CollectiveKind::all_reduce, Algorithm::ring),
                                          {CollectiveKind::all_reduce, Algorithm::hierarchical},
                                          {CollectiveKind::all_reduce, Algorithm::tree},
                                          {CollectiveKind::all_reduce, Algorithm::nvls_tree},
                                          {CollectiveKind::broadcast, Algorithm::ring},
                                          {CollectiveKind::all_to_all, Algorithm::pairwise}})
      for (const std::int64_t nodes : {2, 6})
        for (const double bytes : {65536.0, 1048576.0 * 16}) {
          const double off = apart.measure(*m, kind, algorithm, nodes, bytes);
          INFO(apart.text());
          CHECK(off < tolerance(kind, algorithm, bytes));
        }
  apart.print("every fabric");
}

TEST_CASE("flow and message agree for two jobs that meet", "[levels]") {
  double worst = 0, worst_everywhere = 0;
  for (const auto& m : machines())
    for (const Algorithm algorithm : {Algorithm::ring, Algorithm::hierarchical})
      for (const double bytes : {1048576.0 * 64, 1e9}) {
        const double off =
            apart(*m, plan_of(CollectiveKind::all_reduce, algorithm, bytes, m->job({0, 4, 1, 5, 8, 12})),
                  plan_of(CollectiveKind::all_reduce, Algorithm::ring, bytes, m->job({2, 6, 3, 7, 9, 13})));
        INFO(m->name << ", " << name_of(algorithm) << ", " << bytes << " B");
        CHECK(off < 0.10);
        worst = std::max(worst, off);
      }
  for (const auto& m : every_fabric())
    for (const Algorithm algorithm : {Algorithm::ring, Algorithm::tree}) {
      const double bytes = 1048576.0 * 16;
      const double off =
          apart(*m, plan_of(CollectiveKind::all_reduce, algorithm, bytes, m->job({0, 2, 4})),
                plan_of(CollectiveKind::all_reduce, Algorithm::ring, bytes, m->job({1, 3, 5})));
      INFO(m->name << ", " << name_of(algorithm));
      CHECK(off < 0.10);
      worst_everywhere = std::max(worst_everywhere, off);
    }
  std::cout << fmt::format(
      "two jobs in contention: flow and message apart by at most {:.2f} % on three fabrics, {:.2f} % on "
      "every "
      "one\n",
      100 * worst, 100 * worst_everywhere);
}

}  // namespace aifsim
