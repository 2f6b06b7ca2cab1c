// Runs a schedule on symbols: what each rank holds of each cell, as the sum (mod 2^64) of the contributions
// in it. Rank r's contribution to cell c is a random number, so that a sum tells which ranks are in it, how
// often and for which cell, but for a chance of 2^-64.
#pragma once
#include <string>

#include "collectives/schedule.hpp"

namespace aifsim {

// "" when every rank ends with what the collective means; else what is wrong.
std::string what_is_wrong(const Schedule& schedule);

}  // namespace aifsim
