// aifsim calibrate gpu|collectives|training: constants fitted to measurements.
#include "cli/calibrate.hpp"

#include <iostream>

#include "base/atomic_file.hpp"
#include "cli/commands.hpp"
#include "cli/output_width.hpp"

namespace aifsim {

void refuse_empty_fit(const FitReport& report, bool json) {
  const std::string why = why_nothing_fitted(report);
  if (why.empty()) return;
  std::cout << (json ? json_of(report) : text_of(report, output_width()));
  throw CannotAnswer(fmt::format("{}: nothing was fitted, and nothing is written: {}", report.of, why));
}

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
