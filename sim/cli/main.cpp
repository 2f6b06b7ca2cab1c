// The command line: parses, runs one subcommand, turns its exceptions into messages and exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/usage.hpp"

int main(int argc, char** argv) {
  using namespace aifsim;
  CLI::App app{
      "A simulator and testbed for AI factories: describe a machine, put training on it, see what it "
      "delivers.",
      "aifsim"};
  app.set_version_flag("--version", "aifsim " AIFSIM_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);

  const Context context;
  for (const RegisterCommand add : commands) add(Command(&app), context);
  app.footer("`aifsim SUBCOMMAND --help` tells more about each.");
  if (argc == 1) {
    std::cerr << app.help();
    return exit_bad_input;
  }

  const auto parse_and_run = [&] {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) {  // --help, --version
        app.exit(error);
        return;
      }
      const std::vector<std::string> arguments(argv + 1, argv + argc);
      throw UsageError(usage_problem(app, arguments, error.what()));
    }
    std::cout.flush();
    if (!std::cout) throw CannotAnswer("cannot write to the standard output");
  };
  const bool json = std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
  return outcome_of(parse_and_run, std::cerr, json ? &std::cout : nullptr);
}
