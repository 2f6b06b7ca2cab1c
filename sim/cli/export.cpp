// aifsim export chakra SCENARIO: a point's program as execution traces that other simulators take.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <regex>

#include "base/atomic_folder.hpp"
#include "base/quote.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/scenario_file.hpp"
#include "experiment/case.hpp"
#include "experiment/chakra_export.hpp"

namespace aifsim {
namespace {

struct ExportOptions {
  std::string scenario, out, job;
  std::int64_t point = 1;
};

std::size_t job_among(const std::vector<JobInputs>& jobs, const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t j = 0; j < jobs.size(); ++j) {
    const JobDescription& job = jobs[j].description;
    if (job.traffic) continue;  // endless, so no program
    if (job.name == name) return j;
    names.push_back(job.name);
  }
  if (name.empty() && names.size() == 1)
    for (std::size_t j = 0; j < jobs.size(); ++j)
      if (!jobs[j].description.traffic) return j;
  throw InputError(Place{}, fmt::format("--job: expected one of {}, found {}", fmt::join(names, ", "),
                                        name.empty() ? "none" : quote(name)));
}

// Those of an earlier export too, which had more ranks.
std::vector<std::string> our_files(const std::filesystem::path& folder) {
  static const std::regex ours(std::string(chakra_prefix) + R"(\.\d+\.et)");
  std::vector<std::string> names{chakra_groups};
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none))
    if (std::regex_match(entry.path().filename().string(), ours))
      names.push_back(entry.path().filename().string());
  return names;
}

void export_chakra(const Catalog& catalog, const ExportOptions& o) {
  const std::filesystem::path file = scenario_file(catalog, o.scenario);
  const std::vector<Case> cases =
      cases_of(catalog, file, {}, {.other_placements = false}, std::string(AIFSIM_VERSION));
  if (o.point > std::ssize(cases))
    throw InputError(
        Place{}, fmt::format("--point: {} has {} points, found {}", file.string(), cases.size(), o.point));
  InputReader read(catalog);
  const CaseInputs inputs = read(cases[static_cast<std::size_t>(o.point - 1)]);
  std::vector<std::pair<std::string, std::string>> files;
  with_plan(inputs.fabric, job_among(inputs.fabric.jobs, o.job),
            [&](const Plan& plan) { files = chakra_files(plan); });
  std::vector<std::string> ours = our_files(o.out);
  std::size_t bytes = 0;
  for (const auto& [name, content] : files) {
    ours.push_back(name);
    bytes += content.size();
  }
  write_folder(o.out, files, ours);
  const std::filesystem::path folder(o.out);
  std::cout << fmt::format(
      "{} ranks, {:.1f} MB: {} and {}\n", files.size() - 1, static_cast<double>(bytes) / 1e6,
      (folder / fmt::format("{}.0.et ...", chakra_prefix)).string(), (folder / chakra_groups).string());
}

}  // namespace

void register_export(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("export", "A point's program for other simulators");
  command->require_subcommand();
  auto options = std::make_shared<ExportOptions>();
  const Command chakra = command->add_subcommand(
      "chakra", "Chakra execution traces, one for each rank, and the groups as ASTRA-sim takes them");
  chakra->add_option("SCENARIO", options->scenario, "A scenario's file or name")
      ->required()
      ->type_name("SCENARIO");
  chakra
      ->add_option("--point", options->point,
                   "Which of the scenario's points, in the order of its table (default 1)")
      ->check(between(std::int64_t{1}, std::int64_t{1000000}));
  chakra->add_option("--job", options->job, "Which of the scenario's jobs, where it has several")
      ->type_name("NAME");
  chakra->add_option("--out", options->out, "Folder for the traces")->required()->type_name("DIR");
  chakra->footer("Example:\n  aifsim export chakra scenarios/first-look.yaml --out traces");
  chakra->callback([options, &context] { export_chakra(context.catalog(), *options); });
  command->footer("Example:\n  aifsim export chakra scenarios/first-look.yaml --out traces");
}

}  // namespace aifsim
