// Options and arguments that take one of a few words.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace aifsim {

// One of these words, however it is spelt, or a `synonym` of one ("": none); a wrong one is answered with the
// nearest known one. Completion offers `words`.
Check choice(std::vector<std::string> words, std::function<std::string(const std::string&)> synonym = {});
// "allreduce", "all2all", "bcast" -> all_reduce, all_to_all, broadcast.
std::string collective_synonym(const std::string& word);

std::vector<std::string> kind_words();         // platform, gpu, workload, scenario
std::vector<std::string> plural_kind_words();  // platforms, gpus, workloads, scenarios

}  // namespace aifsim
