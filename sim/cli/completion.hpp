// Completion scripts of a command tree. Catalogue names come from `aifsim list KIND --names` at completion
// time, with AIFSIM_NO_BUILD=1 so that a press of the tab key never starts a build.
#pragma once
#include <string>

#include "cli/command_tree.hpp"

namespace aifsim {

std::string bash_completion(const CommandNode& program);
std::string zsh_completion(const CommandNode& program);
std::string fish_completion(const CommandNode& program);

}  // namespace aifsim
