// The command line: parses, runs one subcommand, turns its exceptions into messages and exit codes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/terminal.hpp"
#include "cli/usage.hpp"

namespace {

using namespace aifsim;

// Every command, from the registration of the subcommands to the last byte of what it prints.
int parse_and_run(int argc, char** argv) {
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
  if (argc <= 1) {
    std::cerr << app.help();
    return exit_bad_input;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0)
      throw UsageError(usage_problem(app, std::vector<std::string>(argv + 1, argv + argc), error.what()));
    app.exit(error);  // --help, --version
  }
  std::cout.flush();
  if (!std::cout) throw CannotAnswer("cannot write to the standard output");
  return exit_fine;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow further is an error of write(), with its reason
  const bool json = std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
  const TerminalFilter out(std::cout, json ? Shown::escaped : Shown::replaced);
  const TerminalFilter errors(std::cerr, Shown::replaced);
  int code = exit_fine;
  const int failed =
      outcome_of([&] { code = parse_and_run(argc, argv); }, std::cerr, json ? &std::cout : nullptr);
  return failed == exit_fine ? code : failed;
}
