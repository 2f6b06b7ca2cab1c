// Options and arguments that take one of a few words.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace aifsim {

// Like CLI::IsMember, but a wrong word is answered with the nearest known one. Completion offers `words`.
CLI::Validator choice(std::vector<std::string> words);

std::vector<std::string> kind_words();         // platform, gpu, workload, scenario
std::vector<std::string> plural_kind_words();  // platforms, gpus, workloads, scenarios

}  // namespace aifsim
