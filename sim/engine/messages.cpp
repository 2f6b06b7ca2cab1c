#include "engine/messages.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace aifsim {
namespace {

struct Message {
  std::int32_t from = 0, to = 0;
  double share = 0;
};

Slot slot_of(std::vector<Message>& messages, std::int64_t group_ranks) {
  std::sort(messages.begin(), messages.end(), [](const Message& a, const Message& b) {
    return std::tie(a.from, a.to) < std::tie(b.from, b.to);
  });
  Slot slot;
  const auto ranks = static_cast<std::size_t>(group_ranks);
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
    found.slots.push_back(slot_of(messages, schedule.group.ranks));
  }
  return found;
}

MessagePhase pipeline_of(const Schedule& schedule, const Phase& phase, std::int64_t pieces) {
  std::map<std::pair<std::int32_t, std::int32_t>, Pipe> pipes;  // by rank and channel
  MessagePhase found;
  found.pieces = pieces;
  const auto stage = [&](std::int32_t rank, std::int32_t channel, std::int64_t step) -> Pipe::Stage& {
    std::vector<Pipe::Stage>& stages = pipes[{rank, channel}].stages;
    if (stages.empty() || stages.back().step != step) stages.emplace_back().step = step;
    return stages.back();
  };
  const double share = 1 / static_cast<double>(schedule.cells) / static_cast<double>(pieces);
  for_each_message(schedule, phase, 1,
                   [&](std::int64_t step, std::int64_t, std::int64_t rank, const Sends::Send& send) {
                     const auto from = static_cast<std::int32_t>(rank);
                     stage(from, send.channel, step).sends.push_back({send.to, send.volume * share});
                     stage(send.to, send.channel, step).sources.push_back(from);
                   });
  found.first_pipe.assign(static_cast<std::size_t>(schedule.group.ranks) + 1, 0);
  for (auto& [key, pipe] : pipes) {
    std::tie(pipe.rank, pipe.channel) = key;
    ++found.first_pipe[static_cast<std::size_t>(pipe.rank) + 1];
    found.pipes.push_back(std::move(pipe));
  }
  std::partial_sum(found.first_pipe.begin(), found.first_pipe.end(), found.first_pipe.begin());
  return found;
}

}  // namespace

std::int64_t Messages::transfers() const {
  std::int64_t sum = 0;
  for (const MessagePhase& phase : phases) {
    for (std::int64_t i = 0; i < phase.count; ++i) sum += std::ssize(phase.slot(i).sends);
    for (const Pipe& pipe : phase.pipes)
      for (const Pipe::Stage& stage : pipe.stages) sum += phase.pieces * std::ssize(stage.sends);
  }
  return sum;
}

Messages messages_of(const Schedule& schedule, std::int64_t pieces) {
  Messages messages{schedule.group, {}, schedule.streamed};
  for (const Phase& phase : schedule.phases)
    messages.phases.push_back(phase.pipelined ? pipeline_of(schedule, phase, pieces)
                                              : steps_of(schedule, phase));
  for (const MessagePhase& phase : messages.phases)
    for (const Pipe& pipe : phase.pipes)
      messages.channels = std::max<std::int64_t>(messages.channels, pipe.channel + 1);
  return messages;
}

}  // namespace aifsim
