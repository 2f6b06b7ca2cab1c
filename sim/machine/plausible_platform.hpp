// What a platform says that no machine is, in a file whose every key is right: warnings, each with its place.
//
//   NIC        injection <= the narrowest link between a GPU and the NIC that it uses
//   host link  <= 16 lanes of PCIe 6, 128 GB/s, wherever a NIC or a PCIe switch is at one end
//   NIC's rate 1 to 1600 Gb/s; latencies of NICs, hops and links of a node <= 100 us
//   fabric     more than half of its places have a node; its topmost switches join two groups or more; what leaves
//              a leaf is no more than what enters it
//   memory     of the host >= half of its GPUs'
//   power      all parts at their limits, behind conversion and cooling, <= what rack and site can give
#pragma once
#include <vector>

#include "base/error.hpp"
#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

std::vector<Problem> implausible(const PlatformDescription& platform, const GpuDescription& gpu);

}  // namespace aifsim
