// The command line as data, read from the CLI11 tree, for the completion scripts.
#pragma once
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace aifsim {

// What an option or a positional argument takes.
enum class Takes { nothing, text, words, files, folders, names };  // names: of the catalogue, or files

struct ArgumentNode {
  std::vector<std::string> names;  // "--json", "-h"; of a positional its name: "KIND"
  std::string description;
  Takes takes = Takes::nothing;
  std::vector<std::string> words;  // when it takes one of these
  bool repeats = false;
  // When it takes names: "platforms", "gpus" ...; "sites" of the command's first argument; "" of the KIND before.
  std::string names_of = {};
};

struct CommandNode {
  std::string name, description;
  std::vector<ArgumentNode> options, positionals;
  std::vector<CommandNode> subcommands;
};

// The whole program that `part` belongs to.
CommandNode command_tree(const Command& part);

}  // namespace aifsim
