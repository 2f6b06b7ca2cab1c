#include "cli/binary.hpp"
#include "root.hpp"

#include <sys/wait.h>
#include <unistd.h>

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

}  // namespace aifsim
