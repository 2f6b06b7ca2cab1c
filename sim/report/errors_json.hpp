// What is told instead of an answer, for programs.
#pragma once
#include <string>
#include <vector>

#include "base/error.hpp"

namespace aifsim {

// {"errors": [{"file", "line", "column", "message"}], "exit": 2}; null where a problem has no place. Warnings, where
// there are any, stand beside them as "warnings".
std::string errors_json(const std::vector<Problem>& problems, int exit_code,
                        const std::vector<Problem>& warnings = {});

}  // namespace aifsim
