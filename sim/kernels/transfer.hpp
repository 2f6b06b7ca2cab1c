// Constants for a GPU that nobody has measured, from GPUs that were: the transfer rule.
//
//   constant   geometric mean over the donors that have the block
//   fixed_time the same, plus small_kernel less the carried-over price of that kernel, where it is given
//   spread     sqrt(s^2 + d^2), s the largest of the donors', d = 0.06 where one donor has the same
//              architecture, else 0.13; 0.25 for products that quantise, whose pass is the software's matter
//
// Matrix products only: attention, experts and layer operations have blocks per kernel, whose tiles and
// regimes a mean would mix. Peaks, bandwidth, multiprocessors, cache and power limit are the new GPU's own,
// from its datasheet. Two measurements sharpen it, each one figure:
//   small_kernel    time of one 16-bit product of 64 x 64 x 64, launched back to back
//   large_product   FLOP/s of the best large 16-bit product: its share of the peak, over the carried-over
//                   share, multiplies the compute efficiency of all products
//
// Assumption: kernels for the new GPU are as well tuned as the donors'. Source: measured by leaving each
// GPU out; docs/add-your-gpu.md has the errors.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "kernels/family.hpp"

namespace aifsim {

struct TransferOptions {
  std::optional<Seconds> small_kernel;
  std::optional<FlopsPerSecond> large_product;
  std::string date;
};

struct Transfer {
  GpuDescription gpu;                   // with the constants that it took over
  std::vector<const Family*> families;  // whose blocks those are
  std::string how;                      // of the donors, in words that follow their names
};

// Takes over the blocks that `gpu` has not measured itself; all blocks where `all`. Throws CannotAnswer where
// no donor has a block that the GPU could use, or the figures given cannot be met.
Transfer transfer(const GpuDescription& gpu, const std::vector<GpuDescription>& donors,
                  const TransferOptions& options, bool all = false);

}  // namespace aifsim
