// Runs the real binary as a user's shell does.
#pragma once
#include <string>

#include "root.hpp"

namespace aifsim {

struct Ran {
  int code = -1;  // exit code; -1 when a signal ended it
  std::string out, err;
};

// `arguments` is shell text. The catalogue is the small one of tests/catalog/data unless `environment` says
// otherwise.
Ran run_aifsim(const std::string& arguments, const std::string& environment = "");

// As `environment`: the catalogue of the checkout.
inline const std::string shipped_home = "AIFSIM_HOME=" + test_root();

// Runs shell text, with $AIFSIM naming the binary.
Ran run_shell(const std::string& script, const std::string& environment = "");

// The binary while it runs, started with default signals.
class RunningAifsim {
 public:
  // `environment` as above; `errors`: the file that its standard error goes to.
  RunningAifsim(const std::string& arguments, const std::string& environment, const std::string& errors);
  ~RunningAifsim();  // killed, where it still runs
  RunningAifsim(const RunningAifsim&) = delete;
  RunningAifsim& operator=(const RunningAifsim&) = delete;
  std::string line();   // of standard output, without its end; waits for it
  int end(int signal);  // sends it, and returns the exit code; -1 when a signal ended it

 private:
  int pid_ = -1, out_ = -1;
};

}  // namespace aifsim
