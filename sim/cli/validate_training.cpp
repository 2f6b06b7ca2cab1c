// aifsim validate training FILE: predictions against a table of measured runs.
#include <memory>

#include "base/user_file.hpp"
#include "calibration/training_validation.hpp"
#include "cli/choice.hpp"
#include "cli/context.hpp"
#include "cli/validate.hpp"

namespace aifsim {
namespace {

struct ValidateTrainingOptions : ValidateOptions {
  std::string fidelity = "flow";
};

void run_validate_training(const Catalog& catalog, const ValidateTrainingOptions& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured training runs");
  const auto in = file.stream();
  PlatformShelf shelf(catalog);
  const bool leave_out = !options.leave_out.empty();
  const auto rows = read_training_table(*in, file.name(), leave_out ? options.leave_out : options.by, shelf);
  Fidelity fidelity = Fidelity::flow;
  for (const Fidelity level : {Fidelity::analytical, Fidelity::message})
    if (options.fidelity == name_of(level)) fidelity = level;
  print_validation(with_progress([&](const FitProgress& progress) {
                     return leave_out ? validate_training_left_out(rows)
                                      : validate_training(rows, fidelity, progress);
                   }),
                   options);
}

}  // namespace

void add_validate_training(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<ValidateTrainingOptions>();
  options->by = "platform";
  const Command command =
      validate_command.add_subcommand("training", "Training runs, one a row (README.md has the columns)");
  add_validate_options(command, *options, "CSV table of measured runs",
                       "Column that groups the rows; the control may not see a row's own group");
  command->add_option("--fidelity", options->fidelity, "Level of simulation; with --leave-out analytical")
      ->check(choice({"flow", "analytical", "message"}))
      ->capture_default_str();
  command->footer("Example:\n  aifsim validate training runs.csv --by platform");
  command->callback([options, &context] { run_validate_training(context.catalog(), *options); });
}

}  // namespace aifsim
