// Links that fail and are repaired while transfers are under way, at the levels flow and message; the times
// are computed by hand.
#include <catch2/catch.hpp>

#include "../machine/machines.hpp"
#include "base/error.hpp"
#include "engine/engine.hpp"
#include "plan/background.hpp"

namespace aifsim {
namespace {

PlatformDescription with(double nodes, decltype(FabricDescription::topology) topology, std::string kind,
                         Routing routing = Routing::usual) {
  PlatformDescription p = test::machine(test::mesh_node(1), nodes);
  p.fabric.topology = std::move(topology);
  p.fabric.kind = std::move(kind);
  p.fabric.routing = routing;
  return test::at_full_rate(std::move(p));
}

Plan gather_on(const PlatformDescription& platform, const Topology& machine, std::vector<std::int64_t> nodes,
               double bytes) {
  Job job;
  job.machine = &machine;
  job.platform = &platform;
  job.gpus = std::ssize(nodes);
  job.nodes = std::move(nodes);
  return make_plan(
      single_collective(job.gpus, {CollectiveKind::all_gather, 0, Bytes{bytes}, Algorithm::ring}, "gather"),
      job);
}

// Jobs of one machine, with links that are down from the given times on.
class Case {
 public:
  explicit Case(PlatformDescription platform) : platform_(std::move(platform)), machine_(platform_) {}

  Case& job(std::vector<std::int64_t> nodes, double bytes) {
    jobs_.push_back({std::move(nodes), bytes});
    return *this;
  }
  Case& down(double at, const std::vector<std::string>& links) {
    std::vector<LinkId> ids;
    for (const std::string& name : links) ids.push_back(*machine_.find_link(name));
    at_.push_back(Seconds{at});
    left_.push_back(machine_.without(ids));
    return *this;
  }

  JobsTimeline run(Fidelity level) const {
    std::vector<std::vector<Plan>> plans(jobs_.size());
    RunOptions options;
    for (std::size_t i = 0; i < left_.size(); ++i) options.reroutings.push_back({at_[i], &left_[i]});
    std::vector<JobRun> runs(jobs_.size());
    for (std::size_t j = 0; j < jobs_.size(); ++j) {
      plans[j].reserve(left_.size() + 1);
      plans[j].push_back(gather_on(platform_, machine_, jobs_[j].nodes, jobs_[j].bytes));
      runs[j] = {&plans[j].front(), std::to_string(j), Seconds{0}, 1};
      for (const Topology& left : left_) try {
          plans[j].push_back(gather_on(platform_, left, jobs_[j].nodes, jobs_[j].bytes));
          runs[j].rerouted.push_back({&plans[j].back(), ""});
        } catch (const CannotAnswer& error) {
          runs[j].rerouted.push_back({nullptr, error.what()});
        }
    }
    return run_jobs(runs, machine_, level, options);
  }
  const Topology& machine() const { return machine_; }

 private:
  struct JobOf {
    std::vector<std::int64_t> nodes;
    double bytes;
  };
  PlatformDescription platform_;
  Topology machine_;
  std::vector<JobOf> jobs_;
  std::vector<Seconds> at_;
  std::vector<Topology> left_;
};

// Two leaves of two nodes, two uplinks each at the NICs' 12.5 GB/s.
LeafSpineDescription two_leaves() {
  return {test::count(2), test::count(2), test::count(2), test::count(1),
          test::figure(BytesPerSecond{12.5e9})};
}

GraphDescription detour() {  // a-b at 12.5 GB/s; a-c-b at half of that
  GraphDescription g;
  for (const char* name : {"a", "b", "c"}) g.switches.push_back({name, test::count(1), {}});
  for (const auto& [from, to, rate] : {std::tuple{"a", "b", 12.5e9}, {"a", "c", 6.25e9}, {"c", "b", 6.25e9}})
    g.edges.push_back({from, to, test::count(1), test::figure(BytesPerSecond{rate}), {}});
  return g;
}

constexpr double gathered = 2.5e9;  // half of it each way between two nodes: 0.1 s at 12.5 GB/s

}  // namespace

TEST_CASE("a transfer goes on over what is left: half at 12.5, half at 6.25 GB/s", "[failures]") {
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    Case one(with(3, detour(), "graph"));
    one.job({0, 1}, gathered);
    CHECK(one.run(level).duration.value == Approx(0.1).epsilon(0.001));
    one.down(0.05, {"a>b", "b>a"});
    const JobsTimeline t = one.run(level);
    CHECK(t.duration.value == Approx(0.15).epsilon(0.001));
    // What each way carried: the direct link until then, the detour the rest.
    double direct = 0, around = 0;
    for (const auto& [link, carried] : t.carried[0]) {
      if (one.machine().link(link).name == "a>b") direct = carried;
      if (one.machine().link(link).name == "a>c") around = carried;
    }
    CHECK(direct + around == Approx(gathered / 2));
    if (level == Fidelity::flow) CHECK(direct == Approx(gathered / 4).epsilon(0.001));
    one.down(0.11, {});  // repaired: 0.2 of it is left, at full speed again
    CHECK(one.run(level).duration.value == Approx(0.11 + 0.02).epsilon(0.001));
  }
}

TEST_CASE("static and hashed routes that meet on the link that is left share it", "[failures]") {
  // By the receiver's number node 0 to 2 takes link 0 and node 1 to 3 link 1. With one of them down from half
  // of the time on, both halves that are left share the other: 0.05 s + 0.1 s.
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    Case pinned(with(4, two_leaves(), "leaf_spine", Routing::fixed));
    pinned.job({0, 2}, gathered).job({1, 3}, gathered).down(0.05, {"leaf 0 up link 1"});
    for (const Timeline& job : pinned.run(level).jobs)
      CHECK(job.duration.value == Approx(0.15).epsilon(0.001));
    // Whichever link the hash has given each job, all are on link 0 from the start.
    Case hashed(with(4, two_leaves(), "leaf_spine", Routing::ecmp));
    hashed.job({0, 2}, gathered).job({1, 3}, gathered).down(0, {"leaf 0 up link 1"});
    for (const Timeline& job : hashed.run(level).jobs)
      CHECK(job.duration.value == Approx(0.2).epsilon(0.001));
  }
}

TEST_CASE("adaptive routes of a torus go the other way round", "[failures]") {
  TorusDescription ring;
  ring.sizes = {4};
  ring.nodes_per_switch = ring.links = test::count(1);
  ring.link_bandwidth = test::figure(BytesPerSecond{12.5e9});
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    Case torus(with(4, ring, "torus"));
    torus.job({0, 1}, gathered).job({2, 3}, gathered);
    CHECK(torus.run(level).duration.value == Approx(0.1).epsilon(0.001));
    // 0 to 1 now passes 0 3 2 1, beside 3 to 2: each half of the link 3 to 2 from 0.05 s on.
    const LinkId cut = [&] {
      std::vector<LinkId> route;
      torus.machine().fabric().route({0, 0}, {1, 0}, torus.machine().fabric_first(), route);
      return route.at(0);
    }();
    torus.down(0.05, {torus.machine().link(cut).name});
    for (const Timeline& job : torus.run(level).jobs)
      CHECK(job.duration.value == Approx(0.15).epsilon(0.001));
  }
}

TEST_CASE("a pair without a way ends the run with its name, but not a job that has ended before",
          "[failures]") {
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    Case cut(with(3, detour(), "graph"));
    cut.job({0, 1}, gathered).down(0.05, {"a>b", "a>c"});
    CHECK_THROWS_WITH(cut.run(level),
                      "links that are down leave no way from node 0 to node 1: a does not reach b");
    CHECK_THROWS_AS(cut.run(level), CannotAnswer);
    Case late(with(3, detour(), "graph"));
    late.job({0, 1}, gathered).down(0.2, {"a>b", "a>c"});
    CHECK(late.run(level).duration.value == Approx(0.1).epsilon(0.001));
  }
}

TEST_CASE("ranks of longer rings lose no message when links fail and are repaired", "[failures]") {
  for (const Routing routing : {Routing::fixed, Routing::ecmp}) {
    LeafSpineDescription fabric = two_leaves();
    fabric.nodes_per_leaf = test::count(4);
    Case rings(with(8, fabric, "leaf_spine", routing));
    rings.job({0, 4, 1, 5}, gathered).job({2, 6, 3, 7}, gathered);
    const double whole = rings.run(Fidelity::flow).duration.value;
    rings.down(0.03, {"leaf 0 up link 0", "leaf 1 up link 1"}).down(0.09, {});
    const double flow = rings.run(Fidelity::flow).duration.value,
                 message = rings.run(Fidelity::message).duration.value;
    CHECK(flow >= whole);
    CHECK(flow == Approx(message).epsilon(0.1));
    CHECK(rings.run(Fidelity::message).duration.value == message);  // the same bits again
  }
}

}  // namespace aifsim
