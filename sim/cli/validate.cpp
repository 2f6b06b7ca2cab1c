// aifsim validate KIND FILE: predictions against measurements.
#include "cli/validate.hpp"

#include <fmt/format.h>

#include <iostream>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/output_width.hpp"

namespace aifsim {

void print_validation(const Validation& result, bool json, bool with_rows) {
  if (json)
    print_validation_json(std::cout, result);
  else
    print_validation_text(std::cout, result, with_rows, output_width());
  if (result.rows.empty() || result.summary.covered > 0) return;
  throw CannotAnswer(fmt::format("none of {} rows has a prediction; first reason: {}: {}", result.summary.n,
                                 result.rows.front().id, result.rows.front().unsupported));
}

void register_validate(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("validate", "Compare predictions with measurements");
  command->footer("Example:\n  aifsim validate training runs.csv");
  command->require_subcommand();
  add_validate_training(command, context);
  add_validate_kernels(command, context);
  add_validate_collectives(command, context);
}

}  // namespace aifsim
