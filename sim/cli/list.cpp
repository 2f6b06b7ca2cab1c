// aifsim list [KIND]: the names in the catalogue, with their titles.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text_table.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/entry.hpp"
#include "cli/output_width.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string kind, platform;
  bool names = false, json = false;
};

// The sites of a platform, one a line.
void list_sites(const Catalog& catalog, const Options& options) {
  if (options.platform.empty()) missing_argument("PLATFORM");
  const PlatformDescription platform = catalog.platform(options.platform);
  nlohmann::ordered_json names = nlohmann::ordered_json::array();
  if (const auto* sites = std::get_if<SitesDescription>(&platform.fabric.topology))
    for (const SiteDescription& site : sites->sites) names.push_back(site.name);
  if (names.empty()) names.push_back(platform.site);
  if (options.json) {
    std::cout << names.dump(2) << '\n';
    return;
  }
  for (const auto& name : names) std::cout << name.get<std::string>() << '\n';
}

void list(const Catalog& catalog, const Options& options) {
  if (options.kind == "sites") return list_sites(catalog, options);
  if (!options.platform.empty())
    throw InputError(Place{}, fmt::format("{}: a platform is for `list sites PLATFORM`", options.platform));
  const std::vector<std::string> kinds =
      options.kind.empty() ? plural_kind_words() : std::vector<std::string>{options.kind};
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  std::vector<Problem> problems;
  for (const std::string& word : kinds) {
    const CatalogKind kind = *catalog_kind(word);
    if (options.names) {  // for completion: no file is read
      for (const std::string& name : catalog.names(kind)) std::cout << name << '\n';
      continue;
    }
    TextTable table({{"", true}, {"", true}});
    if (!options.json && kinds.size() > 1) std::cout << (word == kinds.front() ? "" : "\n") << word << '\n';
    for (const CatalogEntry& entry : catalog.entries(kind)) {
      std::string title;
      try {
        title = title_of(catalog, kind, entry.name);
      } catch (const InputError& error) {
        // One broken file must not hide the others; its problems end the command.
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
        title = "(broken)";
      }
      if (options.json) {
        entries.push_back({{"kind", name_of(kind)},
                           {"name", entry.name},
                           {"title", title},
                           {"file", entry.file.string()},
                           {"shipped", entry.shipped}});
      } else {
        table.row({entry.name, entry.shipped ? title : fmt::format("{} ({})", title, entry.file.string())});
      }
    }
    if (!options.json) std::cout << table.str(output_width(), kinds.size() > 1 ? 2 : 0);
  }
  if (options.json) std::cout << entries.dump(2) << '\n';
  if (!problems.empty()) throw InputError(std::move(problems));
}

}  // namespace

void register_list(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand("list", "List what the catalogue holds");
  std::vector<std::string> words = plural_kind_words();
  words.emplace_back("sites");
  command->add_option("KIND", options->kind, "Only this kind; sites are those of a platform")
      ->check(choice(words));
  command->add_option("PLATFORM", options->platform, "With sites: whose")->type_name("PLATFORM");
  const Option names = command->add_flag("--names", options->names, "Only the names, one a line");
  command->add_flag("--json", options->json, "Print JSON")->excludes(names);
  command->footer("Examples:\n  aifsim list platforms\n  aifsim list sites meluxina_ai");
  command->callback([options, &context] { list(context.catalog(), *options); });
}

}  // namespace aifsim
