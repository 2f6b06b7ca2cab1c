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

// The routes of a phase's messages, each pair of GPUs once.
struct PhaseRoutes {
  struct Route {
    std::uint32_t first = 0;  // in `crossings`
    float latency = 0;
    bool inside = false;  // of a node or domain
  };
  struct Crossing {
    std::uint32_t link = 0;  // among the phase's
    float seconds_per_unit = 0;
  };
  std::vector<Route> routes;  // and one more
  std::vector<Crossing> crossings;
  std::size_t links = 0;

  std::span<const Crossing> crossed(std::uint32_t route) const {
    return std::span(crossings).subspan(routes[route].first, routes[route + 1].first - routes[route].first);
  }
};

class PhaseRouteBook {
 public:
  explicit PhaseRouteBook(const Topology& machine) : machine_(machine) {}
  // The routes get numbers in the order in which they come.
  void add(std::span<const LinkId> links, Seconds latency, bool inside);
  PhaseRoutes take();  // all since the last time

 private:
  const Topology& machine_;
  PhaseRoutes made_;
  std::vector<std::uint32_t> number_;  // by link of the machine: its place among the phase's
  std::vector<LinkId> seen_;
};

// One of the messages that every piece takes. A pipe is a channel of a rank of the job: rank * channels +
// channel.
struct PieceMessage {
  std::int32_t from = 0, to = 0;  // pipes
  std::int32_t step = 0;
  std::uint32_t route = 0;
  float units = 0;  // with all pieces
};

// `messages` by step; `cost` decides which way is the longest.
PhaseTime pipeline_time(std::span<const PieceMessage> messages, const PhaseRoutes& routes, std::size_t pipes,
                        std::int64_t pieces, const MessageCost& cost);

}  // namespace aifsim
