// Puts operations on the streams of one role.
#pragma once
#include <string>
#include <vector>

#include "lowering/training/part.hpp"
#include "program/program.hpp"

namespace aifsim {

enum StreamIndex : std::size_t {
  compute,
  shard,
  replica,
  expert_shard,
  tensor,
  context,
  expert,
  send_forward,
  receive_forward,
  send_backward,
  receive_backward,
  loader,
  dataset,
  checkpointing,
  to_host,
  from_host,
  to_drives,
  from_drives,
  training_streams
};
// In the program's `groups`; each is called from the stream of its name, `expert_replicas`, `ends` and `island` from
// replica, `engine` from tensor.
enum GroupIndex : std::size_t {
  shard_group,
  replica_group,
  tensor_group,
  context_group,
  expert_group,
  expert_copies,
  expert_replicas,
  ends_group,
  training_groups,
  island_group = training_groups,  // where there are islands
  engine_group = training_groups,  // where answers are generated, which excludes islands
};

class Emitter {
 public:
  // `group_sizes`: ranks of each group; a collective of one rank is none.
  Emitter(std::size_t& events, std::vector<std::int64_t> group_sizes);

  // What `body` puts on each stream, so many times.
  template <class Body>
  void repeat(std::int64_t times, Body body) {
    if (times < 1) return;
    std::vector<std::vector<Operation>> bodies(training_streams);
    std::vector<std::vector<Operation>*> outside = into_;
    for (std::size_t s = 0; s < bodies.size(); ++s) into_[s] = &bodies[s];
    body();
    into_ = std::move(outside);
    for (std::size_t s = 0; s < bodies.size(); ++s)
      if (!bodies[s].empty()) into_[s]->push_back({Repeat{times, std::move(bodies[s])}});
  }

  std::size_t event() { return events_++; }
  void record(StreamIndex s, std::size_t event) { put(s, {Record{event}}); }
  void wait(StreamIndex s, std::size_t event) { put(s, {Wait{event}}); }
  void after(StreamIndex later, StreamIndex earlier);  // `later` goes on when `earlier` has come here
  void run(const std::vector<Kernel>& kernels, const StepLabel& label);
  void run(const std::vector<Part>& parts, const StepLabel& label,
           Seconds host = {});  // host: to dispatch them
  // From here on, exchanges with experts go on beside all kernels of their `run`, which stand for those of another
  // micro-batch.
  void overlap_experts() { overlaps_experts_ = true; }
  // From here on, a token goes once to each node that has an expert of it.
  void forward_tokens() { forwards_tokens_ = true; }
  // From here on, host and GPU take this longer for each exchange of tensor-parallel ranks.
  void take_for_tensor_exchanges(Seconds host) { per_tensor_exchange_ = host; }
  void host(Seconds time, const std::string& label);
  // `every`: it happens in each so-manieth run of the program.
  void collective(StreamIndex s, GroupIndex group, CollectiveKind kind, double bytes, StepLabel what,
                  std::int64_t every = 1, const TokenSpread& tokens = {});
  void hold(MemoryPurpose purpose, Bytes bytes) { put(compute, {Hold{purpose, bytes}}); }
  void drop(MemoryPurpose purpose, Bytes bytes) { put(compute, {Drop{purpose, bytes}}); }
  void put(StreamIndex s, Operation operation) { into_[s]->push_back(std::move(operation)); }
  void begin(StepPhase phase) { put(compute, {Begin{phase}}); }
  bool used(StreamIndex s) const { return !streams_[s].operations.empty(); }
  bool alone(GroupIndex group) const { return sizes_[group] == 1; }

  std::vector<Stream> streams();  // those with operations; ends the emitter

 private:
  std::size_t& events_;
  std::vector<std::int64_t> sizes_;
  std::vector<Stream> streams_;
  std::vector<std::vector<Operation>*> into_;  // by stream: where its operations go
  bool overlaps_experts_ = false, forwards_tokens_ = false;
  Seconds per_tensor_exchange_;
};

}  // namespace aifsim
