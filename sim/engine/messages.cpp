#include "engine/messages.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace aifsim {
namespace {

struct Message {
  std::int32_t from = 0, to = 0;
  double share = 0;
};

Slot slot_of(std::vector<Message>& messages, const GroupShape& group) {
  std::sort(messages.begin(), messages.end(), [](const Message& a, const Message& b) {
    return std::tie(a.from, a.to) < std::tie(b.from, b.to);
  });
  Slot slot;
  const auto ranks = static_cast<std::size_t>(group.ranks);
  slot.first.assign(ranks + 1, 0);
  slot.first_source.assign(ranks + 1, 0);
  std::int32_t from = -1;
  for (const Message& m : messages) {
    if (m.from == from && slot.sends.back().to == m.to) {
      slot.sends.back().share += m.share;
      continue;
    }
    from = m.from;
    slot.sends.push_back({m.to, m.share});
    ++slot.first[static_cast<std::size_t>(m.from) + 1];
    ++slot.first_source[static_cast<std::size_t>(m.to) + 1];
    slot.crosses_nodes |= m.from / group.per_node != m.to / group.per_node;
  }
  std::partial_sum(slot.first.begin(), slot.first.end(), slot.first.begin());
  std::partial_sum(slot.first_source.begin(), slot.first_source.end(), slot.first_source.begin());
  slot.sources.resize(slot.sends.size());
  std::vector<std::uint32_t> at(slot.first_source.begin(), slot.first_source.end() - 1);
  for (std::size_t rank = 0; rank < ranks; ++rank)
    for (std::uint32_t i = slot.first[rank]; i < slot.first[rank + 1]; ++i)
      slot.sources[at[static_cast<std::size_t>(slot.sends[i].to)]++] = static_cast<std::int32_t>(rank);
  return slot;
}

MessagePhase steps_of(const Schedule& schedule, const Phase& phase) {
  MessagePhase found;
  found.count = phase.steps;
  const std::int64_t unlike = phase.period > 0 ? std::min(phase.period, phase.steps) : phase.steps;
  Sends sends;
  std::vector<Message> messages;
  for (std::int64_t step = 0; step < unlike; ++step) {
    messages.clear();
    for (std::int64_t rank = 0; rank < schedule.group.ranks; ++rank) {
      sends.clear();
      phase.sends(step, rank, sends);
      for (const Sends::Send& send : sends.all())
        messages.push_back(
            {static_cast<std::int32_t>(rank), send.to, send.volume / static_cast<double>(schedule.cells)});
    }
    found.slots.push_back(slot_of(messages, schedule.group));
  }
  return found;
}

MessagePhase pipeline_of(const Schedule& schedule, const Phase& phase, std::int64_t pieces) {
  MessagePhase found;
  found.count = phase.steps + pieces - 1;
  std::vector<Message> messages;
  std::int64_t current = 0;
  const auto close = [&](std::int64_t next) {
    for (; current < next; ++current) {
      found.slots.push_back(slot_of(messages, schedule.group));
      messages.clear();
    }
  };
  for_each_message(
      schedule, phase, pieces,
      [&](std::int64_t slot, std::int64_t, std::int64_t rank, const Sends::Send& send) {
        close(slot);
        messages.push_back({static_cast<std::int32_t>(rank), send.to,
                            send.volume / static_cast<double>(schedule.cells) / static_cast<double>(pieces)});
      });
  close(found.count);
  return found;
}

}  // namespace

std::int64_t Messages::transfers() const {
  std::int64_t sum = 0;
  for (const MessagePhase& phase : phases)
    for (std::int64_t i = 0; i < phase.count; ++i) sum += std::ssize(phase.slot(i).sends);
  return sum;
}

Messages messages_of(const Schedule& schedule, std::int64_t pieces) {
  Messages messages{schedule.group, {}};
  for (const Phase& phase : schedule.phases)
    messages.phases.push_back(phase.pipelined ? pipeline_of(schedule, phase, pieces)
                                              : steps_of(schedule, phase));
  return messages;
}

}  // namespace aifsim
