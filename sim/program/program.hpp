// What a job does, as data. Each rank has streams; operations of a stream run in order; events order
// streams. Written once per role (ranks that do the same), not once per rank.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "catalog/platform.hpp"
#include "program/kernel_op.hpp"

namespace aifsim {

// `V` below is the whole buffer of a rank.
enum class CollectiveKind {
  all_gather,      // V: gathered; each rank brings V/n
  reduce_scatter,  // V: before scattering; each rank keeps V/n
  all_reduce,
  broadcast,        // from rank 0
  reduce,           // to rank 0
  gather,           // to rank 0; V: gathered
  scatter,          // from rank 0; V: before scattering
  all_to_all,       // V: what each rank sends (and receives), V/n to each rank
  expert_dispatch,  // an all-to-all whose destinations get unlike amounts; V: what a rank sends
  expert_combine,   // its way back; V: what a rank sends on average
  send_receive,     // every rank sends V to the next one
  barrier,          // no bytes
};
const char* name_of(CollectiveKind kind);
std::span<const CollectiveKind> collective_kinds();

// All groups of one shape, which run at the same time: group g of `size` ranks holds
// first(g) + j*stride, j = 0..size-1; together the groups cover ranks 0..ranks-1.
struct Communicator {
  std::string name;
  std::int64_t size = 1;
  std::int64_t stride = 1;
  auto operator<=>(const Communicator&) const = default;
};

struct Kernel {
  KernelOp op;
  std::int64_t count = 1;
};
struct Collective {
  CollectiveKind kind = CollectiveKind::all_reduce;
  std::size_t communicator = 0;  // index in Program::communicators
  Bytes bytes;                   // the whole buffer (gathered, or before scattering)
  Algorithm algorithm = Algorithm::automatic;
  double skew = 0;  // expert_dispatch, expert_combine: exponent of the power law of tokens over ranks
};
struct HostWork {
  Seconds time;
};
struct Record {
  std::size_t event;
};
struct Wait {
  std::size_t event;
};

struct Operation {
  std::variant<Kernel, Collective, HostWork, Record, Wait> what;
  std::string label;  // e.g. "layer 3 forward"
};

struct Stream {
  std::string name;  // "compute", "gather", "reduce", ...
  std::vector<Operation> operations;
};

struct Role {
  std::string name;
  std::int64_t ranks = 0;  // how many ranks share it
  std::vector<Stream> streams;
};

struct Program {
  std::int64_t ranks = 0;
  std::vector<Communicator> communicators;
  std::vector<Role> roles;
  std::size_t events = 0;  // events 0..events-1, each of one role's streams
};

}  // namespace aifsim
