// aifsim validate collectives FILE: predictions against a table of measured collectives.
#include <memory>

#include "base/user_file.hpp"
#include "calibration/collective_validation.hpp"
#include "cli/context.hpp"
#include "cli/validate.hpp"

namespace aifsim {
namespace {

void run_validate_collectives(const Catalog& catalog, const ValidateOptions& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured collectives");
  const auto in = file.stream();
  if (options.leave_out.empty()) {
    print_validation(validate_collectives(catalog, *in, file.name(), options.by), options);
    return;
  }
  print_validation(with_progress([&](const FitProgress& progress) {
                     return validate_collectives_left_out(catalog, *in, file.name(), options.leave_out,
                                                          progress);
                   }),
                   options);
}

}  // namespace

void add_validate_collectives(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<ValidateOptions>();
  options->by = "platform";
  const Command command = validate_command.add_subcommand(
      "collectives", "Measured collectives, one a row (docs/measured-collectives.md has the columns)");
  add_validate_options(
      command, *options, "CSV table or record of measured collectives",
      "Columns that group the rows, joined by commas; platform, op, algorithm, software, nodes "
      "and ranks work for every layout");
  command->footer("Example:\n  aifsim validate collectives record.csv --by op,ranks");
  command->callback([options, &context] { run_validate_collectives(context.catalog(), *options); });
}

}  // namespace aifsim
