// aifsim check FILE...: everything that is wrong in the files, each problem with its place.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/warnings.hpp"

namespace aifsim {
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
};

void check(const Catalog& catalog, const Options& options) {
  std::vector<Problem> problems;
  std::vector<Problem> warnings;
  std::set<std::string> seen;  // files may share an included one
  for (const std::string& file : options.files) {
    for (Problem& problem : catalog.check(file)) {
      if (seen.insert(problem.str()).second) problems.push_back(std::move(problem));
    }
    for (Problem& warning : warnings_of(catalog, file))
      if (seen.insert(warning.str()).second) warnings.push_back(std::move(warning));
  }
  if (options.json) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    const auto add = [&](const Problem& problem, const char* severity) {
      list.push_back({{"file", problem.place.file},
                      {"line", problem.place.line},
                      {"column", problem.place.column},
                      {"severity", severity},
                      {"message", problem.message}});
    };
    for (const Problem& problem : problems) add(problem, "error");
    for (const Problem& warning : warnings) add(warning, "warning");
    std::cout << list.dump(2) << '\n';
  }
  if (!options.json)
    for (const Problem& warning : warnings) std::cout << warning_text(warning) << '\n';
  if (!problems.empty()) throw InputError(std::move(problems));
  if (!options.json) {
    const std::size_t n = options.files.size();
    std::cout << fmt::format("{} file{} checked, {}\n", n, n == 1 ? "" : "s",
                             warnings.empty()
                                 ? "nothing wrong"
                                 : fmt::format("{} warning{}: read as it stands, but it cannot be",
                                               warnings.size(), warnings.size() == 1 ? "" : "s"));
  }
}

}  // namespace

void register_check(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command =
      app.add_subcommand("check", "Tell everything that is wrong in YAML files of any kind");
  command->add_option("FILE", options->files, "Files to check")->required()->type_name("FILE");
  command->add_flag("--json", options->json, "Print the problems as JSON");
  command->callback([options, &context] { check(context.catalog(), *options); });
}

}  // namespace aifsim
