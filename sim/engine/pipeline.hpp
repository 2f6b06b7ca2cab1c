// How long a pipelined phase takes, alone on the machine: K pieces follow each other over the same messages.
//
//   t = max over messages m of   F_m + sum over the K - 1 slots that follow of (a + r + c u / K) + B_m
//
//   F_m, B_m  until the first piece gets to m, and from m to the end of the last: the longest way of messages
//             one after the other, each a + r + c u / K
//   u [s]     of one unit of the phase's flow at 1 B/s
//   a, r [s]  per message, and latency of its route; for the slots between, the longest of the same rank and
//             channel
//   c         seconds per unit that the busiest link of the message's route has to carry in the time: what is
//             under way with this one, as rank and channel are in step s + k with piece k
//
// Assumes that all channels start together and keep step, as those do of which each waits for its own. Of up
// to 20,000 messages, what is under way with the first and last piece goes by the time at which they get
// there instead: channels that meet slow links at other times drift apart. Source: our own; compared with
// level message on every fabric in tests/engine/levels_test.cpp.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "machine/topology.hpp"

namespace aifsim {

// A time as a sum of what is known only later: messages inside a node and between nodes, at what the library
// spends on each, latency of routes, and seconds per unit of the phase's flow.
struct PhaseTime {
  double intra = 0, inter = 0;
  double latency = 0;
  double seconds = 0;
};

struct MessageCost {
  Seconds intra_step, inter_step;
  double unit = 0;  // bytes of one unit / efficiency
  double of(const PhaseTime& t) const {
    return t.intra * intra_step.value + t.inter * inter_step.value + t.latency + t.seconds * unit;
  }
};

// One of the messages that every piece takes. A pipe is a channel of a rank of the job: rank * channels +
// channel.
struct PieceMessage {
  std::int32_t from = 0, to = 0;  // pipes
  std::int32_t step = 0;
  float units = 0;  // with all pieces
};

class PipelineTimer {
 public:
  explicit PipelineTimer(const Topology& machine) : machine_(machine) {}
  // `messages` by step, `gpus` by rank; `cost` decides which way is the longest.
  PhaseTime time(std::span<const PieceMessage> messages, std::span<const GpuId> gpus, std::int32_t channels,
                 std::int64_t pieces, const MessageCost& cost);

 private:
  const Topology& machine_;
  std::vector<std::uint32_t> number_;  // by link: its place among the phase's links, scratch
};

}  // namespace aifsim
