// aifsim list [KIND]: the names in the catalogue, with their titles.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/entry.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string kind;
  bool names = false, json = false;
};

void list(const Catalog& catalog, const Options& options) {
  const std::vector<std::string> kinds =
      options.kind.empty() ? plural_kind_words() : std::vector<std::string>{options.kind};
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  std::vector<Problem> problems;
  for (const std::string& word : kinds) {
    const CatalogKind kind = *catalog_kind(word);
    const std::vector<std::string> names = catalog.names(kind);
    if (options.names) {  // for completion: no file is read
      for (const std::string& name : names) std::cout << name << '\n';
      continue;
    }
    std::size_t width = 0;
    for (const std::string& name : names) width = std::max(width, name.size());
    if (!options.json && kinds.size() > 1) std::cout << (word == kinds.front() ? "" : "\n") << word << '\n';
    for (const std::string& name : names) {
      std::string title;
      try {
        title = title_of(catalog, kind, name);
      } catch (const InputError& error) {
        // One broken file must not hide the others; its problems end the command.
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
        title = "(broken)";
      }
      if (options.json) {
        entries.push_back({{"kind", name_of(kind)}, {"name", name}, {"title", title}});
      } else {
        std::cout << fmt::format("{}{:<{}}  {}\n", kinds.size() > 1 ? "  " : "", name, width, title);
      }
    }
  }
  if (options.json) std::cout << entries.dump(2) << '\n';
  if (!problems.empty()) throw InputError(std::move(problems));
}

}  // namespace

void register_list(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand("list", "List what the catalogue holds");
  command->add_option("KIND", options->kind, "Only this kind")->check(choice(plural_kind_words()));
  const Option names = command->add_flag("--names", options->names, "Only the names, one a line");
  command->add_flag("--json", options->json, "Print JSON")->excludes(names);
  command->callback([options, &context] { list(context.catalog(), *options); });
}

}  // namespace aifsim
