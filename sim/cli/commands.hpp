// The subcommands: one file each. To add one, write `register_NAME` in sim/cli/NAME.cpp, declare it here,
// and put it into `commands`, whose order is that of the help text.
//
// Completion and help come from the CLI11 tree: an option with CLI::IsMember completes its words, one with
// CLI::ExistingFile (or the type name FILE) completes file names, DIR directories, and the type name NAME
// the catalogue names of the KIND before it.
#pragma once

namespace CLI {
class App;
}

namespace aifsim {

class Context;

// Adds one subcommand to `app`, with a callback that does the work. The context outlives the parse.
using RegisterCommand = void (*)(CLI::App& app, const Context& context);

void register_run(CLI::App& app, const Context& context);
void register_collective(CLI::App& app, const Context& context);
void register_fidelity(CLI::App& app, const Context& context);
void register_validate(CLI::App& app, const Context& context);
void register_list(CLI::App& app, const Context& context);
void register_show(CLI::App& app, const Context& context);
void register_check(CLI::App& app, const Context& context);
void register_bisection(CLI::App& app, const Context& context);
void register_transfer(CLI::App& app, const Context& context);
void register_schema(CLI::App& app, const Context& context);
void register_completion(CLI::App& app, const Context& context);
void register_import(CLI::App& app, const Context& context);
void register_calibrate(CLI::App& app, const Context& context);
void register_measure(CLI::App& app, const Context& context);
void register_test(CLI::App& app, const Context& context);

inline constexpr RegisterCommand commands[] = {
    register_run,        register_fidelity, register_collective, register_validate, register_list,
    register_show,       register_check,    register_bisection,  register_transfer, register_schema,
    register_completion, register_import,   register_calibrate,  register_measure,  register_test,
};

}  // namespace aifsim
