// The levels of fidelity side by side: what each answers for the same case, and what it costs.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiment/case.hpp"

namespace aifsim {

struct LevelRun {
  Fidelity level = Fidelity::analytical;
  std::optional<Seconds> time;  // of a step, or of all jobs together
  std::string problem;          // why there is none
  Seconds cpu;                  // user and system
  double peak_megabytes = 0;
};

struct FidelityRow {
  std::string platform, variant;
  std::int64_t gpus = 0;
  std::vector<LevelRun> levels;  // analytical, flow, message
};

// Level message is run where it takes at most `most_transfers`. Above, the row says how many it would take,
// and another row has the same with the GPUs (of every job) halved until all levels can take it, if there is
// such a size.
// Each level runs in a process of its own, so that its memory can be told. `progress` is called before each.
std::vector<FidelityRow> compare_levels(
    const Catalog& catalog, const std::vector<Case>& cases, std::int64_t most_transfers,
    const std::function<void(std::size_t done, std::size_t total, const std::string& next)>& progress = {});

}  // namespace aifsim
