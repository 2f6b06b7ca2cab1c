#include "lowering/trace/chakra_rank.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <queue>
#include <unordered_map>

#include "base/error.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

using records::ChakraCollective;
using records::ChakraNode;
using records::ChakraNodeKind;
using records::ChakraTrace;

CollectiveKind kind_of_collective(ChakraCollective kind) {
  using K = CollectiveKind;
  static constexpr std::array kinds{K::all_reduce,     K::reduce,    K::all_gather, K::gather,
                                    K::scatter,        K::broadcast, K::all_to_all, K::reduce_scatter,
                                    K::reduce_scatter, K::barrier};
  return kinds[static_cast<std::size_t>(kind)];
}

class ChakraRank {
 public:
  ChakraRank(const ChakraTrace& trace, std::int64_t rank, const ChakraJob& job)
      : trace_(trace), rank_(rank), job_(job), maker_(trace.file) {}

  TracedRank make() {
    require_times();
    ends_.resize(trace_.nodes.size());
    for (const std::size_t i : order()) {
      const ChakraNode& node = trace_.nodes[i];
      std::vector<std::size_t> after;
      for (const std::size_t before : waits_[i])
        after.insert(after.end(), ends_[before].begin(), ends_[before].end());
      std::sort(after.begin(), after.end());
      after.erase(std::unique(after.begin(), after.end()), after.end());
      ends_[i] = add(node, after);
    }
    return maker_.take();
  }

 private:
  [[noreturn]] void fail(const ChakraNode& node, const std::string& message) const {
    throw InputError(Place{trace_.file}, fmt::format("node {}{}, at byte {}: {}", node.id,
                                                     node.name.empty() ? "" : " (" + quote(node.name) + ")",
                                                     node.offset, message));
  }

  // One kernel below a microsecond has no time; a trace has one at least that tells what its kernels take.
  void require_times() const {
    const ChakraNode* untold = nullptr;
    for (const ChakraNode& node : trace_.nodes) {
      if (node.kind != ChakraNodeKind::compute || node.host) continue;
      if (node.duration.value > 0 || node.operations || node.tensor) return;
      if (!untold) untold = &node;
    }
    if (untold)
      fail(*untold,
           "no node that computes has duration_micros, num_ops or tensor_size, so nobody knows what they "
           "take");
  }

  // Of what can run, the smallest id goes first.
  std::vector<std::size_t> order() {
    const std::vector<ChakraNode>& nodes = trace_.nodes;
    std::unordered_map<std::uint64_t, std::size_t> index;
    for (std::size_t i = 0; i < nodes.size(); ++i) index[nodes[i].id] = i;
    waits_.resize(nodes.size());
    std::vector<std::size_t> left(nodes.size(), 0);
    std::vector<std::vector<std::size_t>> frees(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (const std::uint64_t id : nodes[i].dependencies) {
        const auto before = index.find(id);
        if (before == index.end())
          fail(nodes[i], fmt::format("depends on node {}, which is not in the trace", id));
        waits_[i].push_back(before->second);
      }
      std::sort(waits_[i].begin(), waits_[i].end());
      waits_[i].erase(std::unique(waits_[i].begin(), waits_[i].end()), waits_[i].end());
      left[i] = waits_[i].size();
      for (const std::size_t before : waits_[i]) frees[before].push_back(i);
    }
    const auto later = [&](std::size_t a, std::size_t b) { return nodes[a].id > nodes[b].id; };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> ready(later);
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (left[i] == 0) ready.push(i);
    std::vector<std::size_t> order;
    while (!ready.empty()) {
      const std::size_t i = ready.top();
      ready.pop();
      order.push_back(i);
      for (const std::size_t next : frees[i])
        if (--left[next] == 0) ready.push(next);
    }
    if (order.size() < nodes.size()) tell_circle(left);
    return order;
  }

  [[noreturn]] void tell_circle(const std::vector<std::size_t>& left) const {
    const auto stuck = [&](std::size_t i) { return left[i] > 0; };
    std::size_t at = 0;
    while (!stuck(at)) ++at;
    std::vector<std::size_t> path;
    while (std::find(path.begin(), path.end(), at) == path.end()) {
      path.push_back(at);
      at = *std::find_if(waits_[at].begin(), waits_[at].end(), stuck);
    }
    std::vector<std::uint64_t> ids;
    for (auto i = std::find(path.begin(), path.end(), at); i != path.end(); ++i)
      ids.push_back(trace_.nodes[*i].id);
    constexpr std::size_t most = 8;
    const bool more = ids.size() > most;
    if (more) ids.resize(most);
    fail(trace_.nodes[at],
         fmt::format("depends on itself, by way of nodes {}{}", fmt::join(ids, ", "), more ? ", ..." : ""));
  }

  // The operation, or what the node waits for where it is none.
  std::vector<std::size_t> add(const ChakraNode& node, const std::vector<std::size_t>& after) {
    TracedOp op;
    op.after = after;
    switch (node.kind) {
      case ChakraNodeKind::other:
        return after;
      case ChakraNodeKind::compute:
        return compute(node, std::move(op));
      case ChakraNodeKind::storage:
        if (!(node.duration.value > 0)) return after;
        op.kind = TracedKind::host;
        op.time = node.duration;
        return put(node, std::move(op), "storage");
      case ChakraNodeKind::load:
      case ChakraNodeKind::store:
        return move_bytes(node, std::move(op));
      case ChakraNodeKind::send:
      case ChakraNodeKind::receive:
        return peer(node, std::move(op));
      case ChakraNodeKind::collective:
        return collective(node, std::move(op));
    }
    return after;
  }

  std::vector<std::size_t> put(const ChakraNode& node, TracedOp op, const std::string& stream,
                               std::int64_t tag = 0) {
    return {maker_.add(std::move(op), stream, node.name.empty() ? fmt::format("node {}", node.id) : node.name,
                       node.id, tag)};
  }

  std::vector<std::size_t> compute(const ChakraNode& node, TracedOp op) {
    if (node.duration.value > 0) {
      op.kind = node.host ? TracedKind::host : TracedKind::timed;
      op.time = node.duration;
    } else if (!node.host && (node.operations || node.tensor)) {
      op.kind = TracedKind::roofline;
      op.flops = node.operations.value_or(Flops{});
      op.bytes = node.tensor.value_or(Bytes{});
    } else {
      return op.after;
    }
    if (node.host)
      return put(node, std::move(op), node.thread ? fmt::format("host {}", *node.thread) : "host");
    return put(node, std::move(op), node.stream ? fmt::format("compute {}", *node.stream) : "compute");
  }

  std::vector<std::size_t> move_bytes(const ChakraNode& node, TracedOp op) {
    const bool load = node.kind == ChakraNodeKind::load;
    if (node.tensor) {
      op.kind = node.on_device ? TracedKind::copy : load ? TracedKind::load : TracedKind::store;
      op.bytes = *node.tensor;
    } else if (node.duration.value > 0) {
      op.kind = TracedKind::host;
      op.time = node.duration;
    } else {
      fail(node, "tensor_size is missing, and duration_micros too");
    }
    return put(node, std::move(op), load ? "load" : "store");
  }

  std::vector<std::size_t> peer(const ChakraNode& node, TracedOp op) {
    const bool send = node.kind == ChakraNodeKind::send;
    if (job_.shared)
      fail(node, "sends and receives name ranks, so each rank needs a file of its own (PREFIX.0.et, ...)");
    const auto& own = send ? node.source : node.destination;
    const auto& other = send ? node.destination : node.source;
    if (own && *own != rank_)
      fail(node, fmt::format("{} is {}, but this is the trace of rank {}", send ? "comm_src" : "comm_dst",
                             *own, rank_));
    if (!other) fail(node, send ? "comm_dst is missing" : "comm_src is missing");
    if (!node.size) fail(node, "comm_size is missing");
    if (*other >= job_.ranks || *other == rank_)
      fail(node, fmt::format("{} must be another of the {} ranks, found {}", send ? "comm_dst" : "comm_src",
                             job_.ranks, *other));
    op.kind = send ? TracedKind::send : TracedKind::receive;
    op.bytes = *node.size;
    op.by = *other - rank_;
    const std::int64_t tag = node.tag.value_or(0);
    std::string stream = fmt::format("{} {:+}", send ? "send" : "receive", op.by);
    if (job_.by_tag) {
      op.channel = tag;
      stream += fmt::format(" tag {}", tag);
    }
    return put(node, std::move(op), stream, tag);
  }

  std::vector<std::size_t> collective(const ChakraNode& node, TracedOp op) {
    if (!node.collective) fail(node, "comm_type is missing");
    op.kind = TracedKind::collective;
    op.collective = kind_of_collective(*node.collective);
    if (!node.size && op.collective != CollectiveKind::barrier) fail(node, "comm_size is missing");
    const Communicator of{node.group, members(node)};
    if (of.ranks.size() == 1) return op.after;
    op.bytes = op.collective == CollectiveKind::barrier
                   ? Bytes{}
                   : whole_buffer(op.collective, *node.size, of.ranks.size());
    op.communicator = maker_.communicator(of);
    const std::string stream = fmt::format("communicator {}", op.communicator);
    return put(node, std::move(op), stream);
  }

  std::vector<std::int64_t> members(const ChakraNode& node) const {
    std::vector<std::int64_t> ranks = listed(node);
    if (ranks.empty()) {
      ranks.resize(static_cast<std::size_t>(job_.ranks));
      std::iota(ranks.begin(), ranks.end(), 0);
      return ranks;
    }
    std::sort(ranks.begin(), ranks.end());
    if (std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end())
      fail(node, fmt::format("process group {} has a rank twice", quote(node.group)));
    if (ranks.front() < 0 || ranks.back() >= job_.ranks)
      fail(node, fmt::format("process group {} has rank {}, of {} ranks", quote(node.group),
                             ranks.front() < 0 ? ranks.front() : ranks.back(), job_.ranks));
    if (!std::binary_search(ranks.begin(), ranks.end(), rank_))
      fail(node, fmt::format("rank {} is not in process group {}", rank_, quote(node.group)));
    return ranks;
  }

  // None: all.
  std::vector<std::int64_t> listed(const ChakraNode& node) const {
    for (const records::ProcessGroups* groups : {&job_.groups, &trace_.groups})
      if (const auto found = groups->find(node.group); found != groups->end()) return found->second;
    if (!node.group.empty() && node.group != "0")  // as ASTRA-sim has it
      fail(node,
           fmt::format("process group {} is not defined: neither by the trace's metadata nor by the job's "
                       "groups (comm_group.json)",
                       quote(node.group)));
    if (std::find(node.involved.begin(), node.involved.end(), false) == node.involved.end()) return {};
    if (node.involved.size() != job_.dimensions.size())
      fail(node,
           fmt::format("involved_dim speaks of {} dimensions of the network, the job's `dimensions` of {}",
                       node.involved.size(), job_.dimensions.size()));
    std::vector<std::int64_t> ranks{rank_};
    std::int64_t stride = 1;
    for (std::size_t d = 0; d < job_.dimensions.size(); ++d) {
      const std::int64_t size = job_.dimensions[d], own = rank_ / stride % size;
      const std::vector<std::int64_t> before = node.involved[d] ? ranks : std::vector<std::int64_t>{};
      for (std::int64_t i = 0; i < size && node.involved[d]; ++i)
        if (i != own)
          for (const std::int64_t rank : before) ranks.push_back(rank + (i - own) * stride);
      stride *= size;
    }
    return ranks;
  }

  const ChakraTrace& trace_;
  const std::int64_t rank_;
  const ChakraJob& job_;
  TracedRankMaker maker_;
  std::vector<std::vector<std::size_t>> waits_;  // by node: those that it depends on
  std::vector<std::vector<std::size_t>> ends_;   // by node: operations that end it
};

}  // namespace

TracedRank traced_rank(const ChakraTrace& trace, std::int64_t rank, const ChakraJob& job) {
  return ChakraRank(trace, rank, job).make();
}

}  // namespace aifsim
