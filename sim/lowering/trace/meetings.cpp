#include "lowering/trace/meetings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

[[noreturn]] void fail(const std::string& file, const std::string& message) {
  throw InputError(Place{file}, message);
}

// Indices of the operations with which a rank calls its communicator.
std::vector<std::size_t> calls_of(const TracedWork& work, std::size_t communicator) {
  std::vector<std::size_t> calls;
  for (std::size_t i = 0; i < work.ops.size(); ++i)
    if (work.ops[i].kind == TracedKind::collective && work.ops[i].communicator == communicator)
      calls.push_back(i);
  return calls;
}

std::string call_text(const TracedOp& op) {
  return fmt::format("{} of {:.0f} B", name_of(op.collective), op.bytes.value);
}

class Calls {
 public:
  explicit Calls(const TracedJob& job) : job_(job) {}

  void check() {
    std::vector<std::vector<std::size_t>> slots(
        job_.communicators.size());  // first caller: rank, and its index
    std::vector<std::size_t> callers(job_.communicators.size(), 0);
    for (std::size_t r = 0; r < job_.ranks.size(); ++r)
      for (std::size_t slot = 0; slot < job_.ranks[r].communicators.size(); ++slot) {
        const std::size_t c = job_.ranks[r].communicators[slot];
        ++callers[c];
        if (slots[c].empty())
          slots[c] = {r, slot};
        else
          compare(c, slots[c][0], slots[c][1], r, slot);
      }
    for (std::size_t c = 0; c < callers.size(); ++c)
      if (callers[c] != job_.communicators[c].ranks.size()) tell_missing(c);
  }

 private:
  void compare(std::size_t c, std::size_t rank, std::size_t slot, std::size_t other, std::size_t other_slot) {
    const std::size_t a = job_.ranks[rank].work, b = job_.ranks[other].work;
    if (a == b && slot == other_slot) return;
    if (!compared_.insert({{a, slot}, {b, other_slot}}).second) return;
    const TracedRank &left = job_.works[a], &right = job_.works[b];
    const auto calls = calls_of(left.work, slot), theirs = calls_of(right.work, other_slot);
    const auto text = [&](const TracedRank& of, const std::vector<std::size_t>& list, std::size_t k) {
      return k < list.size() ? fmt::format("{} (node {})", call_text(of.work.ops[list[k]]), of.ids[list[k]])
                             : std::string("none");
    };
    for (std::size_t k = 0; k < std::max(calls.size(), theirs.size()); ++k) {
      if (k < calls.size() && k < theirs.size()) {
        const TracedOp &one = left.work.ops[calls[k]], &two = right.work.ops[theirs[k]];
        if (one.collective == two.collective && one.bytes == two.bytes) continue;
      }
      fail(job_.ranks[other].file,
           fmt::format(
               "call {} of rank {} on process group {} is {}, that of rank {} is {}; all ranks of a group "
               "make the same calls in the same order",
               k + 1, other, quote(job_.communicators[c].name), text(right, theirs, k), rank,
               text(left, calls, k)));
    }
  }

  [[noreturn]] void tell_missing(std::size_t c) const {
    const Communicator& of = job_.communicators[c];
    for (const std::int64_t rank : of.ranks) {
      const TracedJob::Rank& here = job_.ranks[static_cast<std::size_t>(rank)];
      if (std::find(here.communicators.begin(), here.communicators.end(), c) == here.communicators.end())
        fail(here.file,
             fmt::format("rank {} is in process group {} (ranks {}), but never calls it as others do", rank,
                         quote(of.name), fmt::join(of.ranks, ", ")));
    }
    fail(job_.name, fmt::format("ranks of process group {} do not all call it", quote(of.name)));
  }

  const TracedJob& job_;
  using Slot = std::pair<std::size_t, std::size_t>;
  std::set<std::pair<Slot, Slot>> compared_;
};

}  // namespace

void Peers::add(std::int64_t rank, const TracedRank& traced) {
  for (std::size_t i = 0; i < traced.work.ops.size(); ++i) {
    const TracedOp& op = traced.work.ops[i];
    const Call call{traced.tags[i], op.bytes.value, traced.ids[i]};
    if (op.kind == TracedKind::send) pairs_[{rank, rank + op.by}].sent.push_back(call);
    if (op.kind == TracedKind::receive) pairs_[{rank + op.by, rank}].received.push_back(call);
  }
}

bool Peers::in_order(const TracedJob& job) {
  bool ordered = true;
  for (auto& [ends, pair] : pairs_) {
    ordered =
        ordered && std::equal(pair.sent.begin(), pair.sent.end(), pair.received.begin(), pair.received.end(),
                              [](const Call& a, const Call& b) { return a.tag == b.tag; });
    const auto by_tag = [](const Call& a, const Call& b) { return a.tag < b.tag; };
    std::stable_sort(pair.sent.begin(), pair.sent.end(), by_tag);
    std::stable_sort(pair.received.begin(), pair.received.end(), by_tag);
    check(job, ends.first, ends.second, pair);
  }
  return ordered;
}

void Peers::check(const TracedJob& job, std::int64_t from, std::int64_t to, const Pair& pair) {
  const auto& sender = job.ranks[static_cast<std::size_t>(from)].file;
  const auto& receiver = job.ranks[static_cast<std::size_t>(to)].file;
  for (std::size_t k = 0; k < std::max(pair.sent.size(), pair.received.size()); ++k) {
    const Call* sent = k < pair.sent.size() ? &pair.sent[k] : nullptr;
    const Call* received = k < pair.received.size() ? &pair.received[k] : nullptr;
    if (sent && (!received || sent->tag < received->tag))
      fail(sender, fmt::format("node {} sends to rank {} with tag {}, which never receives it", sent->id, to,
                               sent->tag));
    if (received && (!sent || received->tag < sent->tag))
      fail(receiver, fmt::format("node {} receives from rank {} with tag {}, which never sends it",
                                 received->id, from, received->tag));
    if (sent->bytes != received->bytes)
      fail(receiver,
           fmt::format("node {} receives {:.0f} B, node {} of rank {} sends {:.0f} B with the same tag",
                       received->id, received->bytes, sent->id, from, sent->bytes));
  }
}

void check_calls(const TracedJob& job) { Calls(job).check(); }

}  // namespace aifsim
