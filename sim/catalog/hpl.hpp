// One run of High-Performance Linpack (lowering/hpl/hpl.hpp): of a job, or the one that was published of a machine.
#pragma once
#include <cstdint>

#include "base/error.hpp"

namespace aifsim {

// Where panels are factored; automatic: as the vendor's HPL does.
enum class HplPanels { automatic, device, host };

// 0: as is usual.
struct HplDescription {
  std::int64_t order = 0;              // N; 0: what `memory` holds
  double memory = 0.85;                // share of the devices' memory that the matrix fills
  std::int64_t block = 0;              // NB
  std::int64_t rows = 0, columns = 0;  // P and Q; 0: the largest near-square grid
  HplPanels panels = HplPanels::automatic;
  Place place;
};

}  // namespace aifsim
