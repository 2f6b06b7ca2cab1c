// The machines that the catalogue is there for: each is built, drawn, cut in halves, and trains a small model in the best
// layout that a search finds.
#include <catch2/catch.hpp>

#include "experiment/layout_search.hpp"
#include "factory/training_table.hpp"
#include "machine/bisection.hpp"
#include "machine/buildable.hpp"
#include "machine/machine_figures.hpp"
#include "report/drawing/draw.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

constexpr const char* machines[] = {"mn5_acc",          "mn5_gpp",       "mn5_ai",        "mn5_ai_nvl4",
                                    "leonardo_booster", "leonardo_dcgp", "lisa",          "it4lia_ai",
                                    "lumi_g",           "lumi_c",        "lumi_ai",       "meluxina_gpu",
                                    "meluxina_ai",      "arrhenius",     "mimer",         "hunter",
                                    "hammerhai",        "daedalus",      "selene",        "dgx_h100",
                                    "dgx_b200",         "gb200_nvl72",   "gb300_nvl72",   "juwels_booster",
                                    "jupiter_booster",  "alps",          "jean_zay_a100", "classroom"};
constexpr const char* joined[] = {"bsc_aif",   "it4lia_aif",    "lumi_aif",   "meluxina_aif",
                                  "mimer_aif", "hammerhai_aif", "pharos_aif", "federation"};

WorkloadDescription small_model() {
  WorkloadDescription w = shipped().workload("llama3-8b");
  w.model.layers = 4;
  w.model.hidden = 1024;
  w.model.heads = 8;
  w.model.kv_heads = 8;
  w.model.ffn_hidden = 4096;
  w.training.sequence = 1024;
  w.training.global_batch = 32;
  return w;
}

double best_step(const PlatformInstance& platform) {
  LayoutSearch search;
  search.platform = &platform;
  search.workload = small_model();
  search.stack = shipped().stack("nemo");
  search.gpus = {2 * platform.topology.gpus_per_node()};
  search.fidelity = Fidelity::analytical;
  search.top = 1;
  const SearchResult found = search_layouts(search);
  REQUIRE(!found.best.empty());
  return found.best.front().step.value;
}

}  // namespace

TEST_CASE("every machine that is named trains in its best layout, and carries half of itself", "[slow]") {
  PlatformShelf shelf(shipped());
  for (const char* name : machines) {
    INFO(name);
    const PlatformInstance* platform = shelf.find(name);
    REQUIRE(platform);
    CHECK(problems_of_building(platform->description).empty());
    CHECK(best_step(*platform) > 0);
    CHECK(bisect(platform->topology, 1).halves.front().carried.value > 0);
    CHECK_THAT(draw_svg({platform->description}), Catch::Contains("</svg>"));
  }
}

TEST_CASE("what follows from a machine's parts is within 5 % of what was published, or its file says why not",
          "[slow]") {
  std::size_t compared = 0;
  for (const char* name : machines) {
    INFO(name);
    const PlatformDescription platform = shipped().platform(name);
    if (!platform.published) continue;
    for (const ComparedFigure& one :
         machine_figures(platform, shipped().gpu(platform.node.gpu), true).figures) {
      const auto off = one.off();
      if (!off) continue;
      INFO(one.name << " off by " << *off);
      ++compared;
      CHECK((std::abs(*off) <= published_tolerance || !platform.published->differs.empty()));
    }
  }
  CHECK(compared > 40);
}

TEST_CASE("the factories and their federation are built, drawn, and train", "[slow]") {
  for (const char* name : joined) {
    INFO(name);
    const std::vector<PlatformDescription> partitions = shipped().partitions(name);
    const Topology whole(partitions.front());
    for (const PlatformDescription& one : partitions) {
      INFO(one.name);
      const Topology own = whole.partition(one.partition);
      CHECK(own.nodes() == static_cast<std::int64_t>(*one.nodes));
    }
    const Topology first = whole.partition(partitions.front().partition);
    CHECK(bisect(first, 1).halves.size() + (first.nodes() < 2) > 0);
    CHECK_THAT(draw_svg(partitions), Catch::Contains("</svg>"));
  }
  PlatformShelf shelf(shipped());
  for (const char* name :
       {"bsc_aif:mn5_ai", "federation:leonardo_booster", "federation:it4lia_ai+hammerhai"}) {
    INFO(name);
    CHECK(best_step(*shelf.find(name)) > 0);
  }
}

TEST_CASE("the federation has all seven factories' machines, about 54,000 modules") {
  double devices = 0;
  for (const PlatformDescription& one : shipped().partitions("federation"))
    if (!one.node.gpu.empty() && one.node.gpu.find("xeon") == std::string::npos &&
        one.node.gpu.find("epyc") == std::string::npos)
      devices += *one.nodes * *one.node.gpus / (one.node.gpu == "mi250x_gcd" ? 2 : 1);
  CHECK(devices > 50'000);
  CHECK(devices < 58'000);
}

}  // namespace aifsim
