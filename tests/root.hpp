// The checkout that the tests belong to, known to one object file only: so all others compile alike
// everywhere.
#pragma once
#include <string>

namespace aifsim {

const std::string& test_root();

}  // namespace aifsim
