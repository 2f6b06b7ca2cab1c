// aifsim python: Python with the package of sim/python/ at hand, which asks this program.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace aifsim {
namespace {

// Itself, so that a script meets the program that started it.
std::string own_path() {
  std::string path(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? path.substr(0, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace

void register_python(const Command& app, const Context&) {
  const Command command = app.add_subcommand("python", "Start Python with the module aifsim at hand");
  command->prefix_command();
  command->footer("Example:\n  aifsim python my_study.py");
  command->callback([command] {
    std::filesystem::path package = Context::home() / "sim" / "python";
    if (!std::filesystem::exists(package)) package = Context::home() / "python";  // installed
    std::string path = package.string();
    if (const char* known = std::getenv("PYTHONPATH"); known && *known) path += std::string(":") + known;
    setenv("PYTHONPATH", path.c_str(), 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 0);
    setenv("AIFSIM", own_path().c_str(), 1);
    std::vector<std::string> words{"python3"};
    for (const std::string& word : command->rest()) words.push_back(word);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execvp("python3", arguments.data());
    throw CannotAnswer(fmt::format("cannot start python3: {}", std::strerror(errno)));
  });
}

}  // namespace aifsim
