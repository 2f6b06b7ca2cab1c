// Building the largest machine, and routing on it. Time is CPU time.
#include <benchmark/benchmark.h>

#include <random>

#include "../machine/machines.hpp"
#include "machine/simgrid/world.hpp"
#include "machine/simgrid/zone.hpp"
#include "machine/topology.hpp"

namespace aifsim {
namespace {

void leonardo_topology(benchmark::State& state) {
  const PlatformDescription platform = test::leonardo();
  for (auto _ : state) benchmark::DoNotOptimize(Topology(platform).link_count());
}
BENCHMARK(leonardo_topology)->Unit(benchmark::kMillisecond);

void leonardo_zone_whole(benchmark::State& state) {
  const PlatformDescription platform = test::leonardo();
  for (auto _ : state) {
    const Topology topology(platform);
    SimWorld world(topology);
    world.add_all_gpus();
    world.run();
    state.counters["links"] = static_cast<double>(world.zone().created_links());
  }
}
BENCHMARK(leonardo_zone_whole)->Unit(benchmark::kMillisecond);

// As the engine uses it: a few pairs through a few hundred links.
void leonardo_zone_of_one_job(benchmark::State& state) {
  const Topology topology(test::leonardo());
  for (auto _ : state) {
    SimWorld world(topology);
    std::vector<LinkId> links;
    for (GpuId node = 0; node < 256; ++node) {
      links.clear();
      topology.route(node * 4, ((node + 1) % 256) * 4, links);
      std::vector<SimWorld::Link*> route;
      for (const LinkId id : links) route.push_back(world.link(id));
      world.add_pair(route, topology.latency_of(links));
    }
    world.run();
  }
}
BENCHMARK(leonardo_zone_of_one_job)->Unit(benchmark::kMillisecond);

void leonardo_million_routes(benchmark::State& state) {
  const Topology topology(test::leonardo());
  std::vector<LinkId> route;
  for (auto _ : state) {
    std::mt19937_64 generator(1);
    for (int i = 0; i < 1'000'000; ++i) {
      const auto gpus = static_cast<std::uint64_t>(topology.gpus());
      route.clear();
      topology.route(static_cast<GpuId>(generator() % gpus), static_cast<GpuId>(generator() % gpus), route);
      benchmark::DoNotOptimize(route.data());
    }
  }
}
BENCHMARK(leonardo_million_routes)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace aifsim
