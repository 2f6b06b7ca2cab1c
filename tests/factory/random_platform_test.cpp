// What `aifsim check` accepts, use answers: random platforms of every kind of fabric, drawn within what the fields take,
// are checked, and those that pass are run. A use may lack an answer (CannotAnswer); it may find no mistake in the file
// any more, and nothing else may be thrown. AIFSIM_PLATFORMS asks for more of them, AIFSIM_PLATFORM_SEED for others.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "factory/alone.hpp"
#include "factory/collective_run.hpp"
#include "machine/bisection.hpp"
#include "machine/buildable.hpp"
#include "machine/plausible_platform.hpp"
#include "report/scratch_folder.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  int from(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  bool one_in(int n) { return below(static_cast<std::size_t>(n)) == 0; }
  template <class T>
  T of(std::initializer_list<T> list) {
    return list.begin()[below(list.size())];
  }
  // Small numbers mostly, now and then a large one.
  int count() { return one_in(12) ? of({16, 31, 64, 100}) : from(1, 6); }
  std::string rate() {
    return of({std::string("25Gbps"), std::string("200Gbps"), std::string("1.6Tbps"), std::string("1MB/s"),
               std::string("33GB/s")});
  }
  std::string time() {
    return of({std::string("0s"), std::string("0.7us"), std::string("3us"), std::string("20ms")});
  }
  std::string ratio() {
    return of(
        {std::string("1"), std::string("2"), std::string("0.5"), std::string("7.3"), std::string("48")});
  }

 private:
  std::mt19937_64 random_;
};

std::string node(Draw& draw) {
  const int gpus = draw.of({1, 1, 2, 2, 3, 4, 4, 6, 8, 16, 72}), cpus = draw.from(1, 2);
  const int nics = draw.one_in(3) ? draw.from(1, 9) : draw.one_in(4) ? 1 : gpus;
  std::string text =
      fmt::format("node:\n  gpu: {}\n  gpus: {}\n  nics: {}\n  cpus: {}\n  memory: {}\n  wiring:\n",
                  draw.of({"h100_sxm_80gb", "a100_sxm_80gb", "l40s", "mi300x"}), gpus, nics, cpus,
                  draw.of({"64GiB", "512GiB", "2TB"}));
  const auto link = [&](const std::string& from, const std::string& to, bool same = false) {
    text += fmt::format("    - {{from: \"{}\", to: \"{}\", bandwidth: {}, latency: {}{}}}\n", from, to,
                        draw.rate(), draw.time(), same ? ", pairing: same_index" : "");
  };
  const bool is_switched = draw.one_in(2);
  if (is_switched)
    for (int i = draw.from(1, 3); i-- > 0;) link("gpu*", fmt::format("nvswitch{}", i));
  else if (gpus > 1 && !draw.one_in(4))
    link("gpu*", "gpu*");
  link("cpu0", "gpu*");
  if (cpus == 2) link("cpu0", "cpu1");
  if (nics == gpus && draw.one_in(2)) {
    link("gpu*", "nic*", true);
  } else if (draw.one_in(2)) {
    link("pcie0", "nic*");
    link("pcie0", "cpu0");
  } else {
    link(draw.of({"cpu*", "cpu0"}), "nic*");
  }
  if (draw.one_in(4)) text += "  switch_reduction: true\n";
  if (is_switched && draw.one_in(2))
    text += fmt::format("  scale_up: {{through: nvswitch0, nodes: {}}}\n", draw.count());
  return text;
}

std::string topology(Draw& d) {
  std::string text;
  const auto level = [&](const char* name, int nodes, bool top) {
    text += fmt::format("    - {{name: {}, nodes: {}{}}}\n", name, nodes,
                        top ? "" : fmt::format(", oversubscription: {}, uplinks: {}", d.ratio(), d.count()));
  };
  switch (d.below(11)) {
    case 0: {
      const int levels = d.from(1, 3);
      int nodes = d.count();
      text = "  kind: fat_tree\n  levels:\n";
      for (int i = 0; i < levels; ++i, nodes *= d.from(2, 5))
        level(std::initializer_list<const char*>{"leaf", "pod", "core"}.begin()[i], nodes, i + 1 == levels);
      return text;
    }
    case 1:
      return fmt::format(
          "  kind: leaf_spine\n  leaf_switches: {}\n  nodes_per_leaf: {}\n  spine_switches: {}\n  "
          "spine_links: {}\n"
          "  spine_bandwidth: {}\n",
          d.count(), d.count(), d.count(), d.count(), d.rate());
    case 2:
      return fmt::format(
          "  kind: rail_tree\n  units: {}\n  nodes_per_unit: {}\n  oversubscription: {}\n  uplinks: {}\n{}",
          d.count(), d.count(), d.ratio(), d.count(), d.one_in(2) ? "  relay: false\n" : "");
    case 3:
      return fmt::format(
          "  kind: multi_plane\n  planes: {}\n  leaf_switches: {}\n  nodes_per_leaf: {}\n  oversubscription: "
          "{}\n"
          "  uplinks: {}\n",
          d.count(), d.count(), d.count(), d.ratio(), d.count());
    case 4:
      text = "  kind: dragonfly_plus\n  cells:\n";
      for (int i = d.from(1, 3); i-- > 0;) {
        const int leaves = d.count();
        std::string nodes = fmt::format("nodes_per_leaf: {}", d.count());
        if (d.one_in(3)) {
          nodes = fmt::format("nodes_on_leaves: [{}", d.count());
          for (int leaf = 1; leaf < leaves; ++leaf) nodes += fmt::format(", {}", d.count());
          nodes += "]";
        }
        text += fmt::format("    - {{count: {}, leaf_switches: {}, {}}}\n", d.count(), leaves, nodes);
      }
      return text + fmt::format(
                        "  spine_switches: {}\n  leaf_spine_bandwidth: {}\n  global_links: {}\n  "
                        "global_bandwidth: {}\n",
                        d.count(), d.rate(), d.count(), d.rate());
    case 5: {
      const int shapes = d.from(1, 3);
      text = "  kind: dragonfly\n  groups:\n";
      std::vector<int> counts;
      for (int i = 0; i < shapes; ++i) {
        counts.push_back(d.count());
        text += fmt::format("    - {{name: g{}, count: {}, switches: {}, nodes: {}, nodes_per_switch: {}}}\n",
                            i, counts.back(), d.count(), d.one_in(6) ? 0 : d.count(), d.count());
      }
      text += fmt::format("  local_links: {}\n  local_bandwidth: {}\n  global_bandwidth: {}\n", d.count(),
                          d.rate(), d.rate());
      if (d.one_in(3)) text += "  spread_nics: true\n";
      std::string links;
      for (int a = 0; a < shapes; ++a)
        for (int b = a; b < shapes; ++b)
          if (a != b || counts[static_cast<std::size_t>(a)] > 1)
            links += fmt::format("    - {{from: g{}, to: g{}, links: {}}}\n", a, b, d.count());
      return text + "  global_links:" + (links.empty() ? " []\n" : "\n" + links);
    }
    case 6:
    case 7: {
      text = fmt::format("  kind: {}\n  sizes: [{}", d.of({"torus", "hyperx"}), d.from(1, 6));
      for (int i = d.from(0, 3); i-- > 0;) text += fmt::format(", {}", d.from(1, 5));
      return text + fmt::format("]\n  nodes_per_switch: {}\n  links: {}\n  link_bandwidth: {}\n", d.count(),
                                d.count(), d.rate());
    }
    case 8:
      return fmt::format(
          "  kind: optical\n  blocks: {}\n  nodes_per_block: {}\n  ports: {}\n  port_bandwidth: {}\n  "
          "circuits: {}\n",
          d.count(), d.count(), d.count(), d.rate(), d.of({"mesh", "ring"}));
    case 9: {
      const int switches = d.from(1, 7);
      text = "  kind: graph\n  switches:\n";
      for (int i = 0; i < switches; ++i)
        text += fmt::format("    - {{name: s{}, nodes: {}{}}}\n", i, d.one_in(4) ? 0 : d.count(),
                            d.one_in(6) ? ", nics: [0]" : "");
      if (switches == 1) return text;
      text += "  edges:\n";
      for (int i = 1; i < switches; ++i)
        text += fmt::format("    - {{from: s{}, to: s{}, links: {}, bandwidth: {}}}\n", d.from(0, i - 1), i,
                            d.count(), d.rate());
      for (int i = d.from(0, 4); i-- > 0;)
        text += fmt::format("    - {{from: s{}, to: s{}, bandwidth: {}}}\n", d.from(0, switches - 1),
                            d.from(0, switches - 1), d.rate());
      return text;
    }
    default: {
      const int sites = d.from(1, 4);
      text = "  kind: sites\n  sites:\n";
      for (int i = 0; i < sites; ++i)
        text += fmt::format("    - {{name: s{}, nodes: {}, nodes_per_leaf: {}, oversubscription: {}}}\n", i,
                            d.count(), d.count(), d.ratio());
      text += sites == 1 ? "  wan: []\n" : "  wan:\n";
      for (int i = 1; i < sites; ++i)
        text += fmt::format(
            "    - {{from: s{}, to: s{}, rate: {}, round_trip: {}, window: {}, streams: {}}}\n",
            d.from(0, i - 1), i, d.rate(), d.of({"1us", "10ms", "1s"}), d.of({"64KiB", "1GB"}), d.count());
      return text;
    }
  }
}

std::string platform_text(Draw& draw) {
  std::string text = fmt::format(
      "kind: platform\ninclude: [{}/platforms/parts/usual.yaml]\ntitle: t\nsite: s\nsource: "
      "drawn\nconfidence: assumed\n",
      test_root());
  text += fmt::format("nodes: {}\n", draw.one_in(3) ? draw.from(1, 40) : draw.from(1, 8));
  text += node(draw);
  text += fmt::format("fabric:\n{}  injection: {}\n  nic_latency: {}\n  hop_latency: {}\n", topology(draw),
                      draw.rate(), draw.time(), draw.time());
  if (draw.one_in(3)) text += fmt::format("  routing: {}\n", draw.of({"adaptive", "ecmp", "static"}));
  if (draw.one_in(4)) text += "  efficiency: 37%\n";
  return text;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

template <class Use>
void answered(const Use& use) {
  try {
    use();
  } catch (const CannotAnswer&) {
  }
}

void use(const PlatformInstance& platform, const Catalog& catalog, Draw& draw) {
  const std::int64_t gpus = platform.topology.gpus();
  for (int i = 0; i < 3; ++i) {
    CollectiveQuestion question;
    question.kind =
        draw.of({CollectiveKind::all_reduce, CollectiveKind::all_gather, CollectiveKind::reduce_scatter,
                 CollectiveKind::all_to_all, CollectiveKind::broadcast});
    question.size = Bytes{draw.of({1.0, 1000.0, 1e6, 1e9})};
    question.ranks = i == 0 ? std::min<std::int64_t>(gpus, 256)
                            : 1 + static_cast<std::int64_t>(
                                      draw.below(static_cast<std::size_t>(std::min<std::int64_t>(gpus, 64))));
    question.fidelity = draw.of({Fidelity::analytical, Fidelity::flow});
    if (question.ranks <= 16) question.fidelity = Fidelity::message;
    question.placement.policy = draw.of({PlacementPolicy::contiguous, PlacementPolicy::random,
                                         PlacementPolicy::fragmented, PlacementPolicy::scattered});
    answered([&] {
      const CollectiveAnswer answer = run_collective(platform, question, Algorithm::automatic);
      CHECK(answer.time.value >= 0);
      CHECK(std::isfinite(answer.time.value));
    });
  }
  if (platform.topology.nodes() <= 200) answered([&] { bisect(platform.topology, 1); });
  const WorkloadDescription workload = catalog.workload("gpt-2.7b");
  TrainingJob job{&platform,
                  workload.model,
                  workload.training,
                  catalog.stack(workload.training.stack),
                  std::min<std::int64_t>(gpus, 64) / platform.topology.gpus_per_node() *
                      platform.topology.gpus_per_node(),
                  {}};
  if (job.gpus > 0) answered([&] { run_alone(job, job.gpus <= 16 ? Fidelity::flow : Fidelity::analytical); });
}

}  // namespace

TEST_CASE("what check accepts, use answers", "[factory]") {
  const std::uint64_t platforms = from_environment("AIFSIM_PLATFORMS", 300),
                      seed = from_environment("AIFSIM_PLATFORM_SEED", 1);
  const ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "p.yaml";
  const Catalog catalog{std::filesystem::path(test_root())};
  std::size_t accepted = 0;
  for (std::uint64_t i = 0; i < platforms; ++i) {
    Draw draw(seed * 1'000'003 + i);
    const std::string text = platform_text(draw);
    std::ofstream(file, std::ios::trunc) << text;
    INFO("platform " << i << ":\n" << text);
    std::vector<Problem> problems;
    REQUIRE_NOTHROW(problems = catalog.check(file));
    if (!problems.empty()) continue;
    const PlatformDescription description = catalog.platform(file.string());
    REQUIRE_NOTHROW(problems = problems_of_building(description));
    if (!problems.empty()) continue;
    const GpuDescription gpu = catalog.gpu(description.node.gpu);
    REQUIRE_NOTHROW(implausible(description, gpu));
    ++accepted;
    REQUIRE_NOTHROW(use(PlatformInstance(description, gpu), catalog, draw));
  }
  CHECK(accepted > platforms / 3);
}

}  // namespace aifsim
