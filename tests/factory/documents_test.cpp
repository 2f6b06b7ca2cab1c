// What documents that are packed or padded do to the pace of a job.
#include <catch2/catch.hpp>
#include <filesystem>

#include "factory/training_job.hpp"
#include "factory/training_table.hpp"
#include "lowering/training/documents.hpp"
#include "root.hpp"

namespace aifsim {
namespace {

double step_of_documents(std::int64_t tokens, Packing packing, Fidelity fidelity) {
  static const Catalog catalog{std::filesystem::path(test_root())};
  static PlatformShelf shelf(catalog);
  const WorkloadDescription w = catalog.workload("llama3-8b");
  TrainingJob job{shelf.find("dgx_h100"), w.model, w.training, catalog.stack("pytorch"), 8, {}};
  job.beyond_memory = true;
  job.training.documents = DocumentsDescription{tokens, packing, {}};
  return run_training(job, fidelity).timeline.duration.value;
}

}  // namespace

TEST_CASE("packing is never slower than padding, and pays for each token that counts", "[factory]") {
  for (const Fidelity fidelity : {Fidelity::analytical, Fidelity::flow}) {
    const double whole = step_of_documents(8192, Packing::padded, fidelity);
    CHECK(step_of_documents(8192, Packing::packed, fidelity) == whole);
    double last = whole;
    for (const std::int64_t tokens : {6000, 2000, 500, 100}) {
      const double packed = step_of_documents(tokens, Packing::packed, fidelity),
                   padded = step_of_documents(tokens, Packing::padded, fidelity);
      CHECK(padded == whole);
      CHECK(packed <= last);
      last = packed;
    }
    CHECK(last < 0.95 * whole);
  }
}

}  // namespace aifsim
