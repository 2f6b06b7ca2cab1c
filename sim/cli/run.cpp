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
#include "cli/run_tasks.hpp"
#include "cli/scenario_file.hpp"
#include "cli/warnings.hpp"
#include "experiment/experiment.hpp"
#include "experiment/slurm.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "report/write.hpp"

namespace aifsim {
namespace {

struct RunArguments {
  std::string scenario, out, fidelity;
  std::optional<std::uint64_t> seed;
  std::size_t draws = 0, workers = 0;
  bool json = false, one_placement = false;
  TaskOptions tasks;
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
Settings settings_of(const RunArguments& options) {
  Settings settings;
  if (!options.fidelity.empty())
    settings.push_back(setting_of("fidelity", options.fidelity, Place{"--fidelity"}));
  if (options.seed) settings.push_back(setting_of("seed", std::to_string(*options.seed), Place{"--seed"}));
  return settings;
}

// The words of this command for a job elsewhere: the same file, folder and points.
std::vector<std::string> words_of(const RunArguments& o, const std::filesystem::path& file,
                                  const std::filesystem::path& out) {
  std::vector<std::string> words{"run", std::filesystem::absolute(file).string(), "--out",
                                 std::filesystem::absolute(out).lexically_normal().string()};
  const auto add = [&](const char* name, const std::string& value) {
    words.emplace_back(name);
    words.push_back(value);
  };
  if (!o.fidelity.empty()) add("--fidelity", o.fidelity);
  if (o.seed) add("--seed", std::to_string(*o.seed));
  if (o.draws > 0) add("--draws", std::to_string(o.draws));
  if (o.one_placement) words.emplace_back("--one-placement");
  return words;
}

// Runs `work` with a line of progress; an interrupt is told with what is kept in the file.
template <class Work>
auto with_scenario_progress(const std::filesystem::path& file, const Work& work) {
  CasesDone last;
  Progress progress;
  try {
    return work([&](const CasesDone& done, const std::string& name) {
      last = done;
      progress.show(done.ended, done.to_run, name);
    });
  } catch (const Interrupted& interrupt) {
    progress.clear();
    std::cerr << (last.kept + last.ended == 0
                      ? std::string("aifsim: interrupted before the first point: nothing is kept\n")
                      : fmt::format(
                            "aifsim: interrupted: {} of {} points are kept in {}; the same command goes on "
                            "from there\n",
                            last.kept + last.ended, last.kept + last.to_run, file.string()));
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};  // as a shell counts it
  }
}

Result answered(const Experiment& experiment, Store& store) {
  try {
    return with_scenario_progress(
        store.file(), [&](const CaseProgress& progress) { return answer(experiment, store, progress); });
  } catch (const InputError&) {
    store.discard();  // of what it has made: the scenario must change, and so will its points
    throw;
  }
}

void run_one_task(const Experiment& experiment, const TaskShare& share, const std::filesystem::path& out) {
  const auto file = task_folder(out, share) / Store::file_name;
  const CasesDone done = with_scenario_progress(
      file, [&](const CaseProgress& progress) { return run_task(experiment, share, out, progress); });
  std::cout << fmt::format("Task {} of {}: {} points run, {} were kept in {}\n", share.index, share.count,
                           done.ended, done.kept, file.string());
}

void run_scenario(const Catalog& catalog, const RunArguments& options) {
  const std::filesystem::path file = scenario_file(catalog, options.scenario);
  const Settings settings = settings_of(options);
  const ScenarioDescription scenario = catalog.scenario(file, settings);
  print_warnings(catalog, scenario);
  if (!scenario.jobs.empty() && options.draws > 0)
    throw InputError(Place{"--draws"}, "is for scenarios of one job, not for `jobs`");
  const std::filesystem::path out =
      options.out.empty() ? std::filesystem::path("out") / scenario.name : std::filesystem::path(options.out);
  const Experiment experiment{.catalog = catalog,
                              .scenario_file = file,
                              .settings = settings,
                              .options = {.draws = options.draws, .other_placements = !options.one_placement},
                              .workers = options.workers,
                              .version = AIFSIM_VERSION};
  if (!options.tasks.task.empty()) return run_one_task(experiment, share_of(options.tasks), out);
  if (options.tasks.slurm && submit_tasks(options.tasks, experiment, out, words_of(options, file, out)))
    return;
  refuse_beside_slurm(out);
  Store store(out);
  const Result result = answered(experiment, store);
  store.set_asked({std::filesystem::absolute(file).lexically_normal().string(), options.fidelity,
                   options.seed ? std::to_string(*options.seed) : ""});
  forget_plan(out);
  write_all(result, out);
  if (options.json)
    std::cout << to_json(result);
  else
    std::cout << text_table(result, output_width()) << "\nReport: " << (out / "report.html").string() << '\n';
  result.runs.empty() ? tell_unanswered(result.points, "points") : tell_unanswered(result.runs, "runs");
}

}  // namespace

void register_run(const Command& app, const Context& context) {
  auto options = std::make_shared<RunArguments>();
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
      ->check(between(std::int64_t{20}, std::int64_t{100000}));  // fewer have no 10th of them
  command
      ->add_option("--workers", options->workers,
                   "Processes that run points at the same time (default: one for each core)")
      ->check(between(std::int64_t{1}, std::int64_t{1024}));
  command->add_flag("--one-placement", options->one_placement,
                    "Do not simulate fragmented and random nodes as well, where rank order may matter");
  command->add_flag("--json", options->json, "Print result.json instead of the table");
  add_task_options(command, options->tasks);
  command->footer(
      "Examples:\n  aifsim run scenarios/first-look.yaml\n  aifsim run my/question.yaml --out results "
      "--json\n  aifsim run my/sweep.yaml --slurm --partition short --tasks 16");
  command->callback([options, command, &context] {
    for (const char* of_slurm :
         {"--tasks", "--partition", "--account", "--time", "--sbatch", "--dry-run", "--if-fewer-than"})
      if (command->given(of_slurm) && !options->tasks.slurm)
        throw UsageError(fmt::format("{} is for --slurm", of_slurm));
    run_scenario(context.catalog(), *options);
  });
}

}  // namespace aifsim
