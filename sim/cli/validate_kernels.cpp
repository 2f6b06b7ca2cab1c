// aifsim validate kernels FILE: prices against a table of measured kernels.
#include <memory>

#include "base/user_file.hpp"
#include "calibration/kernel_validation.hpp"
#include "cli/context.hpp"
#include "cli/validate.hpp"

namespace aifsim {
namespace {

void run_validate_kernels(const Catalog& catalog, const ValidateOptions& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured kernels");
  const auto in = file.stream();
  if (options.leave_out.empty()) {
    print_validation(validate_kernels(catalog, *in, file.name(), options.by), options);
    return;
  }
  print_validation(with_progress([&](const FitProgress& progress) {
                     return validate_kernels_left_out(catalog, *in, file.name(), options.leave_out, progress);
                   }),
                   options);
}

}  // namespace

void add_validate_kernels(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<ValidateOptions>();
  options->by = "gpu";
  const Command command = validate_command.add_subcommand(
      "kernels", "Measured kernels, one a row (real_runs/README.md has the columns)");
  add_validate_options(command, *options, "CSV table or record of measured kernels",
                       "Columns that group the rows, joined by commas");
  command->footer("Example:\n  aifsim validate kernels record.csv --by op,dtype --summary");
  command->callback([options, &context] { run_validate_kernels(context.catalog(), *options); });
}

}  // namespace aifsim
