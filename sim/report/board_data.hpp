// The data of the page of `aifsim compare`, as JSON: what sim/report/board draws. Its shape stands in
// sim/report/board/src/data.ts; every figure comes with its text, so that page, table and terminal say the same.
#pragma once
#include <nlohmann/json.hpp>

#include "experiment/compare.hpp"

namespace aifsim {

nlohmann::ordered_json board_data(const ProposalComparison& comparison);

// Its parts behind the first page (board_basis.cpp).
nlohmann::ordered_json board_curves(const ProposalComparison& comparison);
nlohmann::ordered_json board_tornados(const ProposalComparison& comparison);
nlohmann::ordered_json board_moved(const ProposalComparison& comparison);
nlohmann::ordered_json board_inputs(const ProposalComparison& comparison);
nlohmann::ordered_json board_machines(const ProposalComparison& comparison);

}  // namespace aifsim
