#include "catalog/catalog.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <variant>

#include "catalog/files.hpp"

namespace aifsim {
namespace {

TEST_CASE("a GPU is read with its units, sources and places") {
  const GpuDescription gpu = Catalog(data_root()).gpu("small_gpu");
  CHECK(gpu.name == "small_gpu");
  CHECK(gpu.vendor == "ACME");
  CHECK(gpu.multiprocessors == 108);
  CHECK(gpu.memory->value == 64.0 * (1 << 30));
  CHECK(gpu.memory_bandwidth->value == 1.6e12);
  CHECK(gpu.memory_bandwidth.source == "ACME data sheet, table 3");
  CHECK(gpu.memory_bandwidth.confidence == Confidence::published);
  CHECK(gpu.memory.source == "ACME data sheet, table 1");
  CHECK(gpu.usable_memory == 0.94);
  CHECK(gpu.usable_memory.confidence == Confidence::assumed);
  CHECK(gpu.gemm.at(Dtype::bf16).fixed_time->value == 4e-6);
  CHECK(gpu.gemm.at(Dtype::bf16).fixed_time.confidence == Confidence::fitted);
  CHECK(gpu.peak.size() == 4);
  CHECK(gpu.peak.at(Dtype::bf16)->value == 312e12);
  CHECK(gpu.memory.place.file == (data_root() / "gpu_models/small_gpu.yaml").string());
  CHECK(gpu.memory.place.line == 15);
  CHECK(gpu.memory.place.column == 9);
}

TEST_CASE("a platform on a fat tree is read") {
  const PlatformDescription platform = Catalog(data_root()).platform("small_tree");
  CHECK(platform.nodes == 16);
  CHECK(platform.node.gpu == "small_gpu");
  CHECK(platform.node.gpu_place.line == 10);
  REQUIRE(platform.node.wiring.size() == 3);
  CHECK(platform.node.wiring[0].pairing == Pairing::all);
  CHECK(platform.node.wiring[2].pairing == Pairing::same_index);
  CHECK(platform.node.wiring[2].bandwidth->value == 32e9);
  CHECK(platform.fabric.kind == "fat_tree");
  const auto& levels = std::get<FatTreeDescription>(platform.fabric.topology).levels;
  REQUIRE(levels.size() == 2);
  CHECK(levels[0].nodes == 4);
  CHECK(levels[0].oversubscription == 1);
  CHECK(platform.fabric.injection->value == 12.5e9);
  CHECK(platform.communication.loss_per_doubling == 0.02);
}

TEST_CASE("an include is taken over, changed and taken back") {
  const PlatformDescription platform = Catalog(data_root()).platform("small_dragonfly");
  CHECK(platform.name == "small_dragonfly");
  CHECK(platform.title == "Small dragonfly+");
  CHECK(platform.nodes == 14);
  const auto& fabric = std::get<DragonflyPlusDescription>(platform.fabric.topology);
  REQUIRE(fabric.cells.size() == 2);
  CHECK(fabric.cells[0].nodes_per_leaf == 3);
  CHECK(fabric.leaf_spine_bandwidth->value == 25e9);
  // What is not said again stands where it was said.
  CHECK(platform.fabric.hop_latency.place.file == (data_root() / "platforms/small_tree.yaml").string());
  CHECK(platform.nodes.place.file == (data_root() / "platforms/small_dragonfly.yaml").string());
}

TEST_CASE("several includes: the later one wins over the earlier, the file over both") {
  const ScratchCatalog scratch;
  scratch.write("workloads/one.yaml", "training: {sequence: 1, micro_batch: 1, gradient_accumulation: 1}\n");
  scratch.write("workloads/two.yaml", "training: {micro_batch: 2, gradient_accumulation: 2}\n");
  scratch.write("workloads/all.yaml",
                "kind: workload\ninclude: [small_gpt.yaml, one.yaml, two.yaml]\ntraining: "
                "{gradient_accumulation: 3}\n");
  const WorkloadDescription workload = scratch.catalog().workload("all");
  CHECK(workload.training.sequence == 1);
  CHECK(workload.training.micro_batch == 2);
  CHECK(workload.training.gradient_accumulation == 3);
  CHECK(workload.model.layers == 4);
}

TEST_CASE("a figure that overrides an included one does not borrow its source") {
  const ScratchCatalog scratch;
  const auto file =
      scratch.write("gpu_models/other.yaml", "kind: gpu\ninclude: small_gpu.yaml\nmemory: 80GiB\n");
  const auto problems = scratch.catalog().check(file);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message.starts_with("memory: this figure has no source and no confidence"));
  scratch.write("gpu_models/other.yaml",
                "kind: gpu\ninclude: small_gpu.yaml\nmemory: {value: 80GiB, source: me, confidence: low}\n");
  CHECK(scratch.catalog().gpu("other").memory.source == "me");
  CHECK(scratch.catalog().gpu("other").l2.source == "ACME data sheet, table 1");
}

TEST_CASE("anchors and aliases are expanded") {
  const ScratchCatalog scratch;
  std::string text = text_of(data_root() / "workloads/small_gpt.yaml");
  text.replace(text.find("heads: 8"), 8, "heads: &heads 8");
  text.replace(text.find("kv_heads: 8"), 11, "kv_heads: *heads");
  scratch.write("workloads/aliased.yaml", text);
  CHECK(scratch.catalog().workload("aliased").model.kv_heads == 8);
}

TEST_CASE("a file that is too large is told without aliases that it has not") {
  const ScratchCatalog scratch;
  std::string text = text_of(data_root() / "scenarios/first.yaml");
  text += "measured:\n";
  for (int i = 0; i < 22'000; ++i) text += "  - {platform: small_tree, gpus: 8}\n";
  const auto problems = scratch.catalog().check(scratch.write("scenarios/large.yaml", text));
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().message ==
        "the file is too large: 100000 keys and values are the most, with all that it includes");
}

TEST_CASE("a count that does not go with the wiring of an included file is told with its own place") {
  const ScratchCatalog scratch;
  const auto file = scratch.write("platforms/seven.yaml",
                                  "kind: platform\ninclude: small_tree.yaml\nnode:\n"
                                  "  gpus: {value: 3, source: a guess, confidence: assumed}\n");
  const auto problems = scratch.catalog().check(file);
  REQUIRE_FALSE(problems.empty());
  CHECK_THAT(problems.front().message, Catch::Contains("gpus 3 stands at " + file.string() + ":4:"));
}

TEST_CASE("a merge key takes over what the map does not say itself") {
  const ScratchCatalog scratch;
  std::string text = text_of(data_root() / "platforms/small_tree.yaml");
  text.replace(text.find("{from: cpu0"), 1, "&host {");
  const std::string same_rate = "pairing: same_index, bandwidth: 32GB/s, latency: 0.5us";
  text.replace(text.find(same_rate), same_rate.size(), "<<: *host, pairing: same_index");
  scratch.write("platforms/merged.yaml", text);
  const WiringRule rule = scratch.catalog().platform("merged").node.wiring.at(2);
  CHECK(rule.from == "gpu*");
  CHECK(rule.to == "nic*");
  CHECK(rule.bandwidth->value == 32e9);
  CHECK(rule.bandwidth.place.line == 17);
}

TEST_CASE("variants override the training of the workload") {
  const Catalog catalog(data_root());
  const ScenarioDescription scenario = catalog.scenario(data_root() / "scenarios/first.yaml");
  CHECK(scenario.name == "first");
  CHECK(scenario.gpus == std::vector<std::int64_t>{8, 16, 32});
  CHECK(scenario.platforms == std::vector<std::string>{"small_tree", "small_dragonfly"});
  CHECK(scenario.platform_places.size() == 2);
  CHECK(scenario.gpus_places[2].column == 15);
  REQUIRE(scenario.variants.size() == 2);
  CHECK(scenario.variants[0].training.sharding == Sharding::zero3);
  CHECK(scenario.variants[1].label == "hybrid");
  CHECK(scenario.variants[1].training.sharding == Sharding::hsdp);
  CHECK(scenario.variants[1].training.shard_group == 4);
  CHECK(scenario.variants[1].training.sequence == 512);
  REQUIRE(scenario.measured.size() == 1);
  CHECK(scenario.measured[0].step_time->value == 0.866);
  CHECK(scenario.measured[0].step_time.confidence == Confidence::measured);
}

TEST_CASE("a scenario without variants has one, labelled by the sharding") {
  const ScratchCatalog scratch;
  const auto file = scratch.write("scenarios/plain.yaml",
                                  "kind: scenario\ninclude: first.yaml\nvariants: null\nmeasured: null\n");
  const ScenarioDescription scenario = scratch.catalog().scenario(file);
  REQUIRE(scenario.variants.size() == 1);
  CHECK(scenario.variants[0].label == "zero3");
  CHECK(scenario.variants[0].training.micro_batch == 2);
}

TEST_CASE("a variant with another sharding drops the workload's shard group") {
  const ScratchCatalog scratch;
  scratch.write("workloads/hybrid.yaml",
                "kind: workload\ninclude: small_gpt.yaml\ntraining: {sharding: hsdp, shard_group: 4}\n");
  const auto file = scratch.write("scenarios/drop.yaml",
                                  "kind: scenario\ninclude: first.yaml\nworkload: hybrid\nmeasured: null\n"
                                  "variants:\n  - {label: full, training: {sharding: zero3}}\n"
                                  "  - {label: larger, training: {shard_group: 8}}\n");
  const ScenarioDescription scenario = scratch.catalog().scenario(file);
  CHECK(scenario.variants[0].training.shard_group == 0);
  CHECK(scenario.variants[1].training.shard_group == 8);
  CHECK(scenario.variants[1].training.sharding == Sharding::hsdp);
}

TEST_CASE("a scenario answers for the files that it uses") {
  const ScratchCatalog scratch;
  scratch.write("gpu_models/small_gpu.yaml", "kind: gpu\n");
  const auto problems = scratch.catalog().check(scratch.root() / "scenarios/first.yaml");
  REQUIRE_FALSE(problems.empty());
  CHECK(problems[0].place.file == (scratch.root() / "gpu_models/small_gpu.yaml").string());
}

TEST_CASE("names are the stems of the files, and unknown ones are told with the nearest") {
  const Catalog catalog(data_root());
  CHECK(catalog.names(CatalogKind::platform) == std::vector<std::string>{"small_dragonfly", "small_tree"});
  CHECK(Catalog("/nonexistent").names(CatalogKind::gpu).empty());
  try {
    catalog.gpu("small_cpu", {"asked.csv", 4, 2});
    FAIL("found a GPU that does not exist");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) == "asked.csv:4:2: there is no gpu \"small_cpu\" in " +
                                           (data_root() / "gpu_models").string() +
                                           ", did you mean \"small_gpu\"?");
  }
  CHECK_THROWS_AS(catalog.platform("../platforms/small_tree"), InputError);
  CHECK_THROWS_AS(catalog.scenario("/nonexistent.yaml"), InputError);
}

TEST_CASE("keys of a variant's checkpoint are swept each alone") {
  const ScratchCatalog scratch;
  const auto file = scratch.write("scenarios/s.yaml",
                                  "kind: scenario\ntitle: t\nquestion: q\nplatforms: [small_tree]\n"
                                  "workload: small_gpt\ngpus: [8]\n"
                                  "variants: [{label: a, training: {checkpoint: {rate: 1GB/s}}}]\n"
                                  "sweep: {training.checkpoint.steps: [10, 100]}\n");
  const Catalog& catalog = scratch.catalog();
  const ScenarioDescription s = catalog.scenario(file);
  const std::vector<SweepPoint> points = sweep_points(s.sweep);
  REQUIRE(points.size() == 2);
  const TrainingDescription t = catalog.training(s.variants.front().training, points[1].training);
  CHECK(t.checkpoint.steps == 100);
  CHECK(t.checkpoint.rate.value == 1e9);
  CHECK_THROWS_WITH(catalog.training(t, {setting_of("checkpoint.tier", "flash", Place{"x"})}),
                    Catch::Contains("stands beside rate"));
}

TEST_CASE("a file is not read as another kind") {
  const ScratchCatalog scratch;
  scratch.write("gpu_models/strange.yaml", text_of(data_root() / "workloads/small_gpt.yaml"));
  CHECK_THROWS_AS(scratch.catalog().gpu("strange"), InputError);
}

TEST_CASE("kinds are known in the singular and the plural") {
  CHECK(catalog_kind("gpu") == CatalogKind::gpu);
  CHECK(catalog_kind("gpus") == CatalogKind::gpu);
  CHECK(catalog_kind("scenarios") == CatalogKind::scenario);
  CHECK_FALSE(catalog_kind("machine"));
  CHECK(std::string(name_of(CatalogKind::workload)) == "workload");
}

TEST_CASE("data types have their sizes and names") {
  CHECK(bytes_of(Dtype::fp64) == 8);
  CHECK(bytes_of(Dtype::tf32) == 4);
  CHECK(bytes_of(Dtype::bf16) == 2);
  CHECK(bytes_of(Dtype::fp4) == 0.5);
  CHECK(std::string(name_of(Dtype::fp8)) == "fp8");
}

TEST_CASE("figures lists every figure and setting with where it comes from") {
  const Catalog catalog(data_root());
  std::map<std::string, FigureRow> rows;
  for (const FigureRow& row : catalog.figures(data_root() / "platforms/small_tree.yaml")) {
    CHECK(rows.emplace(row.path, row).second);
  }
  CHECK(rows.at("fabric.injection").value == "100Gbps");
  CHECK(rows.at("fabric.injection").source == "ACME data sheet, table 2");
  CHECK(rows.at("fabric.injection").confidence == "published");
  CHECK(rows.at("fabric.hop_latency").confidence == "assumed");
  CHECK(rows.at("fabric.levels[1].nodes").value == "16");
  CHECK(rows.at("site").confidence.empty());
  CHECK(rows.at("node.wiring[0].pairing").value == "all");
  CHECK(rows.at("node.wiring[0].pairing").source == "default");
  CHECK(rows.at("communication.loss_per_doubling").value == "2%");
  CHECK(rows.at("nodes").place.line == 8);
  CHECK_FALSE(rows.contains("kind"));
}

TEST_CASE("a file outside the catalogue is checked as well") {
  const ScratchCatalog scratch;
  const auto file = scratch.write("elsewhere.yaml", text_of(data_root() / "gpu_models/small_gpu.yaml"));
  CHECK(Catalog(data_root()).check(file).empty());
}

TEST_CASE("every file of the real catalogue is sound") {
  const Catalog catalog(source_root());
  for (CatalogKind kind :
       {CatalogKind::platform, CatalogKind::gpu, CatalogKind::workload, CatalogKind::scenario}) {
    for (const std::string& name : catalog.names(kind)) {
      for (const Problem& problem : catalog.check(catalog.path(kind, name))) FAIL_CHECK(problem.str());
    }
  }
}

}  // namespace
}  // namespace aifsim
