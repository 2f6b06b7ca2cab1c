// The parts of `aifsim validate`, one file each.
#pragma once

namespace CLI {
class App;
}

namespace aifsim {

class Context;

void add_validate_training(CLI::App& validate_command, const Context& context);
void add_validate_kernels(CLI::App& validate_command, const Context& context);
void add_validate_collectives(CLI::App& validate_command, const Context& context);

}  // namespace aifsim
