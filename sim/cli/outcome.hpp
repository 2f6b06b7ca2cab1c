// How a command ends: its exit code, and what it tells on the standard error stream.
#pragma once
#include <functional>
#include <iosfwd>

namespace aifsim {

enum ExitCode {
  exit_fine = 0,
  exit_cannot_answer = 1,  // well-formed, but no model can answer it
  exit_bad_input = 2,      // the user's files or arguments
  exit_our_bug = 70,       // EX_SOFTWARE of sysexits.h
};

// Runs `command`; its exceptions become messages on `errors` and the exit code.
int outcome_of(const std::function<void()>& command, std::ostream& errors);

}  // namespace aifsim
