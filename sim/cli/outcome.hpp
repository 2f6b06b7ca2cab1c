// How a command ends: its exit code, and what it tells on the standard error stream and, with --json, on the
// standard output.
#pragma once
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "report/errors_json.hpp"

namespace aifsim {

enum ExitCode : int {
  exit_fine = 0,
  exit_cannot_answer = 1,  // well-formed, but no model can answer it; or not every point of it
  exit_bad_input = 2,      // the user's files or arguments
  exit_our_bug = 70,       // EX_SOFTWARE of sysexits.h
};

// The arguments are wrong. Printed with a hint at --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Ends the command with this code; what there is to tell has been told.
struct AlreadyTold {
  ExitCode code = exit_fine;
};

// Runs `command`; its exceptions become messages on `errors` and the exit code. With `json`, they also become
// one JSON object there, unless the command has written an answer to it already.
int outcome_of(const std::function<void()>& command, std::ostream& errors, std::ostream* json = nullptr);

}  // namespace aifsim
