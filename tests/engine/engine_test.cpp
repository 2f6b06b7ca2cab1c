#include "engine/engine.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "catalog/catalog.hpp"
#include "collectives/schedule.hpp"
#include "engine/bottlenecks.hpp"
#include "machine/simgrid/world.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

struct ShippedMachine {
  PlatformDescription platform;
  GpuDescription gpu;
  Topology topology;
  explicit ShippedMachine(const char* name)
      : platform(shipped().platform(name)), gpu(shipped().gpu(platform.node.gpu)), topology(platform) {}

  Job job(std::int64_t gpus) const {
    Job j;
    j.machine = &topology;
    j.platform = &platform;
    j.gpu = &gpu;
    j.gpus = gpus;
    j.nodes.resize((gpus + topology.gpus_per_node() - 1) / topology.gpus_per_node());
    std::iota(j.nodes.begin(), j.nodes.end(), 0);
    return j;
  }
};

PlanStep compute_step(double seconds) {
  PlanStep s;
  s.kind = StepKind::compute;
  s.time = Seconds{seconds};
  s.label = "kernels";
  return s;
}

struct OnAxes {
  std::vector<const char*> axes;
  Collective collective;
};

// One role whose streams each run one collective at once, on a mesh of nodes of so many GPUs.
Program collectives_at_once(std::int64_t ranks, const std::vector<OnAxes>& all, std::int64_t per_node = 4) {
  Program p;
  p.meshes.emplace_back(std::vector<MeshAxis>{{"gpu", std::min(ranks, per_node)},
                                              {"node", std::max<std::int64_t>(1, ranks / per_node)}});
  Role role{"rank", {}, {}};
  for (OnAxes one : all) {
    one.collective.group = p.groups.size();
    Group group{"group " + std::to_string(p.groups.size()), {}};
    for (const char* axis : one.axes) group.over.push_back({axis});
    role.streams.push_back({group.name, {{one.collective, "collective"}}});
    p.groups.push_back(std::move(group));
  }
  p.roles.push_back(role);
  return p;
}

const std::vector<const char*> everywhere{"gpu", "node"};

}  // namespace

TEST_CASE("a kernel is slower exactly while a collective runs on its GPU", "[engine]") {
  const ShippedMachine m("mn5_acc");
  Plan plan = make_plan(collectives_at_once(8, {{everywhere, {CollectiveKind::all_gather, 0, Bytes{1e9}}}}),
                        m.job(8));
  plan.compute_slowdown = 0.25;
  CollectiveCost& cost = plan.collectives[0].choices[plan.collectives[0].chosen];
  cost.phases.resize(1);
  cost.phases[0].latency = Seconds{0};
  cost.phases[0].volume = 0.5 / cost.phases[0].routed->flow->seconds_per_unit;  // half a second
  plan.roles[0].streams.push_back({"compute", {compute_step(1)}});
  // Half a second at 1/1.25 does 0.4 s of work; 0.6 s remain.
  CHECK(run_analytical(plan, m.topology).duration.value == Approx(1.1));
  CHECK(run_flow(plan, m.topology).duration.value == Approx(1.1));
}

TEST_CASE("two collectives over the same NICs share them", "[engine]") {
  const ShippedMachine m("mn5_acc");
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{4e9}, Algorithm::automatic};
  const Program one = collectives_at_once(64, {{everywhere, gather}});
  const Program two = collectives_at_once(64, {{everywhere, gather}, {everywhere, gather}});
  const Plan alone = make_plan(one, m.job(64)), shared = make_plan(two, m.job(64));
  const double t1 = run_flow(alone, m.topology).duration.value,
               t2 = run_flow(shared, m.topology).duration.value;
  double latency = 0;
  for (const auto& p : alone.collectives[0].phases()) latency += p.latency.value;
  CHECK(t2 - latency == Approx(2 * (t1 - latency)));
  // Level analytical shares out the whole time, latency too.
  CHECK(run_analytical(alone, m.topology).duration.value == Approx(t1));
  CHECK(run_analytical(shared, m.topology).duration.value == Approx(t2).epsilon(0.05));
}

TEST_CASE("collectives inside nodes and between nodes do not slow each other", "[engine]") {
  const ShippedMachine m("leonardo_booster");
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e9}, Algorithm::automatic};
  const Collective reduce{CollectiveKind::all_reduce, 0, Bytes{1e8}, Algorithm::automatic};
  const Plan both = make_plan(collectives_at_once(64, {{{"gpu"}, gather}, {{"node"}, reduce}}), m.job(64));
  const Plan only = make_plan(collectives_at_once(64, {{{"node"}, reduce}}), m.job(64));
  CHECK(run_flow(both, m.topology).duration.value == Approx(run_flow(only, m.topology).duration.value));
}

TEST_CASE("the folded flow takes as long as all edges as transfers of their own", "[engine]") {
  for (const char* name : {"leonardo_booster", "mn5_acc"}) {
    const ShippedMachine m(name);
    for (const std::int64_t gpus : {2, 4, 8, 24, 64}) {
      const Job job = m.job(gpus);
      Router router(*job.machine, job.nodes, true);
      GroupRanks ranks;
      ranks.members.add(gpus, 1);
      const RoutedGroup& world = router.group(ranks);
      for (const Algorithm a : algorithms_for(CollectiveKind::all_reduce, world.shape)) {
        const Schedule schedule = make_schedule(CollectiveKind::all_reduce, a, world.shape);
        const RoutedCollective& routed = router.collective(CollectiveKind::all_reduce, a, world, {});
        const auto all = loads(schedule);
        REQUIRE(all.size() == routed.phases.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
          const PhaseLoad& load = all[i];
          const double folded = 1e9 * routed.phases[i].share * routed.phases[i].flow->seconds_per_unit;

          SimWorld world_of_edges(m.topology);
          std::vector<SimWorld::Host*> hosts;
          for (std::int64_t g = 0; g < gpus; ++g) hosts.push_back(world_of_edges.add_gpu(g));
          double latest = 0;
          for (std::size_t e = 0; e < load.edges.size(); ++e) {
            const EdgeLoad edge = load.edges[e];
            world_of_edges.spawn(
                "edge " + std::to_string(e), hosts[edge.source], [&hosts, &latest, edge, &m] {
                  const double begin = m.topology.route_latency(edge.source, edge.destination).value;
                  SimWorld::transfer({hosts[edge.source], hosts[edge.destination]}, Bytes{1e9 * edge.share});
                  latest = std::max(latest, SimWorld::now().value - begin);
                });
          }
          world_of_edges.run();
          INFO(name << ", " << gpus << " GPUs, " << name_of(a));
          CHECK(folded == Approx(latest).epsilon(0.001));
        }
      }
    }
  }
}

TEST_CASE("a flow keeps few links, and the one that bounds it", "[engine]") {
  const ShippedMachine m("leonardo_booster");
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e9}, Algorithm::automatic};
  const Plan plan = make_plan(collectives_at_once(2048, {{everywhere, gather}}), m.job(2048));
  const Flow* flow = plan.collectives[0].phases().at(0).routed->flow;
  CHECK(flow->links.size() > 2048);
  const auto found = bottlenecks({&flow, 1}, m.topology);
  CHECK(found.size() == 1);
  double slowest = 0;
  for (const auto& b : found) slowest = std::max(slowest, b.uses[0].units / b.capacity.value);
  CHECK(slowest == Approx(flow->seconds_per_unit));
}

TEST_CASE("links carry what the collectives send", "[engine]") {
  const ShippedMachine m("mn5_acc");
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e9}, Algorithm::automatic};
  const Plan plan = make_plan(collectives_at_once(16, {{everywhere, gather}}), m.job(16));
  const Timeline t = run_flow(plan, m.topology);
  bool found = false;
  for (const auto& use : t.links)
    if (use.name.rfind("nic out", 0) == 0) {
      found = true;
      CHECK(use.carried.value == Approx(1e9 * 15.0 / 16 / 4));  // each of a node's four NICs a quarter
    }
  CHECK(found);
}

TEST_CASE("small all-reduces take the tree", "[engine]") {
  const ShippedMachine m("mn5_acc");
  const auto detail = [&](double bytes) {
    const Collective reduce{CollectiveKind::all_reduce, 0, Bytes{bytes}, Algorithm::automatic};
    const Plan plan = make_plan(collectives_at_once(256, {{everywhere, reduce}}), m.job(256));
    return run_analytical(plan, m.topology).roles[0].streams[0].spans[0].detail;
  };
  CHECK(detail(1e4) == "tree, 256 ranks");
}

TEST_CASE("slower switches and a scattered job cost a collective time", "[engine]") {
  ShippedMachine near("leonardo_booster");
  const Collective gather{CollectiveKind::all_gather, 0, Bytes{1e6}, Algorithm::automatic};
  const Program p = collectives_at_once(256, {{everywhere, gather}});
  const auto time = [&](const Job& job) { return run_flow(make_plan(p, job), *job.machine).duration.value; };
  const double contiguous = time(near.job(256));
  Job scattered = near.job(256);
  for (std::size_t i = 0; i < scattered.nodes.size(); ++i)
    scattered.nodes[i] = static_cast<std::int64_t>(50 * i);
  CHECK(time(scattered) > contiguous);

  PlatformDescription slow = near.platform;
  slow.fabric.nic_latency.value = Seconds{100e-6};
  const Topology topology(slow);
  Job far = near.job(256);
  far.machine = &topology;
  far.platform = &slow;
  // Of 255 steps a chunk crosses in a quarter, over two NICs each, and has to fill the longer way.
  const double longer = 255 / 4.0 * 2 * (100e-6 - near.platform.fabric.nic_latency->value);
  CHECK(time(far) - contiguous > longer);
  CHECK(time(far) - contiguous < 1.1 * longer);
}

}  // namespace aifsim
