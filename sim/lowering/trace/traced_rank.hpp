// What one rank of a trace does, in an order that its dependencies allow: operations on streams, other ranks told
// by their distance, communicators by the order in which the rank first calls them. So ranks that do the same compare
// equal, wherever they are.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "program/program.hpp"

namespace aifsim {

enum class TracedKind { timed, roofline, host, load, store, copy, collective, send, receive };

struct TracedOp {
  TracedKind kind = TracedKind::timed;
  std::size_t stream = 0;
  Seconds time;  // timed, host
  Flops flops;   // roofline
  Bytes bytes;   // of a collective: its whole buffer
  CollectiveKind collective = CollectiveKind::all_reduce;
  std::size_t communicator = 0;    // index in TracedRank::communicators
  std::int64_t by = 0;             // to the peer of a send or receive
  std::int64_t channel = 0;        // of a send or receive
  std::vector<std::size_t> after;  // operations before it that it waits for, on other streams too
  bool operator==(const TracedOp&) const = default;
};

struct TracedWork {
  std::vector<std::string> streams;
  std::vector<TracedOp> ops;
  bool operator==(const TracedWork&) const = default;
};

struct Communicator {
  std::string name;
  std::vector<std::int64_t> ranks;  // ascending
  auto operator<=>(const Communicator&) const = default;
};

struct TracedRank {
  std::string file;
  TracedWork work;
  std::vector<Communicator> communicators;
  // Of each operation: for people, and the tag of a send or receive.
  std::vector<std::string> labels;
  std::vector<std::uint64_t> ids;
  std::vector<std::int64_t> tags;
};

// Puts operations on streams as they come.
class TracedRankMaker {
 public:
  explicit TracedRankMaker(std::string file) { rank_.file = std::move(file); }
  // On the stream of this name; returns its index.
  std::size_t add(TracedOp op, const std::string& stream, std::string label, std::uint64_t id,
                  std::int64_t tag = 0);
  std::size_t communicator(const Communicator& of);
  TracedRank take() { return std::move(rank_); }

 private:
  TracedRank rank_;
  std::map<std::string, std::size_t> streams_;
  std::map<Communicator, std::size_t> communicators_;
};

// The whole buffer, of what a rank brings in.
Bytes whole_buffer(CollectiveKind kind, Bytes input, std::size_t ranks);

}  // namespace aifsim
