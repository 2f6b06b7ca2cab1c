// What a comparison comes to, in words and standings: all judgement of the page of `aifsim compare`.
#pragma once
#include <string>
#include <vector>

#include "experiment/compare.hpp"

namespace aifsim {

// Of one metric of one work: the best proposal with it, whose bands meet the best one's, and the next that is told
// apart; by index.
struct Standing {
  std::vector<std::size_t> order;  // the least first; empty where no proposal has the metric
  std::vector<std::size_t> alike;  // not told apart from the first
  bool untold = false;             // there are others, which lack the metric
};
Standing standing(const ProposalComparison& comparison, std::size_t work, Metric metric);

// Whether its carbon leaves out what making the machine took, and another's of the same work does not.
bool is_electricity_alone(const ProposalComparison& comparison, const Proposal& proposal);

// Whether no other proposal of the work is better in one of time, carbon and cost, and in none worse. A metric that one
// of two lacks does not count between them.
bool on_front(const ProposalComparison& comparison, std::size_t proposal);

// Without what stands in brackets at its end: "IT4LIA AI factory".
std::string short_title(const std::string& title);

// Who is soonest; who has the least carbon and cost; what decides.
std::vector<std::string> board_answer(const ProposalComparison& comparison);

}  // namespace aifsim
