// Host names as Slurm writes lists of them: "tux[0-15,20],login1", "rack[0-3]node[00-17]".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace aifsim::records {

// The names, in order. InputError at `place` for a broken bracket or more than `most` names.
std::vector<std::string> expanded_hosts(std::string_view list, const Place& place, std::size_t most);

// "node9" before "node10": digits compare as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace aifsim::records
