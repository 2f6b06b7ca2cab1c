#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<GpuDescription> TableOf<GpuDescription>::make() {
  using T = GpuDescription;
  return {
      {
          kind_field<T>({"gpu"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("vendor", &T::vendor, "Who makes it."),
          required("architecture", &T::architecture, "Name of the architecture, such as Ampere."),
          optional("known_as", &T::known_as,
                   "What drivers, tools and tables call it; vendor, case and the order of the parts do not "
                   "matter."),
          optional("pci", &T::pci, "PCI vendors and devices, as 0x10de:0x2330."),
          optional("usual_platform", &T::usual_platform,
                   "The platform that tables of measurements mean where they name only the GPU."),
          required("multiprocessors", &T::multiprocessors, kCount,
                   "Streaming multiprocessors or compute units."),
          required("peak", &T::peak, kPositive, "Dense peaks of the matrix units, by data type."),
          required("memory", &T::memory, kPositive, "Capacity of the device memory."),
          required("memory_bandwidth", &T::memory_bandwidth, kPositive,
                   "Peak bandwidth of the device memory."),
          required("l2", &T::l2, kPositive, "Size of the level-2 cache."),
          required("power_limit", &T::power_limit, kPositive, "Power cap of the device (TDP)."),
          optional("power_cap", &T::power_cap, kShare,
                   "Share of power_limit to which the site sets the device; the clock falls until the "
                   "power fits."),
          required("usable_memory", &T::usable_memory, kShare,
                   "Share of the memory that a framework can allocate, without context, NCCL buffers and "
                   "fragmentation."),
          optional("gemm", &T::gemm,
                   "Constants of the matrix product model, by data type. A 16-bit block prices those "
                   "that have none, with a wider band."),
          optional("attention", &T::attention, "Constants of attention over whole sequences."),
          optional("attention_backward", &T::attention_backward,
                   "Constants of the backward pass of attention, where its kernels were measured."),
          optional("decode", &T::decode, "Constants of attention of one new token over a KV cache."),
          optional("experts", &T::experts, "Constants of fused expert layers, by number format."),
          optional("streaming", &T::streaming, "Constants of kernels bound by memory."),
          optional("host", &T::host, "What the host spends on each kernel."),
          optional("power", &T::power, "Constants of power and clocks."),
      },
      {}};
}

}  // namespace aifsim::catalog
