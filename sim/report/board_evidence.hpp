// What the models of the compared machines were validated on, and how well they met it.
#pragma once
#include <string>
#include <vector>

#include "experiment/compare.hpp"

namespace aifsim {

struct EvidenceRow {
  std::string machine, what;
  std::string how;     // "fitted to 2259 measured rows", "carried over from h200_sxm", "a guess"
  std::string band;    // "-13 to +15 %": where 80 % of measured lie about predicted; "" where it is not known
  std::string source;  // of the constants
};

std::vector<EvidenceRow> board_evidence(const ProposalComparison& comparison);

}  // namespace aifsim
