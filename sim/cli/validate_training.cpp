// aifsim validate training FILE: predictions against a table of measured runs.
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_map>

#include "base/user_file.hpp"
#include "cli/choice.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"
#include "cli/validate.hpp"
#include "engine/engine.hpp"
#include "report/training_validation.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string file, by = "platform", fidelity = "flow";
  bool json = false, summary = false;
};

void validate_training(const Catalog& catalog, const Options& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured training runs");
  const auto in = file.stream();
  PlatformShelf shelf(catalog);
  const auto rows = read_training_table(*in, file.name(), options.by, shelf);
  Fidelity fidelity = Fidelity::flow;
  for (const Fidelity level : {Fidelity::analytical, Fidelity::message})
    if (options.fidelity == name_of(level)) fidelity = level;
  struct Answer {
    double seconds = std::numeric_limits<double>::quiet_NaN();
    std::string unsupported;
    std::optional<MemoryCheck> memory;
  };
  std::unordered_map<const TrainingJob*, std::optional<Answer>> answers;
  for (const MeasuredRow& row : rows)
    if (row.job) answers.try_emplace(row.job.get());
  std::vector<double> predicted;
  std::vector<std::string> unsupported;
  std::vector<std::optional<MemoryCheck>> memory;
  Validation result;
  {
    Progress progress;
    std::size_t done = 0;
    for (const MeasuredRow& row : rows) {
      std::optional<Answer> none = Answer{.unsupported = row.unsupported, .memory = {}};
      std::optional<Answer>& answer = row.job ? answers.at(row.job.get()) : none;
      if (!answer) {
        answer.emplace();
        progress.show(done++, answers.size(), row.id);
        try {
          TrainingJob job = *row.job;
          answer->memory = memory_of(job, program_of(job));
          job.beyond_memory = true;  // it ran
          if (!row.crashed) answer->seconds = run_training(job, fidelity).timeline.duration.value;
        } catch (const CannotAnswer& error) {
          answer->unsupported = error.what();
        }
      }
      predicted.push_back(answer->seconds);
      unsupported.push_back(answer->unsupported);
      memory.push_back(answer->memory);
    }
    result = validate(rows, predicted, unsupported, memory);
  }
  print_validation(result, options.json, !options.summary);
}

}  // namespace

void add_validate_training(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command =
      validate_command.add_subcommand("training", "Training runs, one a row (README.md has the columns)");
  command->add_option("FILE", options->file, "CSV table of measured runs")->required()->type_name("FILE");
  command
      ->add_option("--by", options->by,
                   "Column that groups the rows; the control may not see a row's own group")
      ->capture_default_str();
  command->add_option("--fidelity", options->fidelity, "Level of simulation")
      ->check(choice({"flow", "analytical", "message"}))
      ->capture_default_str();
  const Option json = command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--summary", options->summary, "Only the groups, not each row")->excludes(json);
  command->footer("Example:\n  aifsim validate training runs.csv --by platform");
  command->callback([options, &context] { validate_training(context.catalog(), *options); });
}

}  // namespace aifsim
