// aifsim validate KIND FILE: predictions against measurements; hpl against what platforms say was published.
#include "cli/validate.hpp"

#include <fmt/format.h>

#include <iostream>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"

namespace aifsim {

void add_validate_options(const Command& command, ValidateOptions& options, const std::string& table,
                          const std::string& by) {
  command->add_option("FILE", options.file, table)->required()->type_name("FILE");
  const Option groups = command->add_option("--by", options.by, by)->capture_default_str();
  command
      ->add_option("--leave-out", options.leave_out,
                   "Column of which each value is predicted by constants that are fitted to the others")
      ->excludes(groups);
  const Option json = command->add_flag("--json", options.json, "Print JSON");
  command->add_flag("--summary", options.summary, "Only the groups, not each row")->excludes(json);
}

Validation with_progress(const std::function<Validation(const FitProgress&)>& work) {
  Progress progress;
  return work([&](std::size_t done, std::size_t total, const std::string& what) {
    progress.show(done, total, what);
  });
}

void print_validation(const Validation& result, const ValidateOptions& options) {
  if (options.json)
    print_validation_json(std::cout, result);
  else
    print_validation_text(std::cout, result, !options.summary, output_width());
  if (result.rows.empty()) throw CannotAnswer("the table has no row, so that nothing is compared");
  if (result.summary.covered > 0) return;
  throw CannotAnswer(fmt::format("none of {} rows has a prediction; first reason: {}: {}",
                                 result.summary.rows, result.rows.front().id,
                                 result.rows.front().unsupported));
}

void register_validate(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("validate", "Compare predictions with measurements");
  command->footer("Example:\n  aifsim validate training runs.csv");
  command->require_subcommand();
  add_validate_training(command, context);
  add_validate_kernels(command, context);
  add_validate_collectives(command, context);
  add_validate_storage(command, context);
  add_validate_hpl(command, context);
}

}  // namespace aifsim
