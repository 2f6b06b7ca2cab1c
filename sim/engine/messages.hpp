// A collective's schedule as lists: who sends how much to whom in each slot, and who receives from whom.
#pragma once
#include <cstdint>
#include <vector>

#include "collectives/schedule.hpp"

namespace aifsim {

// What happens in one slot of a phase, by group rank.
struct Slot {
  struct Send {
    std::int32_t to = 0;
    double share = 0;  // of the buffer's bytes
  };
  std::vector<Send> sends;            // ordered by sender
  std::vector<std::uint32_t> first;   // by rank, and one more: its sends are [first[r], first[r + 1])
  std::vector<std::int32_t> sources;  // ordered by receiver
  std::vector<std::uint32_t> first_source;
  bool crosses_nodes = false;  // any of the sends
};

struct MessagePhase {
  std::vector<Slot> slots;  // those that differ, run through again and again
  std::int64_t count = 0;   // of slots that run
  const Slot& slot(std::int64_t index) const { return slots[static_cast<std::size_t>(index) % slots.size()]; }
};

struct Messages {
  GroupShape group;
  std::vector<MessagePhase> phases;
  std::int64_t transfers() const;  // of one group
};

// Sends of one rank to the same rank in one slot are one message.
Messages messages_of(const Schedule& schedule, std::int64_t pieces);

}  // namespace aifsim
