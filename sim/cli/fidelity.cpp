// aifsim fidelity SCENARIO: the levels side by side, with their differences and what each costs.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/scenario_file.hpp"
#include "experiment/fidelity.hpp"
#include "experiment/workers.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

struct FidelityOptions {
  std::string scenario;
  std::int64_t transfers = 3'000'000;
  bool json = false;
};

std::optional<Seconds> flow_time(const FidelityRow& row) {
  for (const LevelRun& level : row.levels)
    if (level.level == Fidelity::flow) return level.time;
  return std::nullopt;
}

void print_json(const std::vector<FidelityRow>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const FidelityRow& row : rows) {
    nlohmann::ordered_json of_row{{"platform", row.platform}, {"variant", row.variant}, {"gpus", row.gpus}};
    of_row["levels"] = nlohmann::ordered_json::array();
    for (const LevelRun& level : row.levels) {
      nlohmann::ordered_json of_level{{"level", name_of(level.level)}};
      of_level["time_s"] = level.time ? nlohmann::ordered_json(level.time->value) : nullptr;
      of_level["problem"] = level.problem.empty() ? nullptr : nlohmann::ordered_json(level.problem);
      of_level["cpu_s"] = level.cpu.value;
      of_level["peak_MB"] = level.peak_megabytes;
      of_row["levels"].push_back(std::move(of_level));
    }
    json.push_back(std::move(of_row));
  }
  std::cout << json.dump(2) << '\n';
}

void print_table(const std::vector<FidelityRow>& rows) {
  TextTable table({{"GPUs"}, {"level", true}, {"time"}, {"to flow"}, {"CPU"}, {"memory"}}, 2);
  std::string last;
  for (const FidelityRow& row : rows) {
    if (const std::string title = row.platform + ", " + row.variant; title != last)
      table.heading(last = title);
    for (const LevelRun& level : row.levels) {
      std::vector<std::string> keys{std::to_string(row.gpus), name_of(level.level)};
      if (!level.time) {
        table.remark(std::move(keys), "no answer: " + level.problem);
        continue;
      }
      const auto flow = flow_time(row);
      const std::string difference = flow && flow->value > 0 && level.level != Fidelity::flow
                                         ? fmt::format("{:+.2f} %", 100 * (*level.time / *flow - 1))
                                         : "";
      table.row({keys[0], keys[1], human_time(*level.time), difference,
                 fmt::format("{:.2f} s", level.cpu.value), fmt::format("{:.0f} MB", level.peak_megabytes)});
    }
  }
  std::cout << table.str(output_width());
}

}  // namespace

void register_fidelity(const Command& app, const Context& context) {
  auto options = std::make_shared<FidelityOptions>();
  const Command command =
      app.add_subcommand("fidelity", "The levels of simulation side by side: time, difference, cost");
  command->add_option("SCENARIO", options->scenario, "A scenario's YAML file, or its name in the catalogue")
      ->required()
      ->type_name("SCENARIO");
  command
      ->add_option("--transfers", options->transfers,
                   "Most transfers for which level message runs, about 100,000 a second; with more, the "
                   "levels are also "
                   "compared on fewer GPUs")
      ->check(between(std::int64_t{1}, std::int64_t{1'000'000'000'000}));
  command->add_flag("--json", options->json, "Print JSON instead of the table");
  command->footer("Example:\n  aifsim fidelity first-look --transfers 1000000");
  command->callback([options, &context] {
    const Catalog catalog = context.catalog().reading_once();
    std::vector<FidelityRow> rows;
    try {
      Progress progress;
      const auto cases = cases_of(catalog, scenario_file(catalog, options->scenario), {}, {}, AIFSIM_VERSION);
      rows = compare_levels(catalog, cases, options->transfers,
                            [&](std::size_t done, std::size_t total, const std::string& next) {
                              progress.show(done, total, next);
                            });
    } catch (const Interrupted& interrupt) {
      std::cerr << "aifsim: interrupted\n";
      throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};
    }
    options->json ? print_json(rows) : print_table(rows);
    for (const FidelityRow& row : rows)
      for (const LevelRun& level : row.levels)
        if (level.level == Fidelity::flow && !level.time)
          throw CannotAnswer(
              fmt::format("{}, {}, {} GPUs: {}", row.platform, row.variant, row.gpus, level.problem));
  });
}

}  // namespace aifsim
