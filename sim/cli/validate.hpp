// The parts of `aifsim validate`, one file each, and what they share.
#pragma once
#include <functional>
#include <string>

#include "calibration/validation.hpp"
#include "cli/arguments.hpp"

namespace aifsim {

class Context;

struct ValidateOptions {
  std::string file, by, leave_out;
  bool json = false, summary = false;
};
// `table`, `by`: what the options say of themselves.
void add_validate_options(const Command& command, ValidateOptions& options, const std::string& table,
                          const std::string& by);

// The comparison on the standard output. Throws CannotAnswer after that when no row has a prediction: rows outside
// the models are part of a table of measurements, and of the answer.
void print_validation(const Validation& result, const ValidateOptions& options);

Validation with_progress(const std::function<Validation(const FitProgress&)>& work);

void add_validate_training(const Command& validate_command, const Context& context);
void add_validate_kernels(const Command& validate_command, const Context& context);
void add_validate_collectives(const Command& validate_command, const Context& context);
void add_validate_storage(const Command& validate_command, const Context& context);
void add_validate_hpl(const Command& validate_command, const Context& context);

}  // namespace aifsim
