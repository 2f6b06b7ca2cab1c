// What `aifsim collective` answers, as a table, JSON or a chart.
#pragma once
#include <string>
#include <vector>

#include "factory/collective_run.hpp"
#include "report/chart.hpp"

namespace aifsim {

// A line for each answer, in the given order; a star marks the library's choice.
std::string collective_table(const CollectiveQuestion& question,
                             const std::vector<CollectiveAnswer>& answers);
std::string collective_json(const CollectiveQuestion& question, const std::string& platform,
                            const std::vector<CollectiveAnswer>& answers);
// Bus bandwidth (of a barrier: microseconds) against size or, where the ranks differ, against ranks.
LineChart collective_chart(const CollectiveQuestion& question, const std::string& platform,
                           const std::vector<CollectiveAnswer>& answers);

}  // namespace aifsim
