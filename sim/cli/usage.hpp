// Mistakes on the command line, said in terms of the nearest thing that exists.
#pragma once
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace aifsim {

// What is wrong with `arguments` (without the program's name): the first unknown subcommand or option, with
// the nearest known one; `otherwise` when all of them are known.
std::string usage_problem(const CLI::App& app, const std::vector<std::string>& arguments,
                          const std::string& otherwise);

}  // namespace aifsim
