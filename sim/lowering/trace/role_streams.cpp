#include "lowering/trace/role_streams.hpp"

#include <map>
#include <utility>

namespace aifsim {
namespace {

class RoleWriter {
 public:
  RoleWriter(const TracedRank& traced, const std::vector<std::size_t>& groups, std::size_t& events)
      : traced_(traced), groups_(groups), events_(events) {}

  std::vector<Stream> write() {
    find_events();
    std::vector<Stream> streams;
    for (const std::string& name : traced_.work.streams) streams.push_back({name, {}});
    for (std::size_t i = 0; i < traced_.work.ops.size(); ++i) {
      std::vector<Operation>& to = streams[traced_.work.ops[i].stream].operations;
      for (const std::size_t event : waits_[i]) to.push_back({Wait{event}});
      to.push_back(operation(i));
      for (const std::size_t event : records_[i]) to.push_back({Record{event}});
    }
    return streams;
  }

 private:
  // One event for each pair of streams: it counts, as both run in order.
  void find_events() {
    const std::vector<TracedOp>& ops = traced_.work.ops;
    waits_.resize(ops.size());
    records_.resize(ops.size());
    std::map<std::pair<std::size_t, std::size_t>, std::pair<std::size_t, std::size_t>>
        known;  // event, last op
    for (std::size_t i = 0; i < ops.size(); ++i) {
      std::map<std::size_t, std::size_t> latest;                                          // by stream
      for (const std::size_t before : ops[i].after) latest[ops[before].stream] = before;  // ascending
      for (const auto& [stream, before] : latest) {
        if (stream == ops[i].stream) continue;
        const auto [at, isnew] = known.try_emplace({stream, ops[i].stream}, events_, before);
        if (isnew)
          ++events_;
        else if (before <= at->second.second)
          continue;
        at->second.second = before;
        waits_[i].push_back(at->second.first);
        records_[before].push_back(at->second.first);
      }
    }
  }

  Operation operation(std::size_t i) const {
    const TracedOp& op = traced_.work.ops[i];
    std::string label = traced_.labels[i];
    std::erase(label, '#');  // which a StepLabel counts with
    for (char& c : label)
      if (c < ' ' || c > '~') c = '?';
    switch (op.kind) {
      case TracedKind::timed:
        return {TimedKernel{op.time}, std::move(label)};
      case TracedKind::roofline:
        return {Kernel{Roofline{op.flops, op.bytes}}, std::move(label)};
      case TracedKind::host:
        return {HostWork{op.time}, std::move(label)};
      case TracedKind::load:
        return {Kernel{HostTransfer{HostPath::to_device_pinned, op.bytes}}, std::move(label)};
      case TracedKind::store:
        return {Kernel{HostTransfer{HostPath::to_host_pinned, op.bytes}}, std::move(label)};
      case TracedKind::copy:
        return {Kernel{Streaming{StreamKind::copy, op.bytes}}, std::move(label)};
      case TracedKind::collective:
        return {Collective{op.collective, groups_[op.communicator], op.bytes}, std::move(label)};
      case TracedKind::send:
        return {Send{"rank", op.by, op.bytes, op.channel}, std::move(label)};
      case TracedKind::receive:
        return {Receive{"rank", -op.by, op.bytes, op.channel}, std::move(label)};
    }
    return {};
  }

  const TracedRank& traced_;
  const std::vector<std::size_t>& groups_;
  std::size_t& events_;
  std::vector<std::vector<std::size_t>> waits_, records_;  // by operation: events
};

}  // namespace

std::vector<Stream> streams_of(const TracedRank& traced, const std::vector<std::size_t>& groups,
                               std::size_t& events) {
  return RoleWriter(traced, groups, events).write();
}

}  // namespace aifsim
