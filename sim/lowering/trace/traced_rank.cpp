#include "lowering/trace/traced_rank.hpp"

#include <algorithm>

namespace aifsim {

std::size_t TracedRankMaker::add(TracedOp op, const std::string& stream, std::string label, std::uint64_t id,
                                 std::int64_t tag) {
  const auto [at, isnew] = streams_.try_emplace(stream, rank_.work.streams.size());
  if (isnew) rank_.work.streams.push_back(stream);
  op.stream = at->second;
  std::sort(op.after.begin(), op.after.end());
  op.after.erase(std::unique(op.after.begin(), op.after.end()), op.after.end());
  rank_.work.ops.push_back(std::move(op));
  rank_.labels.push_back(std::move(label));
  rank_.ids.push_back(id);
  rank_.tags.push_back(tag);
  return rank_.work.ops.size() - 1;
}

std::size_t TracedRankMaker::communicator(const Communicator& of) {
  const auto [at, isnew] = communicators_.try_emplace(of, rank_.communicators.size());
  if (isnew) rank_.communicators.push_back(of);
  return at->second;
}

Bytes whole_buffer(CollectiveKind kind, Bytes input, std::size_t ranks) {
  return kind == CollectiveKind::all_gather || kind == CollectiveKind::gather
             ? input * static_cast<double>(ranks)
             : input;
}

}  // namespace aifsim
