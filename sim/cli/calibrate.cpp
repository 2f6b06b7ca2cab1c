// aifsim calibrate gpu|collectives|training: constants fitted to measurements.
#include "cli/calibrate.hpp"

#include "base/atomic_file.hpp"
#include "cli/commands.hpp"

namespace aifsim {

void write_constants(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void register_calibrate(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("calibrate", "Fit constants to measurements");
  command->footer("Example:\n  aifsim calibrate training runs.csv");
  command->require_subcommand();
  add_calibrate_gpu(command, context);
  add_calibrate_collectives(command, context);
  add_calibrate_training(command, context);
}

}  // namespace aifsim
