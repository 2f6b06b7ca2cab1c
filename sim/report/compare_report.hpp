// The answer of a comparison of proposals: tables, JSON, a page, and each best layout as a scenario of its own.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "experiment/compare.hpp"

namespace aifsim {

// "Soonest is X: 41.6 d ...", or that X is not told apart from others; "" where no proposal of the work has an answer.
std::string compare_sentence(const ProposalComparison& comparison, std::size_t work);

std::string tokens_text(double tokens);  // "2.00T", "1.00B": as scenarios write them
// "Apertus 70B: 2.00T tokens, global batch 1024 of 4096 tokens"
std::string work_line(const ProposalWork& work);
std::string compare_table(const ProposalComparison& comparison, std::size_t width);
std::string compare_json(const ProposalComparison& comparison);
std::string compare_html(const ProposalComparison& comparison);
// A scenario of a proposal's best layout, which `aifsim run` and `explain` take.
std::string proposal_scenario(const ProposalComparison& comparison, std::size_t proposal);
// result.json, report.html and, numbered as in the scenario, best-1.yaml ..., in place of those of an earlier one.
void write_comparison(const ProposalComparison& comparison, const std::filesystem::path& folder);

}  // namespace aifsim
