// aifsim compare SCENARIO: proposals side by side, each with its best layout.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/atomic_file.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_file.hpp"
#include "cli/warnings.hpp"
#include "report/compare_report.hpp"

namespace aifsim {
namespace {

struct CompareOptions {
  std::string scenario, out, report, fidelity;
  std::size_t workers = 0;
  bool json = false, no_influence = false;
};

ProposalComparison compared(const Experiment& experiment, Store& store, bool with_influence) {
  Progress progress;
  try {
    ProposalComparison comparison = compare(
        experiment, store,
        [&](std::size_t done, std::size_t of, const std::string& name) { progress.show(done, of, name); });
    progress.clear();
    Progress again;
    if (with_influence)
      add_influence(comparison, experiment, store,
                    [&](std::size_t done, std::size_t of, const std::string& name) {
                      again.show(done, of, "which guess decides: " + name);
                    });
    return comparison;
  } catch (const Interrupted& interrupt) {
    progress.clear();
    std::cerr << fmt::format(
        "aifsim: interrupted: proposals that were searched are kept in {}; the same command goes on from "
        "there\n",
        store.file().string());
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};
  } catch (const InputError&) {
    store.discard();
    throw;
  }
}

// How to run the soonest of the first work that has an answer; "" where none has.
std::string best_layout(const ProposalComparison& comparison, const std::filesystem::path& folder) {
  for (std::size_t work = 0; work < comparison.works.size(); ++work)
    if (const std::size_t first = ranked(comparison, work).front();
        comparison.proposals[first].problem.empty())
      return fmt::format("A best layout as a scenario: aifsim run {}\n",
                         (folder / fmt::format("best-{}.yaml", first + 1)).string());
  return "";
}

void tell_unanswered(const ProposalComparison& comparison) {
  const auto lacks = [](const Proposal& p) { return !p.problem.empty(); };
  const auto& all = comparison.proposals;
  const auto count = std::count_if(all.begin(), all.end(), lacks);
  if (count > 0)
    throw CannotAnswer(fmt::format("{} of {} proposals have no answer; first reason: {}", count, all.size(),
                                   std::find_if(all.begin(), all.end(), lacks)->problem));
}

void run_command(const Catalog& catalog, const CompareOptions& o) {
  const std::filesystem::path file = scenario_file(catalog, o.scenario);
  Settings settings;
  if (!o.fidelity.empty()) settings.push_back(setting_of("fidelity", o.fidelity, Place{"--fidelity"}));
  const ScenarioDescription scenario = catalog.scenario(file, settings);
  print_warnings(catalog, scenario);
  std::unique_ptr<AtomicFile> page;
  if (!o.report.empty()) page = std::make_unique<AtomicFile>(o.report);  // told before the work, not after
  const std::filesystem::path out = o.out.empty()
                                        ? std::filesystem::path("out") / ("compare-" + scenario.name)
                                        : std::filesystem::path(o.out);
  Store store(out);
  ProposalComparison comparison = compared({.catalog = catalog,
                                            .scenario_file = file,
                                            .settings = settings,
                                            .options = {},
                                            .workers = o.workers,
                                            .version = AIFSIM_VERSION},
                                           store, !o.no_influence);
  comparison.command =
      fmt::format("aifsim compare {}{}{}", o.scenario, o.fidelity.empty() ? "" : " --fidelity " + o.fidelity,
                  o.no_influence ? " --no-influence" : "");
  write_comparison(comparison, out);
  if (page) {
    page->write(compare_html(comparison));
    page->commit();
  }
  if (o.json)
    std::cout << compare_json(comparison);
  else
    std::cout << compare_table(comparison, output_width())
              << fmt::format(
                     "\nReport: {}\n{}",
                     (o.report.empty() ? out / "report.html" : std::filesystem::path(o.report)).string(),
                     best_layout(comparison, out));
  tell_unanswered(comparison);
}

}  // namespace

void register_compare(const Command& app, const Context& context) {
  auto options = std::make_shared<CompareOptions>();
  const Command command = app.add_subcommand(
      "compare", "Proposals side by side, each with its best layout: days, energy, carbon, cost");
  command
      ->add_option(
          "SCENARIO", options->scenario,
          "A scenario's YAML file, or its name in the catalogue; with training.tokens and global_batch")
      ->required()
      ->type_name("SCENARIO");
  command->add_option("--report", options->report, "The page goes there, besides the folder")
      ->type_name("FILE");
  command
      ->add_option("--out", options->out,
                   "Folder for report, best layouts and what was searched (default: out/compare-SCENARIO)")
      ->type_name("DIR");
  command->add_option("--fidelity", options->fidelity, "Level of simulation, instead of the scenario's")
      ->check(choice({"flow", "analytical", "message"}));
  command
      ->add_option("--workers", options->workers, "Processes at the same time (default: one for each core)")
      ->check(between(std::int64_t{1}, std::int64_t{1024}));
  command->add_flag("--no-influence", options->no_influence,
                    "Does not move each guess and run again, which tells the page what decides");
  command->add_flag("--json", options->json, "Print result.json instead of the table");
  command->footer("Example:\n  aifsim compare scenarios/planner/european-70b.yaml --report 70b.html");
  command->callback([options, &context] { run_command(context.catalog(), *options); });
}

}  // namespace aifsim
