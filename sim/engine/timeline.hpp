// What the engine answers, at every fidelity: when each operation of each role's streams ran, and what
// each link carried.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace aifsim {

enum class SpanKind { compute, communication, host, wait };

struct Span {
  SpanKind kind = SpanKind::compute;
  std::string label;  // "layer 3 forward", "all_gather layer 4"
  Seconds start, end;
  Bytes bytes;         // communication: the whole buffer
  std::string detail;  // communication: algorithm and ranks, e.g. "ring, 256 ranks"
};

// A stream of this many spans is long enough to look at; simulations keep no more.
inline constexpr std::size_t most_spans = 20000;

struct StreamTrack {
  std::string name;
  std::vector<Span> spans;  // in order, not overlapping
};

struct RoleTrack {
  std::string name;
  std::int64_t ranks = 0;
  std::vector<StreamTrack> streams;
};

struct LinkUse {
  std::string name;  // a link, or a class of alike links: "nic (256 links)"
  BytesPerSecond capacity;
  Bytes carried;           // by the busiest link of the class, over the whole run
  double utilisation = 0;  // carried / (capacity * duration), 0..1
};

// Utilisation of a class of alike links, link by link in the machine's order; where there are many, the
// busiest of each of 128 equal runs of them.
struct LinkHeat {
  std::string name;
  std::size_t links = 0;     // that carry something
  std::vector<double> bins;  // 0..1
};

struct Timeline {
  Seconds duration;
  std::vector<Seconds> step_ends;  // a job that repeats its program: when each repetition ended
  std::vector<RoleTrack> roles;
  std::vector<LinkUse> links;  // busiest first
  std::vector<LinkHeat> heat;  // in the order of `links`
};

}  // namespace aifsim
