// Fields of a stack.
#include "catalog/fields.hpp"

namespace aifsim::catalog {

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
      },
      {}};
}

}  // namespace aifsim::catalog
