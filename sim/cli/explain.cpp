// aifsim explain RESULT: where the time of a point goes, and what would help.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/quote.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_file.hpp"
#include "experiment/build_id.hpp"
#include "experiment/store.hpp"
#include "experiment/workers.hpp"
#include "report/explain_report.hpp"

namespace aifsim {
namespace {

struct ExplainOptions {
  std::string result, out, fidelity;
  std::int64_t point = 1;
  std::size_t workers = 0;
  bool json = false;
};

// A scenario, or the folder of results that `run` or `search` has written, with what its run was asked.
Store::Asked question_of(const Catalog& catalog, const std::string& given) {
  const std::filesystem::path folder(given);
  if (!std::filesystem::is_directory(folder)) return {scenario_file(catalog, given), "", ""};
  if (std::filesystem::exists(folder / "best.yaml")) return {folder / "best.yaml", "", ""};
  if (const std::filesystem::path best = folder / "best-1.yaml"; std::filesystem::exists(best))
    throw InputError(Place{given},
                     fmt::format("is of `aifsim compare`, whose best layouts are scenarios of their "
                                 "own: `aifsim explain {}` takes the first",
                                 best.string()));
  std::optional<Store::Asked> asked;
  if (std::filesystem::exists(folder / Store::file_name)) asked = Store(folder).asked();
  if (!asked)
    throw InputError(Place{given},
                     "holds neither best.yaml (of `aifsim search`) nor the results of an `aifsim "
                     "run` that has ended");
  if (!std::filesystem::exists(asked->scenario))
    throw InputError(Place{given},
                     fmt::format("is the answer to {}, which is no longer there", quote(asked->scenario)));
  return *asked;
}

void run_command(const Catalog& catalog, const ExplainOptions& o) {
  const Store::Asked asked = question_of(catalog, o.result);
  const std::filesystem::path file = asked.scenario;
  Settings settings;
  if (const std::string& level = o.fidelity.empty() ? asked.fidelity : o.fidelity; !level.empty())
    settings.push_back(setting_of("fidelity", level, Place{"--fidelity"}));
  if (!asked.seed.empty()) settings.push_back(setting_of("seed", asked.seed, Place{"--seed"}));
  const ScenarioDescription scenario = catalog.scenario(file, settings);
  const CaseOptions options{.other_placements = false};
  const std::vector<Case> cases = cases_of(catalog, file, settings, options, std::string(AIFSIM_VERSION));
  if (o.point > std::ssize(cases))
    throw InputError(
        Place{}, fmt::format("--point: {} has {} points, found {}", file.string(), cases.size(), o.point));
  const Case& c = cases[static_cast<std::size_t>(o.point - 1)];
  Progress progress;
  Explanation explanation;
  InputReader inputs(catalog);
  try {
    explanation = explain(c, inputs, o.workers, [&](std::size_t done, std::size_t count) {
      progress.show(done, count, "what would help");
    });
  } catch (const Interrupted& interrupt) {
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};
  }
  progress.clear();
  const ExplainReport report{c, explanation, scenario.title, AIFSIM_VERSION};
  const std::filesystem::path folder = !o.out.empty() ? std::filesystem::path(o.out)
                                       : std::filesystem::is_directory(o.result)
                                           ? std::filesystem::path(o.result)
                                           : std::filesystem::path("out") / scenario.name;
  write_explanation(report, folder);
  if (o.json) {
    std::cout << explain_json(report);
    return;
  }
  std::cout << explain_text(report, output_width());
  if (cases.size() > 1)
    std::cout << fmt::format("\nThis is point {} of {}; --point takes another.\n", o.point, cases.size());
  std::cout << "\nReport: " << (folder / "explanation.html").string() << '\n';
}

}  // namespace

void register_explain(const Command& app, const Context& context) {
  auto options = std::make_shared<ExplainOptions>();
  const Command command = app.add_subcommand(
      "explain", "Where the time of a training step goes, and what would help by how much");
  command
      ->add_option("RESULT", options->result,
                   "A scenario's file or name, or the folder that `run` or `search` has written")
      ->required()
      ->type_name("SCENARIO");
  command
      ->add_option("--point", options->point,
                   "Which of the scenario's points, in the order of its table (default 1)")
      ->check(between(std::int64_t{1}, std::int64_t{1000000}));
  command->add_option("--fidelity", options->fidelity, "Level of simulation, instead of the scenario's")
      ->check(choice({"flow", "analytical", "message"}));
  command
      ->add_option("--workers", options->workers, "Processes at the same time (default: one for each core)")
      ->check(between(std::int64_t{1}, std::int64_t{1024}));
  command->add_option("--out", options->out, "Folder for the report (default: the result's)")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "Print explanation.json instead of the text");
  command->footer("Example:\n  aifsim explain scenarios/first-look.yaml --point 2");
  command->callback([options, &context] { run_command(context.catalog(), *options); });
}

}  // namespace aifsim
