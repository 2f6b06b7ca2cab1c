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
};

// One channel of a pipelined phase, for one rank: what it does with each piece.
struct Pipe {
  struct Stage {
    std::int64_t step = 0;  // piece k does it in slot step + k
    std::vector<Slot::Send> sends;
    std::vector<std::int32_t> sources;
  };
  std::int32_t rank = 0, channel = 0;
  std::vector<Stage> stages;  // by step
};

struct MessagePhase {
  std::vector<Slot> slots;  // those that differ, run through again and again
  std::int64_t count = 0;   // of slots that run
  const Slot& slot(std::int64_t index) const { return slots[static_cast<std::size_t>(index) % slots.size()]; }
  // Pipelined: these instead, ordered by rank.
  std::vector<Pipe> pipes;
  std::vector<std::uint32_t> first_pipe;  // by rank, and one more
  std::int64_t pieces = 0;
};

struct Messages {
  GroupShape group;
  std::vector<MessagePhase> phases;
  bool streamed = false;           // the phases run side by side
  std::int64_t channels = 1;       // most that a phase has
  std::int64_t transfers() const;  // of one group
};

// Sends of one rank to the same rank in one slot are one message; in a pipelined phase those of one channel.
Messages messages_of(const Schedule& schedule, std::int64_t pieces);

}  // namespace aifsim
