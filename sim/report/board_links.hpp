// Where a proposal's bytes go: its links by class, and who sends to whom.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "experiment/compare.hpp"

namespace aifsim {

// "Busiest: nic out, up to 41 % of 25 GB/s over a step (node 3 nic0 out). Of what leaves a node, 77 % stays in its group."
std::string links_sentence(const Proposal& proposal);

// For the page; null where nothing goes over a link.
nlohmann::ordered_json board_links(const Proposal& proposal);
// For result.json, with bytes and shares as numbers.
nlohmann::ordered_json proposal_links_json(const Proposal& proposal);

}  // namespace aifsim
