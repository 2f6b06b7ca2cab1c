#include "lowering/training/groups.hpp"

#include "lowering/training/emitter.hpp"
#include "lowering/training/local_steps.hpp"

namespace aifsim {

std::vector<std::int64_t> group_sizes(const Layout& l, const TrainingDescription& t, bool tied) {
  return {l.state_shards,
          l.replicas,
          l.tensor,
          l.context,
          l.expert,
          l.expert_copies,
          l.expert_replicas,
          tied && l.pipeline > 1 ? 2 : 1,
          t.rollouts ? t.rollouts->tensor_parallel : l.islands};
}

Program empty_program(const Layout& layout, bool ddp, const std::optional<RolloutsDescription>& rollouts) {
  const std::int64_t shards = ddp ? 1 : layout.state_shards / layout.context;
  Program program;
  program.meshes.emplace_back(std::vector<MeshAxis>{{"tp", layout.tensor},
                                                    {"cp", layout.context},
                                                    {"dp_shard", shards},
                                                    {"dp_replicate", layout.data / layout.islands / shards},
                                                    {"pp", layout.pipeline}});
  program.meshes.emplace_back(std::vector<MeshAxis>{{"ep", layout.expert},
                                                    {"expert_copy", layout.expert_copies},
                                                    {"expert_replica", layout.expert_replicas},
                                                    {"pp", layout.pipeline}});
  program.groups.resize(training_groups);
  program.groups[shard_group] = {"shard", {{"cp"}, {"dp_shard"}}};
  program.groups[replica_group] = {"replica", {{"dp_replicate"}}};
  if (ddp) program.groups[replica_group].over.insert(program.groups[replica_group].over.begin(), {"cp"});
  program.groups[tensor_group] = {"tensor", {{"tp"}}};
  program.groups[context_group] = {"context", {{"cp"}}};
  program.groups[expert_group] = {"expert", {{"ep"}}, 1};
  program.groups[expert_copies] = {"expert copies", {{"expert_copy"}}, 1};
  program.groups[expert_replicas] = {"expert replicas", {{"expert_replica"}}, 1};
  if (layout.islands > 1) add_islands(program, layout.islands);
  if (rollouts) {
    const std::int64_t ranks = rollouts->tensor_parallel;
    program.meshes.emplace_back(std::vector<MeshAxis>{{"engine", ranks}, {"engines", layout.gpus() / ranks}});
    program.groups.push_back({"engine", {{"engine"}}, program.meshes.size() - 1});
  }
  const std::int64_t last = layout.pipeline - 1;
  program.groups[ends_group] = {"first and last stage", {{"pp", 0, last > 0 ? 2 : 1, last > 0 ? last : 1}}};
  return program;
}

}  // namespace aifsim
