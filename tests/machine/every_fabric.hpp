// Every kind of fabric, small.
#pragma once
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "machines.hpp"

namespace aifsim::test {

inline PlatformDescription with(double nodes, decltype(FabricDescription::topology) topology,
                                std::string kind, int gpus = 2) {
  PlatformDescription platform = machine(mesh_node(gpus), nodes);
  platform.fabric.topology = std::move(topology);
  platform.fabric.kind = std::move(kind);
  return platform;
}

inline Figure<BytesPerSecond> rate(double gigabytes) { return figure(BytesPerSecond{gigabytes * 1e9}); }

inline DragonflyDescription small_dragonfly() {
  DragonflyDescription d;
  d.groups = {{"big", count(3), count(4), count(7), count(2), {}},
              {"last", count(1), count(2), count(3), count(2), {}},
              {"other", count(2), count(2), count(0), count(1), {}}};
  d.local_links = count(1);
  d.local_bandwidth = rate(25);
  d.global_links = {{"big", "big", count(2), {}},
                    {"big", "last", count(2), {}},
                    {"big", "other", count(1), {}},
                    {"last", "other", count(1), {}},
                    {"other", "other", count(4), {}}};
  d.global_bandwidth = rate(25);
  return d;
}

template <class Kind>
Kind lattice(std::vector<double> sizes) {
  Kind d;
  d.sizes = std::move(sizes);
  d.nodes_per_switch = count(2);
  d.links = count(2);
  d.link_bandwidth = rate(25);
  return d;
}

inline GraphDescription small_graph() {  // a square a-b-d-c-a with a double link, and e behind d
  GraphDescription g;
  for (const char* name : {"a", "b", "c", "d", "e"})
    g.switches.push_back({name, count(2), {}, {"test.yaml", 50, 3}});
  for (const auto& [from, to, links] :
       {std::tuple{"a", "b", 1.0}, {"b", "d", 1.0}, {"a", "c", 2.0}, {"c", "d", 2.0}, {"d", "e", 1.0}})
    g.edges.push_back({from, to, count(links), rate(25), {"test.yaml", 60, 3}});
  return g;
}

inline SitesDescription three_sites() {
  SitesDescription s;
  s.sites = {{"north", count(4), count(2), count(1), {}},
             {"middle", count(2), count(2), count(1), {}},
             {"south", count(3), count(2), count(2), {}}};
  s.wan = {{"north",
            "middle",
            rate(12.5),
            figure(Seconds{10e-3}),
            figure(Bytes{1e6}),
            count(16),
            {"test.yaml", 70, 5}},
           {"middle",
            "south",
            rate(12.5),
            figure(Seconds{20e-3}),
            figure(Bytes{1e9}),
            count(16),
            {"test.yaml", 71, 5}}};
  return s;
}

inline OpticalDescription optical(Circuits circuits) {
  return {count(6), count(2), count(6), rate(25), circuits};
}

// Two trees of 8 places and a dragonfly of 24, the second tree at another site.
inline JoinedDescription joined_machines() {
  const auto tree = fat_tree(mesh_node(2), 8, {{"leaf", 2, 1}, {"core", 8, 1}}).fabric;
  JoinedDescription joined;
  joined.machines = {
      {"a", "north", rate(50), tree, {"test.yaml", 80, 5}},
      {"b", "south", rate(50), tree, {"test.yaml", 81, 5}},
      {"c", "north", rate(50), with(24, small_dragonfly(), "dragonfly").fabric, {"test.yaml", 82, 5}}};
  joined.wan = {{"north",
                 "south",
                 rate(12.5),
                 figure(Seconds{10e-3}),
                 figure(Bytes{1e6}),
                 count(16),
                 {"test.yaml", 83, 5}}};
  return joined;
}

// Each kind, full, with what holds one node less.
inline std::vector<PlatformDescription> all_kinds() {
  const LeafSpineDescription leaf_spine{count(4), count(2), count(3), count(2), rate(25)};
  RailTreeDescription rails{count(3), count(4), count(1), count(4), false};
  const MultiPlaneDescription planes{count(2), count(3), count(2), count(1), count(4)};
  std::vector<PlatformDescription> kinds{
      fat_tree(mesh_node(2), 8, {{"leaf", 2, 1}, {"pod", 4, 2}, {"core", 8, 1}}),
      with(8, leaf_spine, "leaf_spine"),
      with(12, rails, "rail_tree"),
      with(6, planes, "multi_plane", 4),
      dragonfly_plus(mesh_node(2), 14, {{2, 2, 2}, {1, 1, 3}, {1, 3, 1}}, 3, 5),
      with(24, small_dragonfly(), "dragonfly"),
      with(24, lattice<TorusDescription>({4, 3}), "torus"),
      with(36, lattice<TorusDescription>({3, 2, 3}), "torus"),
      with(24, lattice<HyperXDescription>({4, 3}), "hyperx"),
      with(12, optical(Circuits::mesh), "optical"),
      with(12, optical(Circuits::ring), "optical"),
      with(10, small_graph(), "graph"),
      with(9, three_sites(), "sites"),
      with(40, joined_machines(), "joined")};
  rails.relay = true;
  kinds.push_back(with(12, rails, "rail_tree"));
  DragonflyDescription spread = small_dragonfly();
  spread.spread_nics = true;
  for (DragonflyGroups& g : spread.groups) g.switches = count(8);
  kinds.push_back(with(24, spread, "dragonfly"));
  return kinds;
}

}  // namespace aifsim::test
