// Runs the real binary as a user's shell does.
#pragma once
#include <string>

namespace aifsim {

struct Ran {
  int code = -1;  // exit code; -1 when a signal ended it
  std::string out, err;
};

// `arguments` is shell text. The catalogue is the small one of tests/catalog/data unless `environment` says
// otherwise.
Ran run_aifsim(const std::string& arguments, const std::string& environment = "");

// Runs shell text, with $AIFSIM naming the binary.
Ran run_shell(const std::string& script, const std::string& environment = "");

}  // namespace aifsim
