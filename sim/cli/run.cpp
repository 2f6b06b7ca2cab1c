// aifsim run SCENARIO: answers a scenario, prints a table and writes the report.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_file.hpp"
#include "cli/warnings.hpp"
#include "report/answer.hpp"
#include "report/fabric_answer.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "report/write.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string scenario, out, fidelity;
  std::optional<std::uint64_t> seed;
  std::size_t draws = 0;
  bool json = false, one_placement = false;
};

std::filesystem::path folder(const ScenarioDescription& scenario, const Options& options) {
  return options.out.empty() ? std::filesystem::path("out") / scenario.name
                             : std::filesystem::path(options.out);
}

void run_jobs_scenario(const ScenarioDescription& scenario, const Catalog& catalog, const Options& options) {
  const FabricAnswer answer = answer_jobs(scenario, catalog, AIFSIM_VERSION);
  const std::filesystem::path out = folder(scenario, options);
  write_all(answer, out);
  if (options.json)
    std::cout << to_json(answer);
  else
    std::cout << text_table(answer) << "\nReport: " << (out / "report.html").string() << '\n';
  const bool none = std::all_of(answer.runs.begin(), answer.runs.end(),
                                [](const FabricRun& run) { return !run.problem.empty(); });
  if (none) throw CannotAnswer(answer.runs.front().problem);
}

void run_scenario(const Catalog& catalog, const Options& options) {
  ScenarioDescription scenario = catalog.scenario(scenario_file(catalog, options.scenario));
  if (!options.fidelity.empty())
    for (const Fidelity f : {Fidelity::analytical, Fidelity::flow, Fidelity::message})
      if (options.fidelity == name_of(f)) scenario.fidelity = f;
  if (options.seed) scenario.seed = *options.seed;
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i) {
    const PlatformDescription platform = catalog.platform(scenario.platforms[i], scenario.platform_places[i]);
    print_warnings(platform, catalog.gpu(platform.node.gpu, platform.node.gpu_place));
  }
  if (!scenario.jobs.empty()) {
    if (options.draws > 0) throw InputError(Place{"--draws"}, "is for scenarios of one job, not for `jobs`");
    run_jobs_scenario(scenario, catalog, options);
    return;
  }
  Result result;
  {
    Progress progress;
    result = answer(scenario, catalog, AIFSIM_VERSION,
                    [&](std::size_t i, std::size_t n, const std::string& name) { progress.show(i, n, name); },
                    {.draws = options.draws, .other_placements = !options.one_placement});
  }
  const std::filesystem::path out = folder(scenario, options);
  write_all(result, out);
  if (options.json) {
    std::cout << to_json(result);
  } else {
    std::cout << text_table(result) << "\nReport: " << (out / "report.html").string() << '\n';
  }
  const bool none = std::all_of(result.points.begin(), result.points.end(),
                                [](const Point& p) { return !p.problem.empty(); });
  if (none)
    throw CannotAnswer("no point of the scenario has an answer; first reason: " +
                       result.points.front().problem);
}

}  // namespace

void register_run(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand("run", "Answer a scenario: a table here, a report in a folder");
  command->add_option("SCENARIO", options->scenario, "A scenario's YAML file, or its name in the catalogue")
      ->required()
      ->type_name("FILE");
  command->add_option("--out", options->out, "Folder for the report (default: out/ and the scenario's name)")
      ->type_name("DIR");
  command->add_option("--fidelity", options->fidelity, "Level of simulation, instead of the scenario's")
      ->check(choice({"flow", "analytical", "message"}));
  command->add_option("--seed", options->seed, "Seed of drawn placements, instead of the scenario's")
      ->check(between(std::int64_t{0}, std::int64_t{1} << 53));
  command
      ->add_option(
          "--draws", options->draws,
          "Repeat each point with drawn GPU constants, kernel misses and step residual: 10, 50, 90 % bands")
      ->check(between(std::int64_t{1}, std::int64_t{100000}));
  command->add_flag("--one-placement", options->one_placement,
                    "Do not simulate fragmented and random nodes as well, where rank order may matter");
  command->add_flag("--json", options->json, "Print result.json instead of the table");
  command->callback([options, &context] { run_scenario(context.catalog(), *options); });
}

}  // namespace aifsim
