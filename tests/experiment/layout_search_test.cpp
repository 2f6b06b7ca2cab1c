#include "experiment/layout_search.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "base/error.hpp"
#include "factory/layout_bound.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/layout_memory.hpp"
#include "metrics/energy.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

const PlatformInstance* platform(const char* name) {
  static PlatformShelf shelf(shipped());
  return shelf.find(name);
}

WorkloadDescription small_model(bool experts) {
  WorkloadDescription w = shipped().workload("llama3-8b");
  w.model.layers = 8;
  w.model.hidden = 2048;
  w.model.heads = 16;
  w.model.kv_heads = 8;
  w.model.ffn_hidden = 8192;
  if (experts) w.model.experts = {8, 2, 2048, 0, 2};
  w.training.sequence = 2048;
  w.training.global_batch = 64;
  return w;
}

LayoutSearch small_search(const char* on, bool experts, std::vector<std::int64_t> gpus) {
  LayoutSearch s;
  s.platform = platform(on);
  s.workload = small_model(experts);
  s.stack = shipped().stack("nemo");
  s.gpus = std::move(gpus);
  s.fidelity = Fidelity::analytical;
  s.top = 5;
  return s;
}

std::vector<LayoutChoice> all_of(const LayoutSearch& s) {
  return layouts_of({&s.workload.model, s.workload.training, &s.stack, s.gpus,
                     s.platform->topology.gpus_per_node(), s.kept});
}

TrainingJob job_of(const LayoutSearch& s, const LayoutChoice& choice) {
  TrainingJob job;
  job.platform = s.platform;
  job.model = s.workload.model;
  job.training = with_layout(s.workload.training, choice);
  job.stack = s.stack;
  job.gpus = choice.gpus;
  return job;
}

}  // namespace

TEST_CASE("every layout of the space divides the job, and none comes twice", "[experiment]") {
  for (const bool experts : {false, true}) {
    const LayoutSearch s = small_search("leonardo_booster", experts, {4, 16});
    std::vector<LayoutChoice> all = all_of(s);
    REQUIRE(all.size() > 100);
    for (const LayoutChoice& c : all) {
      INFO(words_of(c));
      REQUIRE_NOTHROW(micro_steps(s.workload.model, with_layout(s.workload.training, c), c.gpus));
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  }
}

TEST_CASE("a search knows what runs: experts with full sharding, even micro-batches of pairs",
          "[experiment]") {
  LayoutSearch s = small_search("dgx_h100", true, {8});
  s.stack = shipped().stack("pytorch");
  std::set<std::int64_t> sharded;
  for (const LayoutChoice& c : all_of(s))
    if (c.sharding == Sharding::zero3) sharded.insert(c.expert);
  CHECK(sharded == std::set<std::int64_t>{1, 2, 4, 8});
  s = small_search("dgx_h100", false, {8});
  s.workload.training.objective = Objective::preference;
  const std::vector<LayoutChoice> pairs = all_of(s);
  REQUIRE_FALSE(pairs.empty());
  CHECK(
      std::all_of(pairs.begin(), pairs.end(), [](const LayoutChoice& c) { return c.micro_batch % 2 == 0; }));
}

TEST_CASE("keys that are kept stay as the workload has them", "[experiment]") {
  LayoutSearch s = small_search("leonardo_booster", false, {16});
  s.workload.training.tensor_parallel = 2;
  s.workload.training.recompute = Recompute::full;
  s.kept = {"tensor_parallel", "recompute"};
  const std::vector<LayoutChoice> all = all_of(s);
  REQUIRE_FALSE(all.empty());
  for (const LayoutChoice& c : all) {
    CHECK(c.tensor == 2);
    CHECK(c.recompute == Recompute::full);
    CHECK(c.recompute_layers == 0);
  }
}

TEST_CASE("no layout is quicker than its bound", "[experiment]") {
  std::mt19937 random(3);
  for (const char* on : {"leonardo_booster", "dgx_h100"})
    for (const bool experts : {false, true})
      for (const char* stack : {"nemo", "pytorch", "internevo"}) {
        LayoutSearch s = small_search(on, experts, {16});
        s.stack = shipped().stack(stack);
        if (std::string(on) == "dgx_h100" && experts) s.workload.training.precision = Precision::fp8;
        std::vector<LayoutChoice> all = all_of(s);
        std::shuffle(all.begin(), all.end(), random);
        LayoutBound bound(job_of(s, all.front()));
        int compared = 0;
        for (const LayoutChoice& c : all) {
          if (compared == 40) break;
          const TrainingJob job = job_of(s, c);
          INFO(on << ", " << stack << ": " << words_of(c));
          LayoutBound::Least least;
          Metrics metrics;
          try {
            const Plan plan = make_training_plan(job);
            metrics[Metric::step_time].value = analytical_duration(plan).value;
            add_energy(metrics, job.platform->gpu, plan);
            least = bound(job.training, c.gpus);
          } catch (const CannotAnswer&) {
            continue;
          }
          ++compared;
          const double step = metrics[Metric::step_time].value;
          CHECK(least.step.value <= step);
          CHECK(least.step.value > 0.2 * step * 1e-3);
          CHECK(least.energy.value <= metrics[Metric::energy].value * (1 + 1e-9));
        }
        CHECK(compared == 40);
      }
}

TEST_CASE("the pruned search finds what simulating every layout finds", "[experiment]") {
  for (const SearchObjective objective :
       {SearchObjective::step_time, SearchObjective::energy, SearchObjective::gpus}) {
    LayoutSearch s = small_search("dgx_h100", false, {4, 8});
    s.kept = {"context_parallel"};
    s.objective = objective;
    if (objective == SearchObjective::gpus) s.within = Seconds{4};
    const SearchResult pruned = search_layouts(s);
    s.exhaustive = true;
    const SearchResult whole = search_layouts(s);
    CHECK(pruned.layouts == whole.layouts);
    CHECK(pruned.fitting == whole.fitting);
    CHECK(whole.simulated == whole.fitting);
    CHECK(pruned.simulated < whole.simulated);
    REQUIRE(pruned.best.size() == whole.best.size());
    for (std::size_t i = 0; i < whole.best.size(); ++i) {
      CHECK(words_of(pruned.best[i].choice) == words_of(whole.best[i].choice));
      CHECK(pruned.best[i].step == whole.best[i].step);
    }
    REQUIRE(pruned.front.size() == whole.front.size());
    for (std::size_t i = 0; i < whole.front.size(); ++i) {
      CHECK(pruned.front[i].step == whole.front[i].step);
      CHECK(pruned.front[i].memory == whole.front[i].memory);
    }
    // For the best alone no front is needed, nor runs of those that are far behind.
    LayoutSearch one = s;
    one.exhaustive = one.front = false;
    one.again = 3 * s.top;
    one.top = 1;
    const SearchResult best = search_layouts(one);
    REQUIRE(best.best.size() == 1);
    CHECK(best.best.front().choice == whole.best.front().choice);
    CHECK(best.best.front().problem.empty());
    CHECK(best.front.empty());
    CHECK(best.simulated < whole.simulated);
  }
}

TEST_CASE("so it does with experts, with context parallelism, and where memory is short", "[experiment]") {
  struct Space {
    const char* on;
    bool experts;
    std::vector<std::string> kept;
    double memory;  // of what the GPU has
  };
  for (const Space& space :
       {Space{"leonardo_booster", true, {"context_parallel", "virtual_stages", "sharding"}, 1},
        {"mn5_acc", false, {"virtual_stages", "sharding"}, 1},
        {"dgx_h100", true, {"context_parallel", "virtual_stages"}, 0.1}}) {
    LayoutSearch s = small_search(space.on, space.experts, {8});
    PlatformInstance small = *s.platform;
    small.gpu.memory.value = small.gpu.memory.value * space.memory;
    s.platform = &small;
    s.kept = space.kept;
    const SearchResult pruned = search_layouts(s);
    s.exhaustive = true;
    const SearchResult whole = search_layouts(s);
    INFO(space.on << ": " << whole.layouts << " layouts, " << whole.fitting << " fit, " << pruned.simulated
                  << " were simulated");
    CHECK(pruned.fitting == whole.fitting);
    CHECK((space.memory == 1 || whole.fitting < whole.layouts));
    CHECK(pruned.simulated < whole.simulated);
    REQUIRE(pruned.best.size() == whole.best.size());
    for (std::size_t i = 0; i < whole.best.size(); ++i) {
      CHECK(words_of(pruned.best[i].choice) == words_of(whole.best[i].choice));
      CHECK(pruned.best[i].step == whole.best[i].step);
    }
  }
}

TEST_CASE("layouts that leave memory are found before quicker ones that are tight", "[experiment]") {
  LayoutSearch s = small_search("dgx_h100", false, {8});
  s.kept = {"context_parallel", "pipeline_parallel", "sharding"};
  s.top = 1000;
  SearchResult free = search_layouts(s);
  const auto tight = [](const SearchResult& r, std::size_t i) {
    return is_tight(r.best[i].memory, r.usable);
  };
  // A GPU in which the quickest is tight.
  PlatformDescription smaller = s.platform->description;
  GpuDescription gpu = s.platform->gpu;
  gpu.memory.value = free.best.front().memory / (0.97 * gpu.usable_memory);
  const PlatformInstance on(std::move(smaller), std::move(gpu));
  s.platform = &on;
  const SearchResult found = search_layouts(s);
  REQUIRE(found.best.size() > 2);
  CHECK_FALSE(tight(found, 0));
  bool any = false;
  for (std::size_t i = 1; i < found.best.size(); ++i) {
    any |= tight(found, i);
    if (tight(found, i - 1)) CHECK(tight(found, i));
  }
  CHECK(any);
}

TEST_CASE("layouts that do not fit leave state in host memory where that is asked", "[experiment]") {
  LayoutSearch s = small_search("leonardo_booster", false, {4});
  s.workload.model.layers = 240;
  s.kept = {"context_parallel", "sharding", "sequence_parallel", "virtual_stages", "pipeline_schedule"};
  s.workload.training.sharding = Sharding::zero1;
  CHECK_THROWS_WITH(search_layouts(s), Catch::Contains("fits in memory"));
  s.offload = {OffloadTo::host};
  const SearchResult pruned = search_layouts(s);
  s.exhaustive = true;
  const SearchResult whole = search_layouts(s);
  REQUIRE(pruned.best.size() == whole.best.size());
  for (std::size_t i = 0; i < whole.best.size(); ++i) {
    const LayoutChoice& choice = whole.best[i].choice;
    CHECK(words_of(pruned.best[i].choice) == words_of(choice));
    REQUIRE(choice.offload);
    CHECK(choice.offload->optimizer == OffloadTo::host);
    CHECK(words_of(choice).find("optimizer on the host") != std::string::npos);
    CHECK(settings_of(choice).back().second.find("{optimizer: host, activations:") == 0);
  }
}

TEST_CASE("where all fits, offloading is not asked", "[experiment]") {
  LayoutSearch s = small_search("dgx_h100", false, {8});
  s.kept = {"context_parallel", "pipeline_parallel", "sharding"};
  const SearchResult without = search_layouts(s);
  s.offload = {OffloadTo::host, OffloadTo::nvme};
  const SearchResult with = search_layouts(s);
  REQUIRE(with.best.size() == without.best.size());
  for (std::size_t i = 0; i < with.best.size(); ++i) CHECK(with.best[i].step <= without.best[i].step);
}

namespace {

// Layouts of a workload that fit, drawn evenly.
std::vector<TrainingJob> some_layouts(const char* on, const char* workload, std::int64_t gpus,
                                      std::size_t count) {
  LayoutSearch s;
  s.platform = platform(on);
  s.workload = shipped().workload(workload);
  s.stack = shipped().stack(s.workload.training.stack);
  s.gpus = {gpus};
  s.workload.training.global_batch = 2 * gpus;
  s.workload.training.gradient_accumulation = 1;
  std::vector<LayoutChoice> all = all_of(s);
  std::mt19937 random(11);
  std::shuffle(all.begin(), all.end(), random);
  std::vector<TrainingJob> jobs;
  for (const LayoutChoice& c : all) {
    if (jobs.size() == count) break;
    const TrainingJob job = job_of(s, c);
    try {
      check_expressible(job);
      check_memory(job);
      jobs.push_back(job);
    } catch (const CannotAnswer&) {
    }
  }
  return jobs;
}

}  // namespace

TEST_CASE("levels analytical and flow agree over layouts", "[experiment][.slow]") {
  std::vector<double> apart;
  for (const auto& [on, workload, gpus] : std::vector<std::tuple<const char*, const char*, std::int64_t>>{
           {"dgx_h100", "llama3-8b", 64},
           {"leonardo_booster", "gpt-13b", 64},
           {"mn5_acc", "llama3-8b", 64},
           {"gb200_nvl72", "qwen3-30b-a3b", 128}}) {
    std::vector<double> here;
    for (const TrainingJob& job : some_layouts(on, workload, gpus, 50)) {
      const double a = run_training(job, Fidelity::analytical).timeline.duration.value,
                   f = run_training(job, Fidelity::flow).timeline.duration.value;
      here.push_back(std::abs(a / f - 1));
    }
    apart.insert(apart.end(), here.begin(), here.end());
  }
  std::sort(apart.begin(), apart.end());
  CHECK(apart[apart.size() / 2] < 0.03);
  CHECK(apart[apart.size() * 9 / 10] < 0.10);
}

TEST_CASE("a search without an answer says what is nearest", "[experiment]") {
  LayoutSearch s = small_search("dgx_h100", false, {1});
  s.workload = shipped().workload("gpt-175b");
  CHECK_THROWS_WITH(search_layouts(s), Catch::Contains("fits in memory: the one that needs least takes"));
  s = small_search("dgx_h100", false, {8});
  s.within = Seconds{1e-6};
  CHECK_THROWS_WITH(search_layouts(s), Catch::Contains(" s at least"));
  s = small_search("dgx_h100", false, {100'000});
  CHECK_THROWS_WITH(search_layouts(s),
                    Catch::Contains("100000 GPUs are more than the ") && Catch::Contains(" of dgx_h100"));
}

}  // namespace aifsim
