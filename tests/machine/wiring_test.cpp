// Paths inside a node against an enumeration of all simple paths, and the rules' mistakes.
#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <tuple>

#include "base/error.hpp"
#include "machine/wiring.hpp"
#include "machines.hpp"

using namespace aifsim;
using namespace aifsim::test;

namespace {

// Relays, CPUs, links of the host, latency, 1/bottleneck, links.
using Cost = std::tuple<int, int, int, double, double, std::size_t>;

Cost cost_of(const NodeWiring& wiring, const std::vector<std::uint32_t>& path) {
  int relays = 0, processors = 0, host_links = 0;
  double latency = 0, narrow = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const WiringLink& link = wiring.links()[path[i]];
    const std::string& kind = wiring.devices()[link.from].kind;
    if (i > 0 && (kind == "gpu" || kind == "nic")) ++relays;
    if (i > 0 && kind == "cpu") ++processors;
    if (link.cls == LinkClass::host) ++host_links;
    latency += link.latency.value;
    narrow = std::max(narrow, 1 / link.capacity.value);
  }
  return {relays, processors, host_links, latency, narrow, path.size()};
}

void walk(const NodeWiring& wiring, DeviceId at, DeviceId target, std::vector<bool>& visited,
          std::vector<std::uint32_t>& path, std::vector<std::vector<std::uint32_t>>& found) {
  if (at == target) return void(found.push_back(path));
  visited[at] = true;
  for (std::uint32_t i = 0; i < wiring.links().size(); ++i) {
    const WiringLink& link = wiring.links()[i];
    if (link.from != at || visited[link.to]) continue;
    path.push_back(i);
    walk(wiring, link.to, target, visited, path, found);
    path.pop_back();
  }
  visited[at] = false;
}

std::vector<std::string> names(const NodeWiring& wiring, const char* from, const char* to) {
  std::vector<std::string> hops;
  for (const std::uint32_t i : wiring.path(wiring.device(from), wiring.device(to)))
    hops.push_back(wiring.devices()[wiring.links()[i].to].name);
  return hops;
}

std::string wiring_problem(const NodeDescription& node) {
  try {
    NodeWiring wiring(node);
  } catch (const InputError& error) {
    return error.problems().at(0).str();
  }
  return "";
}

using Hops = std::vector<std::string>;

}  // namespace

TEST_CASE("a GPU reaches a NIC over PCIe, not through another GPU, however fast the GPUs' own links are") {
  NodeDescription node = switched_node();
  node.wiring.push_back(rule("gpu1", "gpu2", 900, 0.01));
  node.wiring.push_back(rule("gpu0", "gpu1", 900, 0.01));
  const NodeWiring wiring(node);
  CHECK(names(wiring, "gpu0", "nic0") == Hops{"pcie0", "nic0"});
  CHECK(names(wiring, "gpu0", "nic1") == Hops{"pcie0", "cpu0", "cpu1", "pcie1", "nic1"});
  CHECK(names(wiring, "gpu1", "gpu2") == Hops{"gpu2"});
}

TEST_CASE("GPUs of a superchip talk over their switch, however near the CPU is") {
  NodeDescription node = mesh_node(2);
  node.cpus = count(1);
  node.wiring = {rule("gpu*", "nvswitch0", 900, 0.35), rule("gpu*", "cpu0", 900, 0.1),
                 rule("nic*", "cpu0", 64, 0.4)};
  const NodeWiring wiring(node);
  CHECK(names(wiring, "gpu0", "gpu1") == Hops{"nvswitch0", "gpu1"});
  CHECK(names(wiring, "gpu0", "nic1") == Hops{"cpu0", "nic1"});
}

TEST_CASE("without another way a neighbour relays") {
  const NodeWiring wiring(mesh_node(4));
  CHECK(names(wiring, "gpu0", "nic2") == Hops{"gpu2", "nic2"});
}

TEST_CASE("the shorter path wins, then the wider") {
  NodeDescription node = mesh_node(2);
  node.wiring = {rule("gpu0", "xgmi0", 50, 0.1),
                 rule("xgmi0", "gpu1", 50, 0.1),
                 rule("gpu0", "xgmi1", 80, 0.1),
                 rule("xgmi1", "gpu1", 80, 0.1),
                 rule("gpu0", "xgmi2", 900, 0.2),
                 rule("xgmi2", "gpu1", 900, 0.1),
                 rule("gpu*", "nic*", 32, 0.5, Pairing::same_index)};
  CHECK(names(NodeWiring(node), "gpu0", "gpu1") == Hops{"xgmi1", "gpu1"});
}

TEST_CASE("every path is the best of all simple paths") {
  REQUIRE(rc::check([] {
    NodeDescription node;
    node.gpus = count(*rc::gen::inRange(1, 4));
    node.nics = count(*rc::gen::inRange(0, 3));
    node.cpus = count(1);
    node.wiring = {rule("gpu*", "cpu0", 16, 3), rule("cpu0", "nic*", 16, 3)};
    if (*node.nics == 0) node.wiring.pop_back();
    std::vector<std::string> devices{"cpu0", "pcie0", "nvswitch0"};
    for (int i = 0; i < *node.gpus; ++i) devices.push_back("gpu" + std::to_string(i));
    for (int i = 0; i < *node.nics; ++i) devices.push_back("nic" + std::to_string(i));
    for (int cables = *rc::gen::inRange(0, 7); cables > 0; --cables) {
      const auto a = *rc::gen::elementOf(devices), b = *rc::gen::elementOf(devices);
      if (a != b) node.wiring.push_back(rule(a, b, *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 5)));
    }
    const NodeWiring wiring(node);
    for (DeviceId a = 0; a < wiring.devices().size(); ++a) {
      for (DeviceId b = 0; b < wiring.devices().size(); ++b) {
        if (a == b) continue;
        const auto path = wiring.path(a, b);
        std::vector<bool> visited(wiring.devices().size(), false);
        std::vector<std::uint32_t> scratch;
        std::vector<std::vector<std::uint32_t>> all;
        walk(wiring, a, b, visited, scratch, all);
        RC_ASSERT(path.empty() == all.empty());
        if (all.empty()) continue;
        Cost best = cost_of(wiring, all.front());
        for (const auto& other : all) best = std::min(best, cost_of(wiring, other));
        const Cost mine = cost_of(wiring, {path.begin(), path.end()});
        RC_ASSERT(std::get<0>(mine) == std::get<0>(best));
        RC_ASSERT(std::get<1>(mine) == std::get<1>(best));
        RC_ASSERT(std::get<2>(mine) == std::get<2>(best));
        RC_ASSERT(std::abs(std::get<3>(mine) - std::get<3>(best)) < 1e-15);
      }
    }
  }));
}

TEST_CASE("GPUs that share a PCIe switch talk over NVLink all the same") {
  NodeDescription node = switched_node();
  node.wiring.front() = rule("gpu*", "nvswitch0", 450, 0.9);  // slower to start with than 0.2 + 0.2
  const NodeWiring wiring(node);
  CHECK(names(wiring, "gpu0", "gpu1") == Hops{"nvswitch0", "gpu1"});
  CHECK(names(wiring, "gpu0", "nic0") == Hops{"pcie0", "nic0"});
}

TEST_CASE("the NIC of a GPU is the nearest; equally near ones are shared out") {
  const NodeWiring near(switched_node());
  CHECK(std::vector{near.nic_of(0), near.nic_of(1), near.nic_of(2), near.nic_of(3)} ==
        std::vector<std::int64_t>{0, 0, 1, 1});
  NodeDescription node = mesh_node(4);
  node.nics = count(2);
  node.wiring = {rule("gpu*", "gpu*", 100, 0.7), rule("gpu*", "cpu0", 32, 0.5),
                 rule("cpu0", "nic*", 32, 0.5)};
  const NodeWiring shared(node);
  CHECK(std::vector{shared.nic_of(0), shared.nic_of(1), shared.nic_of(2), shared.nic_of(3)} ==
        std::vector<std::int64_t>{0, 1, 0, 1});
}

TEST_CASE("links are classed by what they join") {
  CHECK(wiring_class("gpu", "gpu") == LinkClass::scale_up);
  CHECK(wiring_class("gpu", "nvswitch") == LinkClass::scale_up);
  CHECK(wiring_class("cpu", "gpu") == LinkClass::host);
  CHECK(wiring_class("gpu", "pcie") == LinkClass::host);
  CHECK(wiring_class("gpu", "nic") == LinkClass::host);
}

TEST_CASE("mistakes in a node's wiring say what is wrong and where") {
  NodeDescription node = mesh_node(4);
  node.wiring.push_back(rule("gpu7", "cpu0", 1, 1));
  CHECK(wiring_problem(node) == "test.yaml:9:5: the node has no device gpu7; found 4 of kind gpu");

  node = mesh_node(4);
  node.nics = count(2);
  CHECK(wiring_problem(node) ==
        "test.yaml:9:5: pairing same_index joins 4 gpu* with 2 nic*: their numbers must be equal");

  node = mesh_node(4);
  node.wiring = {rule("gpu*", "nic*", 32, 1, Pairing::same_index)};
  CHECK(wiring_problem(node) ==
        "test.yaml:9:5: the wiring leaves no path between gpu0 and gpu1; every GPU must reach every "
        "other GPU and NIC of its node");

  node = mesh_node(4);
  node.gpus = count(2.5);
  CHECK(wiring_problem(node) ==
        "test.yaml:7:3: gpus: found 2.5; a whole number of at least 1 would be right");
}
