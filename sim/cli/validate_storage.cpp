// aifsim validate storage FILE: published storage submissions beside their predictions.
#include <memory>

#include "base/user_file.hpp"
#include "calibration/storage_validation.hpp"
#include "cli/context.hpp"
#include "cli/validate.hpp"

namespace aifsim {
namespace {

struct ValidateStorageOptions : ValidateOptions {
  bool assume_one = false;
};

void run_validate_storage(const Catalog& catalog, const ValidateStorageOptions& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of storage submissions");
  const auto in = file.stream();
  print_validation(options.leave_out.empty()
                       ? validate_storage(catalog, *in, file.name(), options.by, options.assume_one)
                       : validate_storage_left_out(catalog, *in, file.name(), options.leave_out),
                   options);
}

}  // namespace

void add_validate_storage(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<ValidateStorageOptions>();
  options->by = "workload";
  const Command command = validate_command.add_subcommand(
      "storage", "Submissions of MLPerf Storage or IO500, one a row (docs/storage.md has the columns)");
  add_validate_options(command, *options, "CSV table of submissions",
                       "Columns that group the rows, joined by commas; also workload and hardware");
  command->add_flag("--assume-one", options->assume_one,
                    "Take a product whose number a submission does not say to be one, not refuse the row");
  command->footer("Example:\n  aifsim validate storage submissions.csv --by hardware");
  command->callback([options, &context] { run_validate_storage(context.catalog(), *options); });
}

}  // namespace aifsim
