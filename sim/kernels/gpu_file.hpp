// Writes fitted constants into the text of a GPU model file, and leaves the rest of it as it stands:
// comments, datasheet figures, constants that are not fitted.
#pragma once
#include <string>

#include "kernels/fit.hpp"
#include "kernels/transfer.hpp"

namespace aifsim {

struct BlockNote {
  std::string source, confidence = "fitted";
  bool with_held = false;  // also the constants that no fit moves
};

BlockNote note_of(const Calibration& calibration, const FamilyFit& fit, const FitOptions& options);

// Lines of one family's block (keys and values of the constants, `source`, `confidence`, `fit`), without
// indentation.
std::string block_lines(const GpuDescription& gpu, const Family& family, const BlockNote& note);

// `text` with the blocks of all families that were fitted. A block that is not there is added.
std::string with_constants(const std::string& text, const Calibration& calibration,
                           const FitOptions& options);

// `text` with the blocks that were carried over.
std::string with_transfer(const std::string& text, const Transfer& transfer);

}  // namespace aifsim
