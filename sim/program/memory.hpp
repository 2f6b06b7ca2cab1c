// Memory of a role's GPUs: the most that its streams hold at once, by purpose.
//
// The host issues the operations of a stream in order and takes memory as it does, so the order is that of the
// stream, not of the kernels. A role holds and drops in one of its streams.
#pragma once
#include "program/program.hpp"

namespace aifsim {

struct MemoryAccount {
  Bytes parameters, gradients, optimizer, activations, buffers;
  Bytes total() const { return parameters + gradients + optimizer + activations + buffers; }
  Bytes& operator[](MemoryPurpose purpose);
};

// What is held when the sum is greatest.
MemoryAccount peak_memory(const Role& role);
// Of the role that needs most.
MemoryAccount peak_memory(const Program& program);
// Of each role, in order.
std::vector<MemoryAccount> peak_memories(const Program& program);

}  // namespace aifsim
