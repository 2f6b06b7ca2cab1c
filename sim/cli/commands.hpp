// The subcommands: one file each. To add one, write `register_NAME` in sim/cli/NAME.cpp, declare it here,
// and put it into `commands`, whose order is that of the help text.
//
// Completion and help come from the same tree: an option with choice() completes its words, one of the type name
// FILE completes file names, DIR directories, PLATFORM, GPU, WORKLOAD, SCENARIO and EXERCISE names of the catalogue, SITE
// those of the platform that is the first argument, and NAME catalogue names of the KIND before it. Every command
// has an example at the end of its help (a test).
#pragma once
#include "cli/arguments.hpp"

namespace aifsim {

class Context;

// Adds one subcommand to `app`, with a callback that does the work. The context outlives the parse.
using RegisterCommand = void (*)(const Command& app, const Context& context);

void register_run(const Command& app, const Context& context);
void register_status(const Command& app, const Context& context);
void register_search(const Command& app, const Context& context);
void register_compare(const Command& app, const Context& context);
void register_serve(const Command& app, const Context& context);
void register_explain(const Command& app, const Context& context);
void register_collective(const Command& app, const Context& context);
void register_fidelity(const Command& app, const Context& context);
void register_validate(const Command& app, const Context& context);
void register_list(const Command& app, const Context& context);
void register_show(const Command& app, const Context& context);
void register_check(const Command& app, const Context& context);
void register_bisection(const Command& app, const Context& context);
void register_transfer(const Command& app, const Context& context);
void register_schema(const Command& app, const Context& context);
void register_completion(const Command& app, const Context& context);
void register_import(const Command& app, const Context& context);
void register_export(const Command& app, const Context& context);
void register_platform(const Command& app, const Context& context);
void register_calibrate(const Command& app, const Context& context);
void register_measure(const Command& app, const Context& context);
void register_python(const Command& app, const Context& context);
void register_exercise(const Command& app, const Context& context);
void register_archive(const Command& app, const Context& context);
void register_docs(const Command& app, const Context& context);
void register_test(const Command& app, const Context& context);

inline constexpr RegisterCommand commands[] = {
    register_run,        register_status,   register_search,     register_compare,  register_serve,
    register_explain,    register_fidelity, register_collective, register_validate, register_list,
    register_show,       register_check,    register_bisection,  register_transfer, register_schema,
    register_completion, register_import,   register_export,     register_platform, register_calibrate,
    register_measure,    register_python,   register_exercise,   register_archive,  register_docs,
    register_test,
};

}  // namespace aifsim
