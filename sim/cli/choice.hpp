// Options and arguments that take one of a few words.
#pragma once
#include <string>
#include <vector>
#include "cli/arguments.hpp"

namespace aifsim {

// One of these words; a wrong one is answered with the nearest known one. Completion offers `words`.
Check choice(std::vector<std::string> words);

std::vector<std::string> kind_words();         // platform, gpu, workload, scenario
std::vector<std::string> plural_kind_words();  // platforms, gpus, workloads, scenarios

}  // namespace aifsim
