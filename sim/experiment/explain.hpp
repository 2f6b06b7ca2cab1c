// Why a point takes as long as it does: where its time goes, and what would help. Each figure of a link class, the GPU
// and the software is doubled, or halved where less is better, in turn, and the point is simulated again, with all else
// as it is: fitted constants, efficiencies and the layout stay.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "experiment/case.hpp"
#include "experiment/outcome.hpp"

namespace aifsim {

enum class LeverKind { gpu, node, fabric, software };
const char* name_of(LeverKind kind);

struct Lever {
  LeverKind kind = LeverKind::gpu;
  std::string what;     // "matrix units twice as fast"
  std::string path;     // of the figure: "gpu.peak"
  std::string problem;  // why there is no answer with it
  Seconds step;
};

struct Explanation {
  Outcome outcome;            // as the point is
  std::vector<Lever> levers;  // the one that helps most first
};

// Runs the levers in worker processes. CannotAnswer where the point has no answer; InputError for a case of several
// jobs, or of neither training nor a trace.
Explanation explain(const Case& c, InputReader& inputs, std::size_t workers,
                    const std::function<void(std::size_t done, std::size_t count)>& progress = {});

}  // namespace aifsim
