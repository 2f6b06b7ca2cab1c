// Every platform of the catalogue trains every workload: on two nodes and at least eight devices, with each kernel of attention, and in each
// precision that its GPU computes in.
#include <algorithm>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "catalog/words.hpp"
#include "factory/alone.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/precision.hpp"
#include "shipped.hpp"
#include "shipped_platforms.hpp"

namespace aifsim {
namespace {

// Of a step; 0 where the job does not fit into memory. Any other lack of an answer is a failure.
double seconds_of(const TrainingJob& job) {
  try {
    const FabricRun one = run_alone(job, Fidelity::analytical);
    CHECK(one.jobs.front().figures.metrics.has(Metric::energy));
    return one.duration.value;
  } catch (const CannotAnswer& error) {
    if (job.gpus < 8 && std::string(error.what()).find("does not divide") != std::string::npos) return 0;
    CHECK_THAT(error.what(), Catch::StartsWith("does not fit in memory"));
    return 0;
  }
}

}  // namespace

TEST_CASE("every platform trains every workload with every kernel of attention, or says that memory is short",
          "[factory]") {
  PlatformShelf shelf(shipped());
  for (const std::string& name : platforms_with_gpus(shipped())) {
    const PlatformInstance* platform = shelf.find(name);
    std::size_t answered = 0;
    for (const std::string& workload : shipped().names(CatalogKind::workload)) {
      const WorkloadDescription w = shipped().workload(workload);
      TrainingJob job{platform,
                      w.model,
                      w.training,
                      shipped().stack(w.training.stack),
                      std::max(2 * platform->topology.gpus_per_node(),
                               std::min<std::int64_t>(8, platform->topology.gpus())),
                      {}};
      for (const AttentionKernel kernel :
           {AttentionKernel::flash, AttentionKernel::flash2, AttentionKernel::plain}) {
        job.training.attention = kernel;
        INFO(name << ", " << workload << ", " << catalog::word_of(kernel));
        answered += seconds_of(job) > 0;
      }
    }
    INFO(name);
    CHECK(answered >= 3);
  }
}

TEST_CASE("every platform trains in every precision that its GPU computes in", "[factory]") {
  PlatformShelf shelf(shipped());
  const WorkloadDescription w = shipped().workload("gpt-2.7b");
  std::size_t recipes = 0;
  for (const std::string& name : platforms_with_gpus(shipped())) {
    const PlatformInstance* platform = shelf.find(name);
    TrainingJob job{platform,
                    w.model,
                    w.training,
                    shipped().stack(w.training.stack),
                    2 * platform->topology.gpus_per_node(),
                    {}};
    job.training.micro_batch = 1;
    job.training.recompute = Recompute::full;
    for (std::size_t i = 0; i < catalog::words<Precision>().size(); ++i) {
      job.training.precision = static_cast<Precision>(i);
      INFO(name << ", " << name_of(job.training.precision));
      if (runs_on(platform->gpu, job.training.precision)) {
        CHECK(seconds_of(job) > 0);
        recipes += quantises(job.training.precision);
      } else {
        CHECK_THROWS_WITH(check_expressible(job), Catch::Contains("does not compute in it"));
      }
    }
  }
  CHECK(recipes > 50);
}

TEST_CASE("narrow formats pay on large layers, and no more than their peak says", "[factory]") {
  PlatformShelf shelf(shipped());
  const PlatformInstance* platform = shelf.find("dgx_b200");
  const WorkloadDescription w = shipped().workload("llama3-8b");
  TrainingJob job{platform, w.model, w.training, shipped().stack(w.training.stack), 16, {}};
  const auto step = [&](Precision precision) {
    job.training.precision = precision;
    return seconds_of(job);
  };
  const double bf16 = step(Precision::bf16), fp8 = step(Precision::fp8), mxfp8 = step(Precision::mxfp8),
               nvfp4 = step(Precision::nvfp4);
  CHECK(fp8 < bf16);
  CHECK(fp8 > bf16 / 2);
  CHECK(mxfp8 > fp8);                         // its scales are written too
  CHECK(step(Precision::fp8_current) > fp8);  // its tensors are read once more
  CHECK(nvfp4 > bf16 / 4);
}

}  // namespace aifsim
