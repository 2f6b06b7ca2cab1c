#include "cli/script.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/context.hpp"

namespace aifsim {

void run_script(const std::vector<std::string>& words) {
  std::string script = (Context::home() / "aifsim").string();
  std::vector<std::string> all{script};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(script.c_str(), arguments.data());
  throw CannotAnswer(
      fmt::format("`aifsim {}` needs the project's sources, as a clone has them; cannot start {}: {}",
                  words.front(), script, std::strerror(errno)));
}

}  // namespace aifsim
