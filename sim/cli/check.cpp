// aifsim check FILE...: everything that is wrong in the files, each problem with its place.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

#include "base/similar_names.hpp"
#include "catalog/file_kind.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/impossible_layouts.hpp"
#include "cli/outcome.hpp"
#include "cli/warnings.hpp"
#include "exercise/values.hpp"
#include "factory/scenario_problems.hpp"
#include "lowering/training/model_shape.hpp"
#include "machine/buildable.hpp"

namespace aifsim {
namespace {

struct CheckOptions {
  std::vector<std::string> files;
  bool json = false;
};

std::vector<Problem> mistyped(const std::filesystem::path& file) {
  namespace fs = std::filesystem;
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  std::vector<std::string> there;
  std::error_code error;  // a folder that cannot be read suggests nothing
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (is_description_file(at->path().filename().string())) there.push_back(at->path().filename().string());
  std::sort(there.begin(), there.end());
  return {{Place{file.string()}, "there is no such file" + similar_names(file.filename().string(), there)}};
}

// What only the use of a sound file would tell.
std::vector<Problem> problems_of_use(const Catalog& catalog, const std::string& file) {
  std::vector<Problem> found;
  for (const PlatformDescription& platform : catalog.platforms_in(file))
    for (Problem& problem : problems_of_building(platform)) found.push_back(std::move(problem));
  if (kind_of_file(catalog, file) == CatalogKind::exercise) return problems_of_exercise(catalog, file);
  if (found.empty() && kind_of_file(catalog, file) == CatalogKind::scenario)
    return problems_of_jobs(catalog.scenario(file));
  return found;
}

// Of a sound workload; "" of anything else.
std::string size_line(const Catalog& catalog, const std::string& file) {
  if (kind_of_file(catalog, file) != CatalogKind::workload) return "";
  const WorkloadDescription w = catalog.workload(std::filesystem::absolute(file).string());
  return fmt::format("{}: {:.0f} parameters\n", file, parameters_of(w.model, w.training.sequence));
}

// What a sound platform of the user's own leaves open, and how much of it is a guess; "" of anything else.
std::string open_lines(const Catalog& catalog, const std::string& file) {
  if (kind_of_file(catalog, file) != CatalogKind::platform) return "";
  std::error_code none;
  const std::filesystem::path shelf = catalog.search().shipped() / "platforms",
                              folder = std::filesystem::absolute(file, none).lexically_normal().parent_path();
  if (folder == std::filesystem::absolute(shelf, none).lexically_normal()) return "";
  std::string out;
  for (const PlatformDescription& platform : catalog.partitions(std::filesystem::absolute(file).string())) {
    std::vector<std::string> open;
    if (platform.storage.empty()) open.emplace_back("storage (checkpoints and data have no tier to go to)");
    if (!platform.power) open.emplace_back("power (no energy at the meter)");
    if (!platform.facility)
      open.emplace_back("facility (no cooling, carbon and price of electricity)");
    else if (platform.facility->power->value == 0)
      open.emplace_back("facility.power (whether the site has enough is not told)");
    if (!platform.cost) open.emplace_back("cost (no euros but electricity's)");
    if (!open.empty())
      out += fmt::format("{}: {}says nothing of {}\n", file,
                         platform.partition.empty() ? "" : platform.partition + " ", fmt::join(open, ", "));
  }
  std::size_t figures = 0, guesses = 0;
  for (const FigureRow& row : catalog.figures(file)) {
    figures += !row.confidence.empty();
    guesses += row.confidence == "assumed" || row.confidence == "low";
  }
  return out +
         fmt::format("{}: {} of {} figures are guesses (assumed or low); aifsim show platform lists them\n",
                     file, guesses, figures);
}

void check(const Catalog& catalog, const CheckOptions& options) {
  std::vector<Problem> problems;
  std::string sizes;
  std::vector<Problem> warnings;
  std::set<std::string> seen;  // files may share an included one
  for (const std::string& file : options.files) {
    std::error_code unreachable;  // then it is opened, which tells why it cannot be
    const bool absent = !std::filesystem::exists(file, unreachable) && !unreachable;
    std::vector<Problem> found = absent ? mistyped(file) : catalog.check(file);
    if (found.empty()) found = problems_of_use(catalog, file);
    if (found.empty()) sizes += size_line(catalog, file) + open_lines(catalog, file);
    for (Problem& problem : found) {
      if (seen.insert(problem.str()).second) problems.push_back(std::move(problem));
    }
    if (absent) continue;
    for (Problem& warning : warnings_of(catalog, file))
      if (seen.insert(warning.str()).second) warnings.push_back(std::move(warning));
    for (Problem& refused : impossible_layouts(catalog, file))
      if (seen.insert(refused.str()).second) warnings.push_back(std::move(refused));
  }
  const ExitCode code = problems.empty() ? exit_fine : exit_bad_input;
  if (options.json) {
    std::cout << errors_json(problems, code, warnings);
  } else {
    // What is wrong is the answer here, so it goes to the standard output.
    for (const Problem& problem : problems) std::cout << problem.str() << '\n';
    for (const Problem& warning : warnings) std::cout << warning_text(warning) << '\n';
    std::cout << sizes;
    const auto counted = [](std::size_t n, const char* what) {
      return n == 0 ? std::string() : fmt::format(", {} {}{}", n, what, n == 1 ? "" : "s");
    };
    const std::size_t files = options.files.size();
    std::cout << fmt::format("{} file{} checked{}\n", files, files == 1 ? "" : "s",
                             problems.empty() && warnings.empty()
                                 ? ", nothing wrong"
                                 : counted(problems.size(), "problem") + counted(warnings.size(), "warning"));
  }
  if (code != exit_fine) throw AlreadyTold{code};
}

}  // namespace

void register_check(const Command& app, const Context& context) {
  auto options = std::make_shared<CheckOptions>();
  const Command command =
      app.add_subcommand("check", "Tell everything that is wrong in YAML files of any kind");
  command->add_option("FILE", options->files, "Files to check")->required()->type_name("FILE");
  command->add_flag("--json", options->json, "Print what is wrong as JSON");
  command->footer("Example:\n  aifsim check scenarios/first-look.yaml platforms/*.yaml");
  command->callback([options, &context] { check(context.catalog(), *options); });
}

}  // namespace aifsim
