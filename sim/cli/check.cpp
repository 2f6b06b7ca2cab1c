// aifsim check FILE...: everything that is wrong in the files, each problem with its place.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <set>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "machine/buildable.hpp"

namespace aifsim {
namespace {

struct Options {
  std::vector<std::string> files;
  bool json = false;
};

void check(const Catalog& catalog, const Options& options) {
  std::vector<Problem> problems;
  std::set<std::string> seen;  // files may share an included one
  for (const std::string& file : options.files) {
    std::vector<Problem> found = catalog.check(file);
    if (found.empty())  // only what is sound in itself can be built
      for (const PlatformDescription& platform : catalog.platforms_in(file))
        for (Problem& problem : problems_of_building(platform)) found.push_back(std::move(problem));
    for (Problem& problem : found) {
      if (seen.insert(problem.str()).second) problems.push_back(std::move(problem));
    }
  }
  const ExitCode code = problems.empty() ? exit_fine : exit_bad_input;
  if (options.json) {
    std::cout << errors_json(problems, code);
  } else {
    // What is wrong is the answer here, so it goes to the standard output.
    for (const Problem& problem : problems) std::cout << problem.str() << '\n';
    const std::size_t files = options.files.size(), wrong = problems.size();
    std::cout << fmt::format(
        "{} file{} checked, {}\n", files, files == 1 ? "" : "s",
        wrong == 0 ? "nothing wrong" : fmt::format("{} problem{}", wrong, wrong == 1 ? "" : "s"));
  }
  if (code != exit_fine) throw AlreadyTold{code};
}

}  // namespace

void register_check(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command =
      app.add_subcommand("check", "Tell everything that is wrong in YAML files of any kind");
  command->add_option("FILE", options->files, "Files to check")->required()->type_name("FILE");
  command->add_flag("--json", options->json, "Print what is wrong as JSON");
  command->footer("Example:\n  aifsim check scenarios/first-look.yaml platforms/*.yaml");
  command->callback([options, &context] { check(context.catalog(), *options); });
}

}  // namespace aifsim
