#include "cli/binary.hpp"
#include "root.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace aifsim {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Ran run_shell(const std::string& script, const std::string& environment) {
  std::string pattern = (fs::temp_directory_path() / "aifsim-cli-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  const fs::path folder(pattern);
  const fs::path file = folder / "script";
  std::ofstream(file) << "export AIFSIM=" AIFSIM_BINARY " AIFSIM_HOME=" << test_root()
                      << "/tests/catalog/data " << environment << "\n"
                      << script << "\n";
  const std::string where = folder.string();
  const int status =
      std::system(("bash " + where + "/script >" + where + "/out 2>" + where + "/err").c_str());
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder / "out"), read(folder / "err")};
  fs::remove_all(folder);
  return ran;
}

Ran run_aifsim(const std::string& arguments, const std::string& environment) {
  return run_shell("exec $AIFSIM " + arguments, environment);
}

RunningAifsim::RunningAifsim(const std::string& arguments, const std::string& environment,
                             const std::string& errors) {
  const std::string script = "export AIFSIM_HOME=" + test_root() + "/tests/catalog/data " + environment +
                             "; exec " AIFSIM_BINARY " " + arguments + " 2>" + errors;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/bin/bash", "bash", "-c", script.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  out_ = ends[0];
}

RunningAifsim::~RunningAifsim() {
  if (pid_ > 0) end(SIGKILL);
  close(out_);
}

std::string RunningAifsim::line() {
  std::string text;
  for (char c = 0; ::read(out_, &c, 1) == 1 && c != '\n';) text += c;
  return text;
}

int RunningAifsim::end(int signal) {
  int status = 0;
  kill(pid_, signal);
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace aifsim
