// Fields of a stack.
#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<UsualTraining> {
  static Table<UsualTraining> make() {
    using T = UsualTraining;
    return {{
                optional("recompute", &T::recompute, "As in a workload's training."),
                optional("sequence_parallel", &T::sequence_parallel, "With tensor parallelism."),
                optional("sharding", &T::sharding, "As in a workload's training."),
                optional("gradient_precision", &T::gradient_precision, "As in a workload's training."),
                optional("attention", &T::attention, "As in a workload's training."),
                optional("lora_rank", &T::lora_rank, kCount, "Where adapters are trained."),
            },
            {}};
  }
};

Table<StackDescription> TableOf<StackDescription>::make() {
  using T = StackDescription;
  return {
      {
          kind_field<T>({"stack"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("source", &T::source, "Where its constants come from."),
          optional("known_as", &T::known_as, "What tables of measured runs call it."),
          required("host_per_step", &T::host_per_step, kNotNegative,
                   "Host time once per optimizer step: bookkeeping, data, logging."),
          required("compute_slowdown", &T::compute_slowdown, kRatio,
                   "Extra time of a kernel, as a ratio, while a collective runs on its GPU."),
          optional(
              "launch", &T::launch,
              "How the host launches kernels, at `host` of the GPU's file: eager (a framework's own mode), "
              "compiled, graph (CUDA graphs); none where it costs nothing."),
          optional("prefetch", &T::prefetch, {.min = 0, .max = 1e5, .whole = true},
                   "All-gathers issued ahead of the layer that needs them."),
          optional("max_gathers_in_flight", &T::max_gathers_in_flight, {.min = 1, .max = 1e5, .whole = true},
                   "FSDP's rate limiter."),
          optional("bucket_layers", &T::bucket_layers, {.min = 1, .max = 1e5, .whole = true},
                   "Layers per gradient bucket (ddp, zero1, zero2)."),
          optional("optimizer_kernels", &T::optimizer_kernels,
                   "foreach: a kernel for each elementary operation; fused: one pass over the state."),
          optional("fuses_accumulation", &T::fuses_accumulation,
                   "Whether products add gradients of weights to those of earlier micro-steps themselves."),
          optional("overlaps_gradients", &T::overlaps_gradients,
                   "ddp, zero1, zero2: whether gradients are reduced while the backward pass goes on."),
          optional("overlaps_parameters", &T::overlaps_parameters,
                   "zero1, zero2: whether parameters are gathered while the next forward pass goes on."),
          optional("overlaps_stages", &T::overlaps_stages,
                   "Whether a pipeline's transfers go on beside its kernels."),
          optional("overlaps_tensor", &T::overlaps_tensor,
                   "Whether exchanges of tensor parallelism go on beside the product that they belong to."),
          optional("usual", &T::usual,
                   "What it does where a table of measured runs leaves it open; a workload says it itself."),
      },
      {}};
}

}  // namespace aifsim::catalog
