// aifsim calibrate gpu|collectives|training: constants fitted to measurements.
#include "cli/calibrate.hpp"

#include "cli/commands.hpp"

namespace aifsim {

void register_calibrate(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("calibrate", "Fit constants to measurements");
  command->footer("Example:\n  aifsim calibrate training runs.csv");
  command->require_subcommand();
  add_calibrate_gpu(command, context);
  add_calibrate_collectives(command, context);
  add_calibrate_training(command, context);
}

}  // namespace aifsim
