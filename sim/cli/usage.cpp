#include "cli/usage.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/nearest_word.hpp"

namespace aifsim {
namespace {

std::string unknown_word(std::string_view what, const std::string& word,
                         const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return fmt::format("unknown {} \"{}\"{}", what, word, suggestion(word, views));
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands({})) names.push_back(subcommand->get_name());
  return names;
}

}  // namespace

std::string usage_problem(const CLI::App& app, const std::vector<std::string>& arguments,
                          const std::string& otherwise) {
  const CLI::App* current = &app;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() > 1 && argument[0] == '-') {
      const std::size_t equals = argument.find('=');
      const std::string name = argument.substr(0, equals);
      const CLI::Option* option = current->get_option_no_throw(name);
      if (!option) return unknown_word("option", name, option_names(*current));
      if (option->get_items_expected_min() > 0 && equals == std::string::npos) ++i;  // its value
    } else if (const std::vector<std::string> known = subcommand_names(*current); !known.empty()) {
      if (std::find(known.begin(), known.end(), argument) == known.end()) {
        return unknown_word("subcommand", argument, known);
      }
      current = current->get_subcommand(argument);
    }
  }
  return otherwise;
}

}  // namespace aifsim
