// The parts of `aifsim validate`, one file each.
#pragma once
#include "cli/arguments.hpp"

namespace aifsim {

class Context;

void add_validate_training(const Command& validate_command, const Context& context);
void add_validate_kernels(const Command& validate_command, const Context& context);
void add_validate_collectives(const Command& validate_command, const Context& context);

}  // namespace aifsim
