#include "lowering/training/local_steps.hpp"

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {

double island_share(const Layout& layout, double dense, double expert) {
  const std::int64_t sharing = layout.data / layout.islands * layout.context;
  return dense / static_cast<double>(sharing) + expert / static_cast<double>(layout.expert_copies);
}

Bytes island_memory(const Layout& layout, double dense, double expert) {
  return Bytes{layout.islands > 1 ? 8 * island_share(layout, dense, expert) : 0};
}

void average_islands(Emitter& out, const TrainingDescription& t, const Layout& layout, double dense,
                     double expert) {
  if (layout.islands == 1) return;
  const double share = island_share(layout, dense, expert), every = static_cast<double>(t.local_steps);
  out.after(replica, compute);
  out.collective(replica, island_group, CollectiveKind::all_reduce, bytes_of(t.gradient_precision) * share,
                 "what islands have changed", t.local_steps);
  out.after(compute, replica);
  out.run(std::vector<Kernel>{stream(StreamKind::optimizer, 20 * share / every)}, "outer step");
  if (layout.parameters_sharded && layout.replicas == 1) return;
  const double weight = bytes_of(storage_of(t.precision));
  const bool copies = layout.replicas > 1;  // ddp, hsdp; else the optimizer's shards
  const StreamIndex s = copies ? replica : shard;
  out.after(s, compute);
  out.collective(s, copies ? replica_group : shard_group, CollectiveKind::all_gather,
                 weight * dense / (copies ? static_cast<double>(layout.state_shards) : 1),
                 "averaged parameters", t.local_steps);
  out.after(compute, s);
  if (!(expert > 0) || layout.parameters_sharded) return;
  out.after(expert_shard, compute);
  out.collective(expert_shard, expert_copies, CollectiveKind::all_gather, weight * expert, "averaged experts",
                 t.local_steps);
  out.after(compute, expert_shard);
}

void add_islands(Program& program, std::int64_t islands) {
  for (Mesh& mesh : program.meshes) {
    std::vector<MeshAxis> axes = mesh.axes();
    axes.push_back({"island", islands});
    mesh = Mesh(std::move(axes));
  }
  program.groups.push_back({"islands", {{"island"}}});
}

}  // namespace aifsim
