// Constants for a GPU that nobody has measured, from GPUs that were: the transfer rule.
//
//   constant   geometric mean over the donors that have the block of their own, of those of the same
//              architecture alone where there are any; facts of a kernel that no fit moves (rows of a tile,
//              keys of a split, whether heads that share keys fill tiles together) are the first of these donors'
//   donors     chosen block by block. Where none of those named has a block of its own, the three that are
//              nearest in size of the others (`others`): of the same architecture, else vendor, else any.
//              What the model file then says, and the command
//   published  the backward pass of attention and FlashAttention-2 rest on published figures, which are carried
//              over in the same way beside a block, whether the block is or not; no spread of theirs is known, so
//              theirs is d alone (0.11 and 0.15 near, 0.15 and 0.6 far)
//   odd heads  which head sizes the usual kernels do not take, and the blocks of what runs those, stay within an
//              architecture: on another one the usual block prices all
//   experts    those in FP8 with scales per tensor are not taken from Hopper to another architecture: its kernel was
//              four times as slow as those of Ada and Blackwell
//   spread     sqrt(s^2 + d^2 + v^2), s the largest of the donors', d by block and by whether a donor has the
//              same architecture (0.06 to 0.25) or not (0.13 to 0.6); v = 0.3 where no donor is of the same
//              vendor, whose kernels are others: a judgement, no row says
//
// Peaks, bandwidth, multiprocessors, cache and power limit are the new GPU's own,
// from its datasheet. Two measurements sharpen it, each one figure:
//   small_kernel    time of one 16-bit product of 64 x 64 x 64, launched back to back: fixed times of products
//                   move by the difference to the carried-over price, times of all other blocks in
//                   proportion. Helps where the donors are of another architecture, hardly else
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
  bool missing = false;                // only what the GPU lacks; else also what it took over before
  std::vector<GpuDescription> others;  // GPU models to turn to where the donors lack a block
};

struct Transfer {
  GpuDescription gpu;                    // with the constants that it took over
  std::vector<const Family*> families;   // whose blocks those are
  std::vector<const Family*> figures;    // published figures beside a block, likewise
  std::vector<const Family*> not_named;  // of both: those of which no donor had any
  std::string host_from;                 // whose launch times it has; empty: its own, or none
  std::string how;                       // of the donors, in words that follow their names
};

// Takes over the blocks that `gpu` has not measured itself, those of attention only where it has measured
// none; all blocks where `all`. Throws CannotAnswer where no donor has a block that the GPU could use, or the
// figures given cannot be met.
Transfer transfer(const GpuDescription& gpu, const std::vector<GpuDescription>& donors,
                  const TransferOptions& options, bool all = false);

}  // namespace aifsim
