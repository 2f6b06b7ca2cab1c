// This program, started once more with other arguments: what the page asks is answered by the command line itself, with its
// figures and its errors, in a process that can be ended.
#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace aifsim {

struct OwnCommand {
  std::vector<std::string> arguments;                            // behind the program's name
  std::filesystem::path folder;                                  // that it starts in
  std::vector<std::pair<std::string, std::string>> environment;  // besides ours
  std::chrono::milliseconds longest{};                           // then it is ended
  std::function<void(std::size_t done, std::size_t of, const std::string& what)> progress = {};
};

enum class OwnEnd { by_itself, stopped, too_long, too_much };  // too_much: it printed more than 64 MiB

struct OwnOutcome {
  OwnEnd how = OwnEnd::by_itself;
  int code = -1;         // exit code; -1 where a signal ended it
  std::string signal;    // then: "was ended by signal 9 (Killed), as happens when memory runs out"
  std::string out, err;  // what it printed; of standard error the first 64 KiB, without progress
};

// Waits for its end, with all processes that it started. Once `stop` can be read, it is asked to end (SIGTERM), and two
// seconds later made to. CannotAnswer: it cannot be started.
OwnOutcome run_own(const OwnCommand& command, int stop);

}  // namespace aifsim
