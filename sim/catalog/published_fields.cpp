#include "catalog/fields.hpp"

namespace aifsim::catalog {

Table<PublishedDescription> TableOf<PublishedDescription>::make() {
  using T = PublishedDescription;
  return {
      {
          optional("devices", &T::devices, kCount, "GPUs of the machine, counted as node.gpus does."),
          optional("peak_fp64", &T::peak_fp64, kPositive, "Of all GPUs together, as Rpeak of the TOP500."),
          optional("peak_bf16", &T::peak_bf16, kPositive, "The same in bf16, without sparsity."),
          optional("peak_fp8", &T::peak_fp8, kPositive, "The same in fp8, without sparsity."),
          optional("peak_fp4", &T::peak_fp4, kPositive, "The same in fp4, without sparsity."),
          optional("rmax", &T::rmax, kPositive, "Measured by HPL."),
          optional("hpl_devices", &T::hpl_devices, kCount,
                   "Devices that this run of HPL took; all of the machine where left out."),
          part("hpl", &T::hpl, "How that run of HPL was made, where it was not as is usual today."),
          optional("injection", &T::injection, kPositive, "Of a node, per direction."),
          optional("bisection", &T::bisection, kPositive, "Of the fabric, per direction."),
          optional("storage", &T::storage, kPositive, "That the fastest tier delivers."),
          optional("power", &T::power, kPositive,
                   "IT power with all parts at work: of HPL, or what was announced."),
          optional("differs", &T::differs,
                   "Why what follows from the parts is more than 5 % away from one of these."),
      },
      {}};
}

}  // namespace aifsim::catalog
