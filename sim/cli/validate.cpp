// aifsim validate KIND FILE: predictions against measurements.
#include "cli/validate.hpp"

#include "cli/commands.hpp"

namespace aifsim {

void register_validate(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("validate", "Compare predictions with measurements");
  command->require_subcommand();
  add_validate_training(command, context);
  add_validate_kernels(command, context);
  add_validate_collectives(command, context);
}

}  // namespace aifsim
