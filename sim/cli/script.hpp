// Commands that need the sources and a compiler: the bootstrap script in the project's folder does them.
#pragma once
#include <string>
#include <vector>

namespace aifsim {

// Becomes `./aifsim WORDS...`; CannotAnswer where there is no script, as beside an installed program.
[[noreturn]] void run_script(const std::vector<std::string>& words);

}  // namespace aifsim
