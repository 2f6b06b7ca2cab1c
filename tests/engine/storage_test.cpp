// Reading and writing files: time by the slowest part of the way, contention with neighbours, and what the links carry.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "../machine/machines.hpp"
#include "engine/engine.hpp"
#include "every_level.hpp"

namespace aifsim {
namespace {

using test::count;
using test::figure;

StorageTierDescription tier(double servers, double read_gb, double write_gb) {
  StorageTierDescription t;
  t.name = "flash";
  t.servers = count(servers);
  t.nics = count(2);
  t.injection = figure(BytesPerSecond{25e9});
  t.read = figure(BytesPerSecond{read_gb * 1e9});
  t.write = figure(BytesPerSecond{write_gb * 1e9});
  t.latency = figure(Seconds{1e-3});
  return t;
}

// 8 nodes of 4 GPUs, 50 GB/s into each; nothing oversubscribed but on request.
PlatformDescription described(StorageTierDescription t, double taper = 1) {
  PlatformDescription p =
      test::at_full_rate(test::fat_tree(test::mesh_node(4), 8, {{"leaf", 4, taper}, {"core", 8, 1}}));
  p.storage.push_back(std::move(t));
  p.node.nvme = DrivesDescription{figure(BytesPerSecond{12e9}), figure(BytesPerSecond{6e9}), {}, {}};
  return p;
}

struct StorageMachine {
  PlatformDescription platform;
  Topology topology;
  explicit StorageMachine(PlatformDescription p) : platform(std::move(p)), topology(platform) {}

  Plan plan(Program program, std::vector<std::int64_t> nodes, bool folded = true) const {
    Job job;
    job.machine = &topology;
    job.platform = &platform;
    job.gpus = program.ranks();
    job.nodes = std::move(nodes);
    job.folded = folded;
    return make_plan(program, job);
  }
};

template <class Access>
Program files(std::int64_t ranks, const std::string& of, double bytes, double files = 0) {
  return {{Mesh({{"rank", ranks}})},
          {},
          {Role{"ranks", {}, {{"compute", {{Access{of, Bytes{bytes}, files}, "files"}}}}}},
          0};
}

}  // namespace

TEST_CASE("a job reads as fast as the slowest of media, servers' and nodes' networks lets it", "[storage]") {
  struct Case {
    std::int64_t nodes;
    double servers, read, expected;  // GB/s of all
  };
  const Case c = GENERATE(Case{8, 4, 40, 40},     // the media
                          Case{8, 4, 400, 200},   // 4 servers x 2 NICs x 25 GB/s
                          Case{1, 4, 400, 50},    // one node's 4 NICs
                          Case{3, 5, 1000, 150},  // ranks and servers that do not divide
                          Case{8, 7, 70, 70});
  CAPTURE(c.nodes, c.servers, c.read);
  const StorageMachine m(described(tier(c.servers, c.read, 1)));
  const double each = 1e9, all = each * 4 * static_cast<double>(c.nodes);
  for (const bool folded : {true, false}) {
    const Plan plan = m.plan(files<Read>(4 * c.nodes, "flash", each), test::first_nodes(c.nodes), folded);
    for (const Fidelity level : levels)
      CHECK(run(plan, m.topology, level).duration.value ==
            Approx(1e-3 + all / (c.expected * 1e9))
                .epsilon(level == Fidelity::message || !folded ? 0.25 : 0.12));
    // Never quicker than any link allows, whatever shares it.
    for (const Fidelity level : levels)
      CHECK(run(plan, m.topology, level).duration.value >= (1e-3 + all / (c.expected * 1e9)) * (1 - 1e-9));
  }
}

TEST_CASE("writing goes the other way, at its own rate", "[storage]") {
  const StorageMachine m(described(tier(4, 400, 20)));
  const Plan plan = m.plan(files<Write>(32, "flash", 1e9), test::first_nodes(8));
  for (const Fidelity level : levels)
    CHECK(run(plan, m.topology, level).duration.value == Approx(1e-3 + 32 / 20.0).epsilon(1e-6));
  std::map<std::string, double> carried;
  for (const LinkUnits& l : carried_by(plan, 1)) carried[m.topology.link(l.link).class_name] += l.units;
  CHECK(carried["flash write"] == Approx(32e9));
  CHECK(carried["flash client write"] == Approx(32e9));
  CHECK(carried["nic out"] == Approx(32e9));
  CHECK(carried["storage nic in"] == Approx(32e9));
  CHECK(carried.count("flash read") == 0);
}

TEST_CASE("a node's drives serve that node alone", "[storage]") {
  const StorageMachine m(described(tier(4, 40, 20)));
  for (const std::int64_t nodes : {1, 8}) {
    const Plan read = m.plan(files<Read>(4 * nodes, node_drives, 3e9), test::first_nodes(nodes)),
               write = m.plan(files<Write>(4 * nodes, node_drives, 3e9), test::first_nodes(nodes));
    for (const Fidelity level : levels) {
      CHECK(run(read, m.topology, level).duration.value == Approx(1.0).epsilon(1e-6));
      CHECK(run(write, m.topology, level).duration.value == Approx(2.0).epsilon(1e-6));
    }
  }
}

TEST_CASE("one node reads no faster than its client", "[storage]") {
  StorageTierDescription t = tier(4, 400, 400);
  t.client_read = figure(BytesPerSecond{10e9});
  const StorageMachine m(described(t));
  const Plan one = m.plan(files<Read>(4, "flash", 5e9), {2}),
             two = m.plan(files<Read>(8, "flash", 5e9), {2, 6});
  for (const Fidelity level : levels) {
    CHECK(run(one, m.topology, level).duration.value == Approx(2.001).epsilon(1e-6));
    CHECK(run(two, m.topology, level).duration.value == Approx(2.001).epsilon(1e-6));
  }
}

TEST_CASE("opening and creating many files takes its time", "[storage]") {
  StorageTierDescription t = tier(4, 40, 20);
  t.opens = count(1000);
  t.creates = count(100);
  const StorageMachine m(described(t));
  for (const Fidelity level : levels) {
    CHECK(run(m.plan(files<Read>(8, "flash", 0, 125), {0, 1}), m.topology, level).duration.value ==
          Approx(1.001));
    CHECK(run(m.plan(files<Write>(8, "flash", 0, 125), {0, 1}), m.topology, level).duration.value ==
          Approx(10.001));
  }
}

TEST_CASE("jobs share a tier, and share their links with collectives", "[storage]") {
  const StorageMachine m(described(tier(4, 40, 20)));
  const Plan a = m.plan(files<Read>(8, "flash", 1e9), {0, 4}),
             b = m.plan(files<Read>(8, "flash", 1e9), {1, 5});
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    const std::vector<JobRun> both{{&a, "a", Seconds{0}, 1}, {&b, "b", Seconds{0}, 1}};
    CHECK(run_jobs(both, m.topology, level).duration.value == Approx(1e-3 + 16 / 40.0).epsilon(0.02));
    CHECK(run(a, m.topology, level).duration.value == Approx(1e-3 + 8 / 40.0).epsilon(0.02));
  }
  // An all-gather over a tapered core, beside a neighbour that reads over the same uplinks.
  const StorageMachine narrow(described(tier(4, 400, 400), 8));
  const Plan gather = narrow.plan(
      single_collective(8, {CollectiveKind::all_gather, 0, Bytes{8e9}, Algorithm::ring}, "gather"), {0, 4});
  const Plan read = narrow.plan(files<Read>(8, "flash", 20e9), {1, 5});
  for (const Fidelity level : {Fidelity::flow, Fidelity::message}) {
    const std::vector<JobRun> both{{&gather, "gather", Seconds{0}, 1}, {&read, "read", Seconds{0}, 1}};
    const JobsTimeline together = run_jobs(both, narrow.topology, level);
    CHECK(together.jobs[0].duration.value > 1.2 * run(gather, narrow.topology, level).duration.value);
    std::map<LinkId, double> carried;
    for (const auto& job : together.carried)
      for (const LinkUnits& link : job) carried[link.link] += link.units;
    for (const auto& [link, bytes] : carried)
      CHECK(bytes <= narrow.topology.capacity(link).value * together.duration.value * (1 + 1e-9));
  }
}

TEST_CASE("more bytes never take less time, more bandwidth never more", "[storage]") {
  double before = 0;
  const StorageMachine m(described(tier(3, 90, 20)));
  for (const double bytes : {0.0, 1.0, 1e3, 1e6, 1e8, 1.1e8, 1e10}) {
    const double time = analytical_duration(m.plan(files<Read>(12, "flash", bytes), {0, 3, 7})).value;
    CHECK(time >= before);
    before = time;
  }
  before = std::numeric_limits<double>::infinity();
  for (const double rate : {1.0, 10.0, 50.0, 90.0, 1000.0}) {
    const StorageMachine quicker(described(tier(3, rate, 20)));
    const double time = analytical_duration(quicker.plan(files<Read>(12, "flash", 1e9), {0, 3, 7})).value;
    CHECK(time <= before);
    before = time;
  }
}

TEST_CASE("servers may stand at places of their own", "[storage]") {
  PlatformDescription p =
      test::at_full_rate(test::fat_tree(test::mesh_node(4), 4, {{"leaf", 4, 4}, {"core", 8, 1}}));
  StorageTierDescription t = tier(4, 1000, 1000);
  t.first_place = 4;
  p.storage.push_back(t);
  const StorageMachine m(p);
  // All goes through the core: 4 nodes x 4 NICs x 12.5 GB/s over a taper of 4:1.
  const Plan plan = m.plan(files<Read>(16, "flash", 1e9), test::first_nodes(4));
  CHECK(run(plan, m.topology, Fidelity::flow).duration.value == Approx(1e-3 + 16 / 50.0).epsilon(0.05));
}

TEST_CASE("a file that all processes share takes as long as its file system lets it", "[storage]") {
  StorageTierDescription flash = tier(4, 40, 20);
  flash.software = "some";
  PlatformDescription p = described(flash);
  p.file_systems.push_back({"some", {}, count(0.5), count(0.1)});
  const StorageMachine m(p);
  for (const Fidelity level : levels) {
    const auto time = [&](auto access) {
      const Program program{
          {Mesh({{"rank", 32}})}, {}, {Role{"ranks", {}, {{"compute", {{access, "file"}}}}}}, 0};
      return run(m.plan(program, test::first_nodes(8)), m.topology, level).duration.value;
    };
    CHECK(time(Read{"flash", Bytes{1e9}, 0, true}) == Approx(1e-3 + 32 / 20.0).epsilon(0.02));
    CHECK(time(Write{"flash", Bytes{1e9}, 0, true}) == Approx(1e-3 + 32 / 2.0).epsilon(0.02));
    CHECK(time(Write{"flash", Bytes{1e9}, 0}) == Approx(1e-3 + 32 / 20.0).epsilon(0.02));
  }
  const StorageMachine unsaid(described(tier(4, 40, 20)));
  const Program shared{{Mesh({{"rank", 4}})},
                       {},
                       {Role{"ranks", {}, {{"compute", {{Read{"flash", Bytes{1}, 0, true}, "file"}}}}}},
                       0};
  CHECK_THROWS_WITH(unsaid.plan(shared, {0}),
                    Catch::Contains("tier flash of small does not say its software"));
}

TEST_CASE("what the machine lacks is told", "[storage]") {
  PlatformDescription p = described(tier(4, 40, 20));
  p.node.nvme.reset();
  const StorageMachine m(p);
  CHECK_THROWS_WITH(m.plan(files<Read>(4, "flahs", 1), {0}), "small has no storage tier flahs; it has flash");
  CHECK_THROWS_WITH(m.plan(files<Read>(4, node_drives, 1), {0}),
                    "the nodes of small have no drives of their own (node.nvme)");
}

TEST_CASE("links of storage have names by which they are found, and may fail", "[storage]") {
  const StorageMachine m(described(tier(4, 40, 20)));
  for (LinkId id = 0; id < m.topology.link_count(); ++id) {
    const std::string name = m.topology.link(id).name;
    CAPTURE(name);
    CHECK(m.topology.find_link(name) == id);
  }
  CHECK(m.topology.find_link("flash server 3 media read"));
  CHECK(m.topology.links_of_class("flash write").size() == 4);
  // Another NIC of the node carries on.
  const LinkId down[] = {*m.topology.find_link("node 0 nic1 in")};
  const Topology less = m.topology.without(down);
  std::vector<LinkId> route;
  less.route_storage(less.gpu(0, 1), *less.servers_of("flash"), 2, 0, false, route);
  CHECK(std::find(route.begin(), route.end(), down[0]) == route.end());
}

}  // namespace aifsim
