// Workloads: read, with the stack and the other models that their training names.
#pragma once
#include <filesystem>
#include <vector>

#include "catalog/read_document.hpp"

namespace aifsim {
class Catalog;
}

namespace aifsim::catalog {

// Where a training block names a stack that no file describes, or one that is wrong.
void check_stack(const Catalog& catalog, const TrainingDescription& training, std::vector<Problem>& problems);
// The models of a teacher, and of who scores.
void find_other_models(const Catalog& catalog, TrainingDescription& training, std::vector<Problem>& problems);

// `swept`: its training may yet change, and is checked then.
Read<WorkloadDescription> read_workload(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file, bool swept);

}  // namespace aifsim::catalog
