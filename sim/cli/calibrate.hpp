// The parts of `aifsim calibrate`, one file each.
#pragma once

namespace CLI {
class App;
}

namespace aifsim {

class Context;

void add_calibrate_gpu(CLI::App& calibrate_command, const Context& context);
void add_calibrate_collectives(CLI::App& calibrate_command, const Context& context);
void add_calibrate_training(CLI::App& calibrate_command, const Context& context);

}  // namespace aifsim
