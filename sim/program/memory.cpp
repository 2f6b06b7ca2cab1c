#include "program/memory.hpp"

namespace aifsim {
namespace {

// `held` goes on to what is held afterwards.
void walk(const std::vector<Operation>& operations, MemoryAccount& held, MemoryAccount& peak) {
  for (const Operation& op : operations) {
    if (const auto* hold = std::get_if<Hold>(&op.what)) {
      held[hold->purpose] += hold->bytes;
      if (held.total() > peak.total()) peak = held;
    } else if (const auto* drop = std::get_if<Drop>(&op.what)) {
      held[drop->purpose] -= drop->bytes;
    } else if (const auto* repeat = std::get_if<Repeat>(&op.what); repeat && repeat->times > 0) {
      // Each run adds the same: the first or the last of them has the peak.
      const MemoryAccount before = held;
      walk(repeat->body, held, peak);
      const auto others = static_cast<double>(repeat->times - 2);
      if (repeat->times == 1) continue;
      for (std::size_t i = 0; i < memory_purposes; ++i) {
        const auto purpose = static_cast<MemoryPurpose>(i);
        MemoryAccount start = before;
        held[purpose] += (held[purpose] - start[purpose]) * others;
      }
      walk(repeat->body, held, peak);
    }
  }
}

}  // namespace

Bytes& MemoryAccount::operator[](MemoryPurpose purpose) {
  switch (purpose) {
    case MemoryPurpose::parameters:
      return parameters;
    case MemoryPurpose::gradients:
      return gradients;
    case MemoryPurpose::optimizer:
      return optimizer;
    case MemoryPurpose::activations:
      return activations;
    case MemoryPurpose::buffers:
      break;
  }
  return buffers;
}

MemoryAccount peak_memory(const Role& role) {
  MemoryAccount most;
  for (const Stream& stream : role.streams) {
    MemoryAccount held, peak;
    walk(stream.operations, held, peak);
    if (peak.total() > most.total()) most = peak;
  }
  return most;
}

MemoryAccount peak_memory(const Program& program) {
  MemoryAccount most;
  for (const MemoryAccount& peak : peak_memories(program))
    if (peak.total() > most.total()) most = peak;
  return most;
}

std::vector<MemoryAccount> peak_memories(const Program& program) {
  std::vector<MemoryAccount> all;
  for (const Role& role : program.roles) all.push_back(peak_memory(role));
  return all;
}

}  // namespace aifsim
