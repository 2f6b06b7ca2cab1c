// How several jobs met on one fabric: who slowed whom, over which links, and what they draw. For the terminal and for the page.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

std::string runs_text(const Result& result, std::size_t width);  // folded; 0 = no limit
void put_runs(std::string& out, const Result& result);           // into a page

}  // namespace aifsim
