// The parts of `aifsim calibrate`, one file each.
#pragma once
#include "cli/arguments.hpp"

namespace aifsim {

class Context;

void add_calibrate_gpu(const Command& calibrate_command, const Context& context);
void add_calibrate_collectives(const Command& calibrate_command, const Context& context);
void add_calibrate_training(const Command& calibrate_command, const Context& context);

}  // namespace aifsim
