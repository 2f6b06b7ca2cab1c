// aifsim validate KIND FILE: predictions against measurements.
#include "cli/validate.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"

namespace aifsim {

void register_validate(CLI::App& app, const Context& context) {
  CLI::App* command = app.add_subcommand("validate", "Compare predictions with measurements");
  command->require_subcommand(1);
  add_validate_training(*command, context);
  add_validate_kernels(*command, context);
  add_validate_collectives(*command, context);
}

}  // namespace aifsim
