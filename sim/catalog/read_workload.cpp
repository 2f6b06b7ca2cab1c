#include "catalog/read_workload.hpp"

#include "catalog/catalog.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {

void check_stack(const Catalog& catalog, const TrainingDescription& training,
                 std::vector<Problem>& problems) {
  try {
    if (!training.stack.empty()) catalog.stack(training.stack, training.stack_place);
  } catch (const InputError& error) {
    append(problems, error.problems());
  }
}

namespace {

// The model of a workload that a training block names: of a teacher, or of who scores, whoever teaches that one.
std::shared_ptr<const ModelDescription> model_named(const Catalog& catalog, const std::string& name,
                                                    const Place& place, std::vector<Problem>& problems) {
  if (name.empty()) return nullptr;
  try {
    const std::filesystem::path file = catalog.path(CatalogKind::workload, name, place);
    WorkloadDescription found = checked(read_document<WorkloadDescription>(load_document(file), file), file);
    return std::make_shared<const ModelDescription>(std::move(found.model));
  } catch (const InputError& error) {
    append(problems, error.problems());
    return nullptr;
  }
}

}  // namespace

void find_other_models(const Catalog& catalog, TrainingDescription& training,
                       std::vector<Problem>& problems) {
  training.teacher_model = model_named(catalog, training.teacher, training.teacher_place, problems);
  if (auto& r = training.rollouts)
    r->reward = model_named(catalog, r->reward_model, r->reward_place, problems);
}

Read<WorkloadDescription> read_workload(const Catalog& catalog, Document document,
                                        const std::filesystem::path& file, bool swept) {
  Read<WorkloadDescription> result = read_document<WorkloadDescription>(std::move(document), file);
  if (result.problems.empty()) {
    check_stack(catalog, result.description.training, result.problems);
    find_other_models(catalog, result.description.training, result.problems);
  }
  if (result.description.model.network)
    result.description.training.sequence = 1;  // a sample counts as a token
  if (result.problems.empty() && !swept) {
    result.problems = clashes_of(result.description);
    result.clashes = result.problems.size();
  }
  return result;
}

}  // namespace aifsim::catalog
