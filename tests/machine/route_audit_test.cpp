// Every pair of GPUs of small machines: the computed route against shortest paths in an explicit graph that
// this file builds on its own from the description, and against the route that SimGrid uses.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <simgrid/s4u/Host.hpp>
#include <simgrid/s4u/Link.hpp>

#include "machine/simgrid/world.hpp"
#include "machine/topology.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

struct Edge {
  std::string name;
  double latency = 0, bandwidth = 0;
};

// A machine spelled out: one vertex per device and switch, one edge per directed link.
class ExplicitMachine {
 public:
  using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Edge>;

  void link(const std::string& from, const std::string& to, const std::string& name, double bandwidth,
            double latency) {
    boost::add_edge(vertex(from), vertex(to), Edge{name, latency, bandwidth}, graph_);
  }
  std::size_t links() const { return boost::num_edges(graph_); }

  std::vector<Edge> shortest(const std::string& from, const std::string& to) {
    const auto source = vertex(from), target = vertex(to);
    std::vector<double> distance(boost::num_vertices(graph_));
    std::vector<Graph::vertex_descriptor> before(boost::num_vertices(graph_));
    boost::dijkstra_shortest_paths(graph_, source,
                                   boost::weight_map(boost::get(&Edge::latency, graph_))
                                       .distance_map(distance.data())
                                       .predecessor_map(before.data()));
    std::vector<Edge> path;
    for (auto at = target; at != source; at = before[at])
      path.push_back(graph_[boost::edge(before[at], at, graph_).first]);
    std::reverse(path.begin(), path.end());
    return path;
  }

 private:
  Graph::vertex_descriptor vertex(const std::string& name) {
    const auto [at, is_new] = vertices_.try_emplace(name, vertices_.size());
    if (is_new) boost::add_vertex(graph_);
    return at->second;
  }
  Graph graph_;
  std::map<std::string, std::size_t> vertices_;
};

std::string on(std::int64_t node, const std::string& device) {
  return "node " + std::to_string(node) + " " + device;
}

// A node's full-duplex cable between two of its devices.
void cable(ExplicitMachine& m, std::int64_t node, const std::string& a, const std::string& b,
           double bandwidth, double latency) {
  m.link(on(node, a), on(node, b), on(node, a + ">" + b), bandwidth, latency);
  m.link(on(node, b), on(node, a), on(node, b + ">" + a), bandwidth, latency);
}

void mesh_wiring(ExplicitMachine& m, std::int64_t node, int gpus) {
  const auto g = [](int i) { return "gpu" + std::to_string(i); };
  for (int i = 0; i < gpus; ++i) {
    for (int j = i + 1; j < gpus; ++j) cable(m, node, g(i), g(j), 100e9, 0.7e-6);
    cable(m, node, g(i), "nic" + std::to_string(i), 32e9, 0.5e-6);
    cable(m, node, "cpu0", g(i), 32e9, 0.6e-6);
  }
}

void switched_wiring(ExplicitMachine& m, std::int64_t node, int) {
  for (int i = 0; i < 4; ++i) {
    const std::string gpu = "gpu" + std::to_string(i);
    cable(m, node, gpu, "nvswitch0", 450e9, 0.15e-6);
    cable(m, node, gpu, "pcie" + std::to_string(i / 2), 64e9, 0.2e-6);
  }
  for (int i = 0; i < 2; ++i) {
    const std::string n = std::to_string(i);
    cable(m, node, "pcie" + n, "nic" + n, 64e9, 0.2e-6);
    cable(m, node, "cpu" + n, "pcie" + n, 64e9, 0.35e-6);
  }
  cable(m, node, "cpu0", "cpu1", 40e9, 0.8e-6);
}

using Wire = void (*)(ExplicitMachine&, std::int64_t, int);

void nodes(ExplicitMachine& m, std::int64_t count, Wire wire, int nics,
           const std::function<std::string(std::int64_t)>& leaf) {
  for (std::int64_t n = 0; n < count; ++n) {
    wire(m, n, nics);
    for (int i = 0; i < nics; ++i) {
      const std::string nic = "nic" + std::to_string(i);
      m.link(on(n, nic), leaf(n), on(n, nic + " out"), 12.5e9, 0.8e-6);
      m.link(leaf(n), on(n, nic), on(n, nic + " in"), 12.5e9, 0.8e-6);
    }
  }
}

void audit(const PlatformDescription& platform, ExplicitMachine& expected) {
  const Topology topology(platform);
  REQUIRE(topology.link_count() == expected.links());
  SimWorld world(topology);
  std::vector<SimWorld::Host*> hosts;
  for (GpuId gpu = 0; gpu < topology.gpus(); ++gpu) hosts.push_back(world.add_gpu(gpu));
  world.run();  // nothing to do, but it completes the zone

  const std::int64_t per_node = topology.gpus_per_node();
  std::vector<LinkId> route;
  for (GpuId a = 0; a < topology.gpus(); ++a) {
    for (GpuId b = 0; b < topology.gpus(); ++b) {
      if (a == b) continue;
      const std::string from = on(a / per_node, "gpu" + std::to_string(a % per_node));
      const std::string to = on(b / per_node, "gpu" + std::to_string(b % per_node));
      const std::vector<Edge> truth = expected.shortest(from, to);
      route.clear();
      topology.route(a, b, route);
      std::vector<simgrid::s4u::Link*> in_simgrid;
      double unit = 0;
      hosts[static_cast<std::size_t>(a)]->route_to(hosts[static_cast<std::size_t>(b)], in_simgrid, &unit);

      INFO(from << " to " << to);
      REQUIRE(route.size() == truth.size());
      REQUIRE(in_simgrid.size() == truth.size());
      double latency = 0;
      for (std::size_t i = 0; i < route.size(); ++i) {
        const LinkInfo link = topology.link(route[i]);
        CHECK(link.name == truth[i].name);
        CHECK(link.capacity.value == Approx(truth[i].bandwidth).epsilon(1e-12));
        CHECK(link.latency.value == truth[i].latency);
        CHECK(in_simgrid[i]->get_name() == std::to_string(route[i]));
        CHECK(in_simgrid[i]->get_bandwidth() == link.capacity.value);
        latency += truth[i].latency;
      }
      CHECK(topology.route_latency(a, b).value == Approx(latency).epsilon(1e-12));
    }
  }
}

// Nodes `first`.. under the same group of `size` nodes.
std::string group(const char* level, std::int64_t node, std::int64_t size) {
  return level + (" " + std::to_string(node / size));
}

void trunk(ExplicitMachine& m, const std::string& below, const std::string& above, const std::string& name,
           double bandwidth) {
  m.link(below, above, name + " up", bandwidth, 0.3e-6);
  m.link(above, below, name + " down", bandwidth, 0.3e-6);
}

}  // namespace

TEST_CASE("routes of a single node") {
  ExplicitMachine truth;
  nodes(truth, 1, mesh_wiring, 4, [](std::int64_t) { return "leaf 0"; });
  audit(fat_tree(mesh_node(4), 1, {{"leaf", 8, 1}}), truth);
}

TEST_CASE("routes of a fat tree of one level: every node below one switch") {
  ExplicitMachine truth;
  nodes(truth, 3, mesh_wiring, 2, [](std::int64_t) { return "leaf 0"; });
  audit(fat_tree(mesh_node(2), 3, {{"leaf", 8, 1}}), truth);
}

TEST_CASE("routes of a fat tree of two levels, the last leaf partly filled") {
  ExplicitMachine truth;
  nodes(truth, 7, mesh_wiring, 4, [](std::int64_t n) { return group("leaf", n, 3); });
  // 3 nodes * 4 NICs * 12.5 GB/s = 150 GB/s, over 1.5
  for (int leaf = 0; leaf < 3; ++leaf)
    trunk(truth, group("leaf", leaf, 1), "top", group("leaf", leaf, 1), 100e9);
  audit(fat_tree(mesh_node(4), 7, {{"leaf", 3, 1.5}, {"spine", 12, 1}}), truth);
}

TEST_CASE("routes of a fat tree of three levels with switched nodes") {
  ExplicitMachine truth;
  nodes(truth, 12, switched_wiring, 2, [](std::int64_t n) { return group("leaf", n, 2); });
  // A leaf's nodes enter 2 * 2 * 12.5 = 50 GB/s; an island holds 2 leaves, so 100 GB/s enter it, over 2.
  for (int leaf = 0; leaf < 6; ++leaf)
    trunk(truth, group("leaf", leaf, 1), group("island", leaf, 2), group("leaf", leaf, 1), 50e9);
  for (int island = 0; island < 3; ++island)
    trunk(truth, group("island", island, 1), "core", group("island", island, 1), 50e9);
  audit(fat_tree(switched_node(), 12, {{"leaf", 2, 1}, {"island", 4, 2}, {"core", 12, 1}}), truth);
}

TEST_CASE("routes of a Dragonfly+ with unequal cells") {
  // Cells 0 and 1: 2 leaves of 2 nodes. Cell 2: 1 leaf of 3. Cell 3: 3 leaves of 1. Of 14 places 13 are
  // filled.
  const std::vector<std::pair<int, int>> place{{0, 0}, {0, 0}, {0, 1}, {0, 1}, {1, 0}, {1, 0}, {1, 1},
                                               {1, 1}, {2, 0}, {2, 0}, {2, 0}, {3, 0}, {3, 1}};
  const auto leaf_name = [](int cell, int leaf) {
    return "cell " + std::to_string(cell) + " leaf " + std::to_string(leaf);
  };
  const auto spines = [](int cell) { return "spines of cell " + std::to_string(cell); };
  ExplicitMachine truth;
  nodes(truth, 13, mesh_wiring, 2, [&](std::int64_t n) {
    return leaf_name(place[static_cast<std::size_t>(n)].first, place[static_cast<std::size_t>(n)].second);
  });
  const int leaves[] = {2, 2, 1, 3};
  for (int cell = 0; cell < 4; ++cell) {
    for (int leaf = 0; leaf < leaves[cell]; ++leaf)
      trunk(truth, leaf_name(cell, leaf), spines(cell), leaf_name(cell, leaf), 3 * 25e9);
    for (int other = 0; other < 4; ++other)
      if (other != cell)
        truth.link(spines(cell), spines(other),
                   "cell " + std::to_string(cell) + ">cell " + std::to_string(other), 5 * 25e9, 0.3e-6);
  }
  audit(dragonfly_plus(mesh_node(2), 13, {{2, 2, 2}, {1, 1, 3}, {1, 3, 1}}, 3, 5), truth);
}

TEST_CASE("routes of a Dragonfly+ with one cell") {
  ExplicitMachine truth;
  nodes(truth, 4, switched_wiring, 2, [](std::int64_t n) { return "cell 0 leaf " + std::to_string(n / 2); });
  for (int leaf = 0; leaf < 2; ++leaf)
    trunk(truth, "cell 0 leaf " + std::to_string(leaf), "spines", "cell 0 leaf " + std::to_string(leaf),
          50e9);
  audit(dragonfly_plus(switched_node(), 4, {{1, 2, 2}}, 2, 0), truth);
}
