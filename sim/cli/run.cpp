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
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_file.hpp"
#include "cli/warnings.hpp"
#include "experiment/experiment.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "report/write.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string scenario, out, fidelity;
  std::optional<std::uint64_t> seed;
  std::size_t draws = 0, workers = 0;
  bool json = false, one_placement = false;
};

// The table and the report are there; what they lack decides the exit code.
template <class Answers>
void tell_unanswered(const Answers& answers, const char* what) {
  const auto lacks = [](const auto& a) { return !a.problem.empty(); };
  const auto count = std::count_if(answers.begin(), answers.end(), lacks);
  if (count == 0) return;
  const std::string& first = std::find_if(answers.begin(), answers.end(), lacks)->problem;
  throw CannotAnswer(count == std::ssize(answers)
                         ? first
                         : fmt::format("{} of {} {}; first reason: {}", count, answers.size(), what, first));
}

// What the command line says instead of the scenario.
Settings settings_of(const Options& options) {
  Settings settings;
  if (!options.fidelity.empty())
    settings.push_back(setting_of("fidelity", options.fidelity, Place{"--fidelity"}));
  if (options.seed) settings.push_back(setting_of("seed", std::to_string(*options.seed), Place{"--seed"}));
  return settings;
}

Result answered(const Experiment& experiment, Store& store) {
  CasesDone last;
  Progress progress;
  try {
    return answer(experiment, store, [&](const CasesDone& done, const std::string& name) {
      last = done;
      progress.show(done.ended, done.to_run, name);
    });
  } catch (const Interrupted& interrupt) {
    progress.clear();
    std::cerr << fmt::format(
        "aifsim: interrupted: {} of {} points are kept in {}; the same command goes on from there\n",
        last.kept + last.ended, last.kept + last.to_run, store.file().string());
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};  // as a shell counts it
  } catch (const InputError&) {
    store.discard();  // of what it has made: the scenario must change, and so will its points
    throw;
  }
}

void run_scenario(const Catalog& catalog, const Options& options) {
  const std::filesystem::path file = scenario_file(catalog, options.scenario);
  const Settings settings = settings_of(options);
  const ScenarioDescription scenario = catalog.scenario(file, settings);
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i)
    for (const auto& [name, place] : scenario.platforms_of_jobs(i)) {
      const PlatformDescription platform = catalog.platform(name, place);
      print_warnings(platform, catalog.gpu(platform.node.gpu, platform.node.gpu_place));
    }
  if (!scenario.jobs.empty() && options.draws > 0)
    throw InputError(Place{"--draws"}, "is for scenarios of one job, not for `jobs`");
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path("out") / scenario.name : std::filesystem::path(options.out);
  Store store(out);
  const Result result =
      answered({.catalog = catalog,
                .scenario_file = file,
                .settings = settings,
                .options = {.draws = options.draws, .other_placements = !options.one_placement},
                .workers = options.workers,
                .version = AIFSIM_VERSION},
               store);
  write_all(result, out);
  if (options.json)
    std::cout << to_json(result);
  else
    std::cout << text_table(result, output_width()) << "\nReport: " << (out / "report.html").string() << '\n';
  result.runs.empty() ? tell_unanswered(result.points, "points") : tell_unanswered(result.runs, "runs");
}

}  // namespace

void register_run(const Command& app, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = app.add_subcommand("run", "Answer a scenario: a table here, a report in a folder");
  command->add_option("SCENARIO", options->scenario, "A scenario's YAML file, or its name in the catalogue")
      ->required()
      ->type_name("SCENARIO");
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
  command
      ->add_option("--workers", options->workers,
                   "Processes that run points at the same time (default: one for each core)")
      ->check(between(std::int64_t{1}, std::int64_t{1024}));
  command->add_flag("--one-placement", options->one_placement,
                    "Do not simulate fragmented and random nodes as well, where rank order may matter");
  command->add_flag("--json", options->json, "Print result.json instead of the table");
  command->footer(
      "Examples:\n  aifsim run scenarios/first-look.yaml\n  aifsim run my/question.yaml --out results "
      "--json");
  command->callback([options, &context] { run_scenario(context.catalog(), *options); });
}

}  // namespace aifsim
