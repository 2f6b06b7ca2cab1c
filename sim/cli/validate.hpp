// The parts of `aifsim validate`, one file each.
#pragma once
#include "cli/arguments.hpp"
#include "report/validation.hpp"

namespace aifsim {

class Context;

// The comparison on the standard output. Throws CannotAnswer after that when no row has a prediction: rows outside
// the models are part of a table of measurements, and of the answer.
void print_validation(const Validation& result, bool json, bool with_rows);

void add_validate_training(const Command& validate_command, const Context& context);
void add_validate_kernels(const Command& validate_command, const Context& context);
void add_validate_collectives(const Command& validate_command, const Context& context);

}  // namespace aifsim
