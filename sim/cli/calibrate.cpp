// aifsim calibrate gpu|collectives|training: constants fitted to measurements.
#include "cli/calibrate.hpp"

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"

namespace aifsim {

void register_calibrate(CLI::App& app, const Context& context) {
  CLI::App* command = app.add_subcommand("calibrate", "Fit constants to measurements");
  command->require_subcommand(1);
  add_calibrate_gpu(*command, context);
  add_calibrate_collectives(*command, context);
  add_calibrate_training(*command, context);
}

}  // namespace aifsim
