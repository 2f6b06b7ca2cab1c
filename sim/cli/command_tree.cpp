#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/algorithm/string/split.hpp>

namespace aifsim {
namespace {

// CLI11 keeps the validators' descriptions in the type's name: "TEXT:{a,b}", "TEXT:FILE", "PLATFORM".
ArgumentNode argument(const CLI::Option& option) {
  ArgumentNode node;
  node.description = option.get_description();
  node.repeats = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() == 0) return node;
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open != std::string::npos && close != std::string::npos) {
    node.takes = Takes::words;
    const std::string inside = type.substr(open + 1, close - open - 1);
    boost::split(node.words, inside, [](char c) { return c == ','; });
  } else if (type.find("FILE") != std::string::npos) {
    node.takes = Takes::files;
  } else if (type.find("DIR") != std::string::npos) {
    node.takes = Takes::folders;
  } else {
    constexpr std::pair<const char*, const char*> named[] = {{"NAME", ""},
                                                             {"PLATFORM", "platforms"},
                                                             {"GPU", "gpus"},
                                                             {"WORKLOAD", "workloads"},
                                                             {"SCENARIO", "scenarios"},
                                                             {"EXERCISE", "exercises"},
                                                             {"SITE", "sites"}};
    const auto kind = std::find_if(std::begin(named), std::end(named),
                                   [&](const auto& n) { return type.find(n.first) != std::string::npos; });
    node.takes = kind == std::end(named) ? Takes::text : Takes::names;
    if (kind != std::end(named)) node.names_of = kind->second;
  }
  return node;
}

CommandNode command(const CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), {}, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    ArgumentNode child = argument(*option);
    if (option->get_positional()) {
      child.names = {option->get_name(true)};
      node.positionals.push_back(std::move(child));
    } else {
      for (const std::string& name : option->get_lnames()) child.names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) child.names.push_back("-" + name);
      node.options.push_back(std::move(child));
    }
  }
  for (const CLI::App* subcommand : app.get_subcommands({})) node.subcommands.push_back(command(*subcommand));
  return node;
}

}  // namespace

CommandNode command_tree(const Command& part) {
  const CLI::App* root = &part.app();
  while (root->get_parent()) root = root->get_parent();
  return command(*root);
}

}  // namespace aifsim
