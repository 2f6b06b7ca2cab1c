#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<StreamingConstants> TableOf<StreamingConstants>::make() {
  using T = StreamingConstants;
  return {
      {
          required(
              "memory_efficiency", &T::memory_efficiency, kShare,
              "Share of the memory bandwidth that add, cross-entropy, optimizer and copy kernels reach on "
              "long tensors."),
          required("norm_efficiency", &T::norm_efficiency, kShare, "The same, norms."),
          required("activation_efficiency", &T::activation_efficiency, kShare, "The same, activations."),
          required("embedding_efficiency", &T::embedding_efficiency, kShare, "The same, table look-ups."),
          required("cache_saving", &T::cache_saving, kShareLost,
                   "c: share of their time that bytes within the level-2 cache save."),
          required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest such kernel."),
          required("fit", &T::fit, "Where the constants come from and how far they hold."),
      },
      {}};
}

Table<ExpertConstants> TableOf<ExpertConstants>::make() {
  using T = ExpertConstants;
  return {{
              required("compute_efficiency", &T::compute_efficiency, kShare,
                       "Share of the dense peak that many tokens per expert reach."),
              required("memory_efficiency", &T::memory_efficiency, kShare,
                       "Share of the memory bandwidth that reading the weights of experts reaches."),
              required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest expert layer."),
              required("fit", &T::fit, "Where the constants come from and how far they hold."),
          },
          {}};
}

Table<HostConstants> TableOf<HostConstants>::make() {
  using T = HostConstants;
  return {{
              required("eager_launch", &T::eager_launch, kNotNegative,
                       "Host time per kernel of a framework's eager mode."),
              required("compiled_launch", &T::compiled_launch, kNotNegative,
                       "Host time per kernel of compiled code."),
              required("graph_launch", &T::graph_launch, kNotNegative, "Time per kernel of a CUDA graph."),
          },
          {}};
}

}  // namespace aifsim::catalog
