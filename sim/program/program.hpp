// What a job does, as data. Ranks lie on meshes; those that do the same are a role, written once. A role has
// streams; operations of a stream run in order; events order streams. program/check.hpp says what makes a program
// well formed.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/units.hpp"
#include "catalog/platform.hpp"
#include "program/kernel_op.hpp"
#include "program/mesh.hpp"

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

// Groups of one shape: group i has the ranks base + member, for the i-th of the bases and each of the members in
// order.
struct GroupRanks {
  RankLattice bases, members;  // members start at 0
  auto operator<=>(const GroupRanks&) const = default;
};

// Axes that collectives span: one group for each choice of coordinates on the others. An axis may be taken in
// part (the first and the last stage, that share an embedding).
struct Group {
  std::string name;
  std::vector<AxisSlice> over;
  std::size_t mesh = 0;                  // index in Program::meshes
  std::optional<GroupRanks> ranks = {};  // instead of axes: communicators of a trace
};

// How the tokens of an all_to_all, expert_dispatch or expert_combine spread over its ranks. V has each token once for
// each rank that it goes to.
struct TokenSpread {
  double skew = 0;  // not of an all_to_all: exponent of the power law of tokens over ranks
  double visits =
      1;  // experts that each token goes to, by a library that sends it once to a node; 1: any other
  auto operator<=>(const TokenSpread&) const = default;
};

struct Kernel {
  KernelOp op;
  std::int64_t count = 1;
  Seconds host = {};   // that the host takes before it launches it
  bool graph = false;  // launched as a part of a CUDA graph, however the stack launches others
};
// One whose time was measured: the same on every device, at any clock.
struct TimedKernel {
  Seconds time;
};
// Of all groups that the role's ranks are in. Ranks of other roles that are in them make the same call; the
// roles' calls on a group meet in order.
struct Collective {
  CollectiveKind kind = CollectiveKind::all_reduce;
  std::size_t group = 0;  // index in Program::groups
  Bytes bytes;            // the whole buffer (gathered, or before scattering)
  Algorithm algorithm = Algorithm::automatic;
  TokenSpread tokens = {};
  std::int64_t every = 1;  // it happens in each so-manieth run of the program, and each pays its part
  std::int64_t times = 1;  // so often, one after the other
};
// Every rank of the role sends to the rank `by` further along an axis of the first mesh (of a role at one
// coordinate of it the last one's next is the first), all of them ranks of one role, which receives with the same `by`, in the same order. Both wait
// until the bytes have arrived.
struct Send {
  std::string axis;
  std::int64_t by = 1;
  Bytes bytes;
  std::int64_t channel = 0;  // calls on different channels do not wait for each other
};
struct Receive {
  std::string axis;
  std::int64_t by = 1;  // as the sender says it: from the rank `by` before
  Bytes bytes;
  std::int64_t channel = 0;
};
// Over the link of each rank's GPU to its host, by a copy engine, which slows no kernel. Copies of a stream follow
// each other; those of different streams do not meet.
struct Copy {
  HostPath path = HostPath::to_host_pinned;
  Bytes bytes;
};
// Of each rank. With a device all ranks of the role together hold one of the platform's meanwhile, and before that
// wait until one is free.
struct HostWork {
  Seconds time;
  std::string device = {};
};
// Between a tier of the platform's storage, or "nvme", the node's own drives, and the host memory of each rank's
// process: all ranks of the role at once, each its own bytes, in so many files; shared: in records of one file.
struct Read {
  std::string tier;
  Bytes bytes;
  double files = 1;
  bool shared = false;
  bool together = false;  // all roles of the program meet for it, each with the same bytes
};
struct Write {
  std::string tier;
  Bytes bytes;
  double files = 1;
  bool shared = false;
  bool together = false;
};
// Memory of each of the role's GPUs: taken, and given back.
enum class MemoryPurpose { parameters, gradients, optimizer, activations, buffers };
constexpr std::size_t memory_purposes = 5;
struct Hold {
  MemoryPurpose purpose = MemoryPurpose::activations;
  Bytes bytes;
};
struct Drop {
  MemoryPurpose purpose = MemoryPurpose::activations;
  Bytes bytes;
};
// Events count: a stream's k-th Wait for an event ends when it has been recorded k times.
struct Record {
  std::size_t event;
};
struct Wait {
  std::size_t event;
};
// What follows on this stream, until the next one, belongs to this phase of a step.
enum class StepPhase { training, generation, scoring };
constexpr std::size_t step_phases = 3;
struct Begin {
  StepPhase phase = StepPhase::training;
};
struct Operation;
struct Repeat {
  std::int64_t times = 1;
  std::vector<Operation> body;
};

// What the timeline calls an operation. In a Repeat's body '#' in the text stands for first + i * step, in its
// i-th run from 0.
struct StepLabel {
  std::string text;
  std::int64_t first = 0, step = 1;
  StepLabel() = default;
  StepLabel(std::string words, std::int64_t from = 0, std::int64_t by = 1)
      : text(std::move(words)), first(from), step(by) {}
  StepLabel(const char* words) : text(words) {}
  std::string str(std::int64_t run) const;
  bool operator==(const StepLabel&) const = default;
};

struct Operation {
  std::variant<Kernel, TimedKernel, Collective, Send, Receive, Copy, HostWork, Read, Write, Hold, Drop,
               Record, Wait, Begin, Repeat>
      what;
  StepLabel label = {};
};

struct Stream {
  std::string name;  // "compute", "gather", "reduce", ...
  std::vector<Operation> operations;
};

// Ranks that do the same: those at these coordinates of the first mesh, all of them along axes not named.
struct Role {
  std::string name;
  std::vector<AxisSlice> at;
  std::vector<Stream> streams;
};

struct Program {
  // Views of the same ranks. The first is the job's; another one has every axis along which a role is a slice, with
  // the same size and stride.
  std::vector<Mesh> meshes;
  std::vector<Group> groups;
  std::vector<Role> roles;
  std::size_t events = 0;  // events 0..events-1, each of one role's streams

  std::int64_t ranks() const { return meshes.front().ranks(); }
};

// A program whose ranks all do the same one collective together.
Program single_collective(std::int64_t ranks, const Collective& what, const std::string& label);

RankLattice ranks_of(const Program& program, const Role& role);

// The groups that the role's ranks are in, whole.
GroupRanks groups_of(const Program& program, const Group& group, const Role& role);
// Pairs: member 0 of each is a rank of the sending role, member 1 the one that it sends to.
GroupRanks pairs_of(const Program& program, const Send& send, const Role& role);
GroupRanks pairs_to(const Program& program, const Receive& receive,
                    const Role& role);  // the same, told by the receiver

}  // namespace aifsim
