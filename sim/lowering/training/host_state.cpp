#include "lowering/training/host_state.hpp"

#include "catalog/storage.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/layout_memory.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

// Of a parameter whose optimizer is on the host: weights that it updates, which the GPUs' are copies of, and averages.
double hosted_bytes(const TrainingDescription& t) { return weight_bytes(t) + moments_bytes(t, {1}); }

}  // namespace

Updated trained_parameters(const ModelDescription& model, const TrainingDescription& t) {
  Updated sum;
  if (t.lora_rank == 0) sum.all = parameters_of(model, t.sequence);
  if (model.network) return sum;
  const ModelShare whole(model);
  for (std::int64_t layer = 0; layer < whole.all_layers(); ++layer) {
    const LayerKind kind = whole.kind_of(layer);
    if (t.lora_rank > 0)
      sum.all += static_cast<double>(lora_parameters(whole, kind, t.lora_rank));
    else
      sum.matrices += static_cast<double>(layer_matrices(whole, kind));
  }
  return sum;
}

void run_optimizer(Emitter& out, const TrainingDescription& t, const StackDescription& stack,
                   const Updated& updated) {
  const double parameters = updated.all;
  if (t.offload.optimizer == OffloadTo::none) return out.run(optimizer_step(t, stack, updated), "optimizer");
  const auto copy = [&](HostPath path, double bytes, const char* label) {
    out.run(std::vector<Kernel>{{HostTransfer{path, Bytes{bytes * parameters}}}}, label);
  };
  copy(HostPath::to_host_pinned, bytes_of(t.gradient_precision), "gradients to the host");
  const bool drives = t.offload.optimizer == OffloadTo::nvme;
  const Bytes state{hosted_bytes(t) * parameters};
  if (drives) {
    out.after(from_drives, compute);
    out.put(from_drives, {Read{node_drives, state}, "optimizer from the drives"});
    out.after(to_drives, compute);
    out.put(to_drives, {Write{node_drives, state}, "optimizer to the drives"});
  }
  out.host(Seconds{parameters / *stack.host_optimizer_rate}, "optimizer on the host");
  if (drives)
    for (const StreamIndex s : {from_drives, to_drives}) out.after(compute, s);
  copy(HostPath::to_device_pinned, bytes_of(storage_of(t.precision)), "parameters from the host");
}

Bytes checkpoint_size(const Updated& p, const TrainingDescription& t, const StackDescription& stack) {
  return Bytes{(master_bytes(t, stack) + bytes_of(storage_of(t.precision))) * p.all + moments_bytes(t, p)};
}

// This step's part of it, as if a part were written in each.
void write_checkpoint(Emitter& out, const Updated& parameters, const TrainingDescription& t,
                      const StackDescription& stack, std::int64_t gpus) {
  const CheckpointDescription& c = t.checkpoint;
  if (c.steps == 0) return;
  const auto steps = static_cast<double>(c.steps);
  const Bytes whole = checkpoint_size(parameters, t, stack),
              own = whole / (steps * static_cast<double>(gpus));
  if (c.asynchronous || !c.tier.empty())
    out.run(std::vector<Kernel>{{HostTransfer{HostPath::to_host_pinned, own}}}, "checkpoint to the host");
  if (c.tier.empty()) {
    if (!c.asynchronous) out.after(checkpointing, compute);
    out.put(checkpointing, {HostWork{whole / c.rate / steps}, "checkpoint"});
    if (!c.asynchronous) out.after(compute, checkpointing);
    return;
  }
  // All ranks write at once: what stages wait for each other in a step hides no part of it.
  const double files = 1 / steps;
  out.put(c.asynchronous ? checkpointing : compute, {Write{c.tier, own, files, false, true}, "checkpoint"});
  if (c.then.empty()) return;
  out.put(checkpointing, {Read{c.tier, own, files, false, true}, "checkpoint read back"});
  out.put(checkpointing, {Write{c.then, own, files, false, true}, "checkpoint copied"});
}

void load_data(Emitter& out, const TrainingDescription& t, double tokens, double ranks_of_sample) {
  if (t.loader_tokens_per_second > 0)
    out.put(loader, {HostWork{Seconds{tokens / t.loader_tokens_per_second}}, "load data"});
  if (!t.data) return;
  const double own = tokens / ranks_of_sample;
  out.put(dataset, {Read{t.data->tier, t.data->bytes_per_token * own,
                         t.data->tokens_per_file > 0 ? own / t.data->tokens_per_file : 0},
                    "read data"});
}

void end_step(Emitter& out) {
  for (const StreamIndex s : {loader, dataset, checkpointing})
    if (out.used(s)) out.after(compute, s);
}

HostState host_state(const ModelDescription& model, const TrainingDescription& t,
                     const StackDescription& stack, std::int64_t gpus) {
  HostState state;
  const Layout layout = layout_of(model, t, gpus);
  const double copies =
      static_cast<double>(gpus) / static_cast<double>(layout.tensor * layout.pipeline * layout.state_shards);
  const double each = trained_parameters(model, t).all * copies / static_cast<double>(gpus);
  const Bytes gradients{4 * each}, optimizer{hosted_bytes(t) * each};
  if (t.offload.optimizer != OffloadTo::none) state.memory += gradients;
  if (t.offload.optimizer == OffloadTo::host) state.memory += optimizer;
  if (t.offload.optimizer == OffloadTo::nvme) state.drives += optimizer;
  if (t.offload.activations != OffloadTo::none)
    (t.offload.activations == OffloadTo::host ? state.memory : state.drives) +=
        kept_activations(model, t, stack, gpus);
  return state;
}

}  // namespace aifsim
