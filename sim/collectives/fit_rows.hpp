// What a fit of collectives takes of a large table, so that its work is bounded: 4,000 rows of a block, drawn evenly,
// and 40 groups to leave out in turn (more of few rows). Smaller tables are taken whole.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "collectives/query.hpp"

namespace aifsim {

// `left_out` counts the others by the reason. Of too many groups the rare ones become one, "others".
std::vector<CollectiveRow> rows_to_fit(std::vector<CollectiveRow> rows,
                                       std::map<std::string, std::size_t>& left_out);

}  // namespace aifsim
