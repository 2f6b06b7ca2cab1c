#include "lowering/trace/kineto_rank.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "lowering/trace/kineto_calls.hpp"
#include "lowering/trace/kineto_order.hpp"

namespace aifsim {
namespace {

using records::KinetoKernel;
using records::KinetoTrace;

constexpr double kMicro = 1e-6;

class Rank {
 public:
  Rank(const KinetoTrace& trace, std::int64_t ranks, const Place& asked_at)
      : trace_(trace),
        ranks_(ranks),
        calls_(trace, ranks, asked_at),
        order_(order_of(trace)),
        maker_(trace.file),
        lanes_(trace.streams.size()) {}

  KinetoRank make() {
    ops_.resize(trace_.kernels.size());
    for (Lane& lane : lanes_) lane.end = trace_.begin;
    for (std::uint32_t k = 0; k < trace_.kernels.size(); ++k) add(k);
    made_.note = note();
    made_.rank = maker_.take();
    return std::move(made_);
  }

 private:
  struct Lane {
    double end = 0, pause = 0;        // us: of what is on it; of pauses too short to be operations
    std::optional<std::size_t> last;  // operation
  };

  void add(std::uint32_t k) {
    const KinetoKernel& kernel = trace_.kernels[k];
    Lane& lane = lanes_[kernel.stream];
    TracedOp op;
    double from = lane.end;
    for (const std::uint32_t before : order_.waits[k]) {
      from = std::max(from, order_.ends[before]);
      if (ops_[before]) op.after.push_back(*ops_[before]);
    }
    lane.pause += std::max(0.0, kernel.start - from);
    lane.end = order_.ends[k];
    const std::string stream = fmt::format("stream {}", trace_.streams[kernel.stream]);
    if (lane.pause >= 1) {
      TracedOp host;
      host.kind = TracedKind::host;
      host.time = Seconds{lane.pause * kMicro};
      host.after = std::move(op.after);
      op.after.clear();
      lane.last = maker_.add(std::move(host), stream, "host", k);
      lane.pause = 0;
    }
    const Call* call = kernel.is_call() ? &call_of(kernel) : nullptr;
    if (call && !call->alone) {
      op.kind = TracedKind::collective;
      op.collective = call->placed.kind;
      op.bytes = call->placed.bytes;
      op.communicator = call->communicator;
      communicating_ += order_.takes[k];
    } else {
      op.kind = TracedKind::timed;
      // Of a group that shrank to one rank nothing is left.
      if (!call || trace_.calls[kernel.call].call.group_size == 1)
        op.time = Seconds{order_.takes[k] * kMicro};
      (call ? communicating_ : computing_) += order_.takes[k];
    }
    if (op.kind == TracedKind::collective || op.time.value > 0 || !op.after.empty())
      lane.last = maker_.add(std::move(op), stream, trace_.names[kernel.name], k);
    ops_[k] = lane.last;
  }

  struct Call {
    PlacedCall placed;
    std::size_t communicator = 0;
    bool alone = false;
  };

  // A communicator is called from one stream; calls from another one are another's.
  const Call& call_of(const KinetoKernel& kernel) {
    const auto [at, isnew] = known_.try_emplace({kernel.call, kernel.stream});
    Call& call = at->second;
    if (!isnew) return call;
    call.placed = calls_.placed(trace_.calls[kernel.call]);
    call.alone = call.placed.ranks.members.size() == 1;
    if (call.alone) return call;
    std::string name = call.placed.group;
    const auto [first, isfirst] = first_stream_.try_emplace({name, call.placed.ranks}, kernel.stream);
    if (first->second != kernel.stream) name += fmt::format(" on stream {}", trace_.streams[kernel.stream]);
    const auto [index, isgroup] = communicators_.try_emplace({name, call.placed.ranks}, made_.groups.size());
    if (isgroup) made_.groups.push_back({name, {}, 0, call.placed.ranks});
    call.communicator = index->second;
    return call;
  }

  std::string note() const {
    std::string text = fmt::format(
        "{} of the trace took {:.4g} ms: {:.4g} ms of kernels, {:.4g} ms of collectives with the wait for "
        "other ranks",
        trace_.step.empty() ? "the whole" : trace_.step, (trace_.end - trace_.begin) / 1e3, computing_ / 1e3,
        communicating_ / 1e3);
    if (const auto traced = calls_.traced_ranks(); traced && *traced != ranks_)
      text += fmt::format(
          " on {} GPUs; on {} each GPU does the same, and process groups over all ranks grow or shrink",
          *traced, ranks_);
    for (const std::string& lost : trace_.notes) text += "; " + lost;
    return text;
  }

  const KinetoTrace& trace_;
  const std::int64_t ranks_;
  KinetoCalls calls_;
  KinetoOrder order_;
  TracedRankMaker maker_;
  std::vector<Lane> lanes_;
  std::vector<std::optional<std::size_t>> ops_;  // of each kernel, or the last one before it on its stream
  std::map<std::pair<std::uint32_t, std::uint32_t>, Call> known_;  // by call and stream
  std::map<std::pair<std::string, GroupRanks>, std::uint32_t> first_stream_;
  std::map<std::pair<std::string, GroupRanks>, std::size_t> communicators_;
  double computing_ = 0, communicating_ = 0;
  KinetoRank made_;
};

}  // namespace

KinetoRank kineto_rank(const KinetoTrace& trace, std::int64_t ranks, const Place& asked_at) {
  return Rank(trace, ranks, asked_at).make();
}

}  // namespace aifsim
