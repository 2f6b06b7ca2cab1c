// The linker's fingerprint of this program: outcomes of another build, whose models may differ, are not its own.
#pragma once
#include <string>

namespace aifsim {

std::string build_id();  // hexadecimal; "" where the linker gave none

}  // namespace aifsim
