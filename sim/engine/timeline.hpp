// What the engine answers, at every fidelity: when each operation of each role's streams ran, and what
// each link carried.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/interned.hpp"
#include "base/units.hpp"
#include "program/program.hpp"

namespace aifsim {

enum class SpanKind { compute, communication, host, wait };

struct Span {
  SpanKind kind = SpanKind::compute;
  Interned label;  // "layer 3 forward", "all_gather layer 4"
  Seconds start, end;
  Bytes bytes;      // communication: the whole buffer
  Interned detail;  // communication: algorithm and ranks, e.g. "ring, 256 ranks"
};

// A stream of this many spans is long enough to look at; simulations keep no more.
inline constexpr std::size_t most_spans = 20000;

struct StreamTrack {
  std::string name;
  std::vector<Span> spans;  // in order, not overlapping
};

// What a moment of a step is spent on: kernels by class, kernels beside communication, the host, exposed communication by
// what it is for, the pipeline's bubble, other waits, data.
enum class StepPart {
  products,
  attention,
  experts,
  elementwise,
  optimizer,
  slowed,   // what kernels take longer while a collective runs on their GPU
  host,     // its own work, and launches that kernels wait for
  tensor,   // sums and gathers of tensor parallelism
  context,  // keys and values
  expert,   // tokens to and from experts
  shard,    // parameters and gradients among ranks that share the state
  replica,  // gradients among copies
  stages,   // transfers between pipeline stages
  bubble,   // waiting for other stages
  waiting,  // for other ranks, and all else
  data,     // input
  storage,  // checkpoints, and what else a job reads and writes
  offload,  // copies to and from the host and its drives
};
constexpr std::size_t step_parts = 18;
const char* name_of(StepPart part);                  // "tensor-parallel exchanges": for people
const char* key_of(StepPart part);                   // "tensor_s": in files
using PartTimes = std::array<double, step_parts>;    // s
using PhaseTimes = std::array<double, step_phases>;  // s, by StepPhase

struct RoleTimes {
  std::int64_t steps = 0;  // that the figures are of, together
  PartTimes parts{};
  Seconds compute, communication, exposed;
  PhaseTimes phases{};
};

struct RoleTrack {
  std::string name;
  std::int64_t ranks = 0;
  std::vector<StreamTrack> streams;
  RoleTimes times = {};
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
  std::string busiest;       // link, the first where several are as busy
  BytesPerSecond capacity;   // of that one
  double mean = 0;           // of those that carry something, 0..1
  Bytes carried;             // by all together
};

struct Timeline {
  Seconds duration;
  std::vector<Seconds> step_ends;  // a job that repeats its program: when each repetition ended
  std::vector<RoleTrack> roles;
  std::vector<LinkUse> links;  // busiest first
  std::vector<LinkHeat> heat;  // in the order of `links`
};

}  // namespace aifsim
