// An operation in one line, the same for equal operations: ids of rows, keys of held-out shapes.
#pragma once
#include <string>

#include "program/kernel_op.hpp"

namespace aifsim {

std::string describe(const KernelOp& op);

}  // namespace aifsim
