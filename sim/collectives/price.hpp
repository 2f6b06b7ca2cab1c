// What a collective costs alone: its schedule's loads on the links that they use, under the constants of a
// library on two classes of path, inside a node or scale-up domain and between them.
//
//   t = min over protocols p of   a + b_p + S/n / C + sum over phases of
//         h_i s_ip + h_o s_op + h d + r + k g + S max over links l of (x_l / (e_i q_p) + y_l / (e_o q_p f))
//       + c_ip sqrt(V) + c_o sqrt(L_o T) + sum over pipelined phases inside of   2 sqrt(L T)
//
//   S bytes of the whole buffer, n ranks, V bytes that a rank must send whatever the algorithm
//   per phase: h messages one after the other inside and between, r [s] latency of their routes, k messages
//     beyond the first at once, x_l and y_l seconds that link l is held by a byte of the buffer on edges
//     inside and between (schedule.hpp, routed)
//   per library: a launch; b, s [s] once and per message, of each protocol (b of the bulk one); q share of the
//     bulk bandwidth that the low-latency protocol reaches, 1 for the bulk one; e share of a link's rate, at
//     most 1: e_i (1 - l_i)^(log2 m - 1) for m ranks in the node, e_o (1 - l_o)^(log2 N - 1) for N of them,
//     and a share of its own where a switch sums; C rate at which a rank copies its own block; g per message;
//     c ramps, as a message fills what its pieces in flight can: c_i of the low-latency protocol alone, 0 for the
//     bulk one; L_o, T [s] what the messages between nodes and all bytes take; L, T of a phase: a pipeline in as many
//     pieces as take least time, min over K of (h + K) (L / h + T / K) = L + T + 2 sqrt(L T)
//   d delay that neighbours add to each of the h messages of a phase that crosses nodes, as all ranks wait for the
//     slowest, and f share of the bandwidth between nodes that they leave: 0 and 1 on an idle machine
//
// Sums in a switch know the bulk protocol only. Time grows with bytes and hops and falls with bandwidth, as each term
// does; no link carries more than its rate, as no share is above 1. Source: Hockney 1994; NCCL's protocols LL,
// LL128 and Simple. Range of the fits: 2 to 8 ranks in a node, 72 in a domain, 2 to 360 nodes, 8 B to 32 GiB.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/units.hpp"
#include "catalog/platform.hpp"
#include "collectives/schedule.hpp"

namespace aifsim {

enum class Protocol { low_latency, bulk };

// Shares of a link's rate and times per message, with all that they depend on but the bytes.
struct LibraryConstants {
  double launch = 0, bulk_start = 0, low_share = 0;  // low_share 0: there is no such protocol
  double inside_low_step = 0, inside_step = 0, inside_share = 1, inside_loss = 0, inside_ramp = 0;
  double between_low_step = 0, between_step = 0, between_share = 1, between_loss = 0, between_ramp = 0;
  double copy_bandwidth = 0;   // 0: takes no time
  double in_switch_share = 0;  // 0: that of other messages inside
  double peer_gap = 0;
  double neighbours_delay = 0, neighbours_leave = 1;
  auto operator<=>(const LibraryConstants&) const = default;
};

// Busy: with what neighbours cost, where training runs told.
LibraryConstants library_constants(const CommunicationDescription& communication, bool busy);

// Seconds that a byte of the buffer holds a link, by where its edges lead.
struct LinkSeconds {
  double inside = 0, between = 0;
};

// One phase on the links of a machine, free of bytes and constants.
struct PhaseWork {
  double hops_inside = 0, hops_between = 0, extra_messages = 0;
  double route_inside = 0, route_between = 0;  // latency of the routes of those, s
  bool in_switch = false, pipelined = false;
  double whole = 0;   // seconds per byte on the busiest link at its full rate
  LinkSeconds first;  // likewise of the least loaded edge alone, the slowest inside and between
  std::vector<LinkSeconds> busiest;  // the links of which one is, under any constants
};

struct CollectiveWork {
  CollectiveKind kind = CollectiveKind::all_reduce;
  std::int64_t ranks = 1, per_node = 1, nodes = 1;
  std::vector<PhaseWork> phases;
};

struct PhasePrice {
  Seconds latency;
  double stretch = 1;  // of the bytes, over the full rate of the busiest link
};

struct CollectivePrice {
  Protocol protocol = Protocol::bulk;
  Seconds inside_step, between_step;  // per message, of the protocol
  double inside_share = 1, between_share = 1;
  Seconds once;  // beside the phases: launch, copies, ramps
  Seconds fill;  // of that: of pipelines, and the ramp between nodes
  std::vector<PhasePrice> phases;
  Seconds total;
};

CollectivePrice price_of(const CollectiveWork& work, Bytes bytes, const LibraryConstants& constants);
CollectivePrice price_of(const CollectiveWork& work, Bytes bytes, const LibraryConstants& constants,
                         Protocol protocol);

// Keeps of all links given those that are the busiest under some shares.
void add_to_front(std::vector<LinkSeconds>& front, LinkSeconds link);

// Bytes that each rank must send, whatever the algorithm.
double volume_of(CollectiveKind kind, std::int64_t ranks, Bytes bytes);

}  // namespace aifsim
