#include "catalog/fields.hpp"

namespace aifsim::catalog {

template <>
struct TableOf<GemmConstants> {
  static Table<GemmConstants> make() {
    using T = GemmConstants;
    return {
        {
            required("compute_efficiency", &T::compute_efficiency, kShare,
                     "e_c: share of the dense peak that a large matrix product reaches."),
            required("memory_efficiency", &T::memory_efficiency, kShare,
                     "e_m: share of the memory bandwidth that a matrix product bound by memory reaches."),
            required("fixed_time", &T::fixed_time, kNotNegative, "t0: time of the smallest matrix product."),
            required("norm", &T::norm, {.min = 1, .max = 100},
                     "p: how sharply the sides of the roofline meet; 1 adds them."),
            required("depth_ramp", &T::depth_ramp, {.min = 0, .max = 10000},
                     "k0: filling and draining a tile's pipeline costs as much as this much more of k."),
            required("depth_latency", &T::depth_latency, kNotNegative,
                     "t_k: latency along k, divided by the square root of k."),
        },
        {}};
  }
};

template <>
struct TableOf<AttentionConstants> {
  static Table<AttentionConstants> make() {
    using T = AttentionConstants;
    return {
        {
            required(
                "forward_efficiency", &T::forward_efficiency, kShare,
                "e_f: share of the dense peak that the forward pass reaches on long sequences, besides the "
                "softmax."),
            required(
                "backward_efficiency", &T::backward_efficiency, kShare,
                "e_b: share of the dense peak that the backward pass reaches on long sequences, besides the "
                "softmax."),
            required("memory_efficiency", &T::memory_efficiency, kShare,
                     "e_m: share of the memory bandwidth that attention bound by memory reaches."),
            required("fixed_time", &T::fixed_time, kNotNegative,
                     "t0: time of the smallest attention kernel."),
            required("softmax_flops", &T::softmax_flops, {.min = 0, .max = 100000},
                     "x: matrix FLOPs that fit into the time of one exponential."),
            required("flash2_forward_share", &T::flash2_forward_share, kShare,
                     "Share of e_f that FlashAttention-2 reaches; 1 where it is the newest."),
            required("flash2_backward_share", &T::flash2_backward_share, kShare,
                     "Share of e_b that FlashAttention-2 reaches; 1 where it is the newest."),
            required("tail", &T::tail, {.min = 0, .max = 100},
                     "a: rows of tiles that each multiprocessor waits for at the end."),
        },
        {}};
  }
};

template <>
struct TableOf<StreamingConstants> {
  static Table<StreamingConstants> make() {
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
        },
        {}};
  }
};

Table<GpuDescription> TableOf<GpuDescription>::make() {
  using T = GpuDescription;
  return {{
              kind_field<T>({"gpu"}, nullptr, "The kind of this file."),
              required("title", &T::title, "Name for people."),
              required("vendor", &T::vendor, "Who makes it."),
              required("architecture", &T::architecture, "Name of the architecture, such as Ampere."),
              required("multiprocessors", &T::multiprocessors, kCount,
                       "Streaming multiprocessors or compute units."),
              required("peak", &T::peak, kPositive, "Dense peaks of the matrix units, by data type."),
              required("memory", &T::memory, kPositive, "Capacity of the device memory."),
              required("memory_bandwidth", &T::memory_bandwidth, kPositive,
                       "Peak bandwidth of the device memory."),
              required("l2", &T::l2, kPositive, "Size of the level-2 cache."),
              required("power_limit", &T::power_limit, kPositive,
                       "Power cap of the device (TDP). Described, not used in predictions."),
              required("usable_memory", &T::usable_memory, kShare,
                       "Share of the memory that a framework can allocate, without context, NCCL buffers and "
                       "fragmentation."),
              required("gemm", &T::gemm, "Constants of the matrix product model."),
              required("attention", &T::attention, "Constants of the attention model."),
              required("streaming", &T::streaming, "Constants of kernels bound by memory."),
              required("residual_sd", &T::residual_sd, kNotNegative,
                       "Standard deviation of log(measured / model) over kernels of training size kept out "
                       "of the fit."),
          },
          {}};
}

}  // namespace aifsim::catalog
