#include "lowering/trace/kineto_calls.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "base/quote.hpp"
#include "lowering/trace/fold.hpp"
#include "records/names.hpp"

namespace aifsim {
namespace {

using records::KinetoCall;
using records::KinetoCollective;

constexpr double kMostRanks = 1 << 24, kMostBytes = 1e15;

// Of c10::ScalarType as PyTorch prints it.
std::optional<double> bytes_of_element(const std::string& dtype) {
  static const std::map<std::string, double> sizes{
      {"Byte", 1},   {"Char", 1},        {"Bool", 1},         {"Short", 2},
      {"Int", 4},    {"Long", 8},        {"Half", 2},         {"Float", 4},
      {"Double", 8}, {"BFloat16", 2},    {"UInt16", 2},       {"UInt32", 4},
      {"UInt64", 8}, {"ComplexHalf", 4}, {"ComplexFloat", 8}, {"ComplexDouble", 16}};
  if (const auto known = sizes.find(dtype); known != sizes.end()) return known->second;
  if (dtype.starts_with("Float8")) return 1;
  const auto bytes = records::bytes_of_dtype(records::dtype_word(dtype));
  return bytes ? std::optional<double>(*bytes) : std::nullopt;
}

// "_allgather_base", "all_gather_into_tensor_coalesced", "broadcast_oop": how they are called does not matter.
std::optional<CollectiveKind> kind_of(std::string name) {
  using K = CollectiveKind;
  static const std::map<std::string, K> kinds{
      {"allreduce", K::all_reduce}, {"allgather", K::all_gather},    {"reducescatter", K::reduce_scatter},
      {"alltoall", K::all_to_all},  {"alltoallv", K::all_to_all},    {"broadcast", K::broadcast},
      {"reduce", K::reduce},        {"gather", K::gather},           {"scatter", K::scatter},
      {"barrier", K::barrier},      {"allreducebarrier", K::barrier}};
  std::erase(name, '_');
  for (const std::string_view end : {"coalesced", "oop", "base", "single", "tensor", "into"})
    if (name.size() > end.size() && name.ends_with(end)) name.erase(name.size() - end.size());
  const auto known = kinds.find(name);
  return known == kinds.end() ? std::nullopt : std::optional(known->second);
}

[[noreturn]] void fail(const KinetoCollective& of, const std::string& message) {
  throw InputError(of.place, fmt::format("collective {}: {}", quote(of.call.name), message));
}

std::string group_text(const KinetoCall& call) {
  return fmt::format("process group {}{}", quote(call.group),
                     call.description.empty() ? "" : " (" + call.description + ")");
}

// First ranks, "...", the last one: what lies between is at the distance of the first.
std::vector<std::int64_t> completed(const KinetoCollective& of, std::vector<std::int64_t> told) {
  const auto gap = std::find(told.begin(), told.end(), -1);
  if (gap == told.end()) return told;
  const auto size = static_cast<std::int64_t>(std::clamp(of.call.group_size, 0.0, kMostRanks));
  std::vector<std::int64_t> ranks(told.begin(), gap);
  const bool once = std::find(gap + 1, told.end(), -1) == told.end() && gap + 2 == told.end();
  const std::int64_t stride = ranks.size() > 1 ? ranks[1] - ranks[0] : 0;
  for (std::size_t i = 2; i < ranks.size(); ++i)
    if (ranks[i] - ranks[i - 1] != stride) ranks.clear();
  if (!once || ranks.size() < 2 || size < 3 || ranks[0] + (size - 1) * stride != told.back())
    fail(of, fmt::format("the profiler has cut the ranks of {} short, and they are no row of {} at equal "
                         "distances",
                         group_text(of.call), size));
  ranks.resize(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) ranks[static_cast<std::size_t>(i)] = told.front() + i * stride;
  return ranks;
}

}  // namespace

KinetoCalls::KinetoCalls(const records::KinetoTrace& trace, std::int64_t ranks, Place asked_at)
    : trace_(trace), ranks_(ranks), asked_at_(std::move(asked_at)), world_(trace.job.ranks) {
  for (const KinetoCollective& of : trace.calls)
    if (!world_ && of.call.description == "default_pg" && of.call.group_size >= 1 && of.call.group_size < 1e9)
      world_ = static_cast<std::int64_t>(of.call.group_size);
}

PlacedCall KinetoCalls::placed(const KinetoCollective& of) const {
  const KinetoCall& call = of.call;
  const auto kind = kind_of(call.name);
  if (!kind) {
    std::string plain = call.name;
    std::erase(plain, '_');
    if (plain == "send" || plain == "recv" || plain == "isend" || plain == "irecv" || plain == "coalesced")
      fail(of,
           "sends and receives (stages of a pipeline) need the traces of all ranks; a Chakra trace has them");
    fail(of,
         "expected one of allreduce, allgather, reduce_scatter, all_to_all, broadcast, reduce, gather, "
         "scatter, "
         "barrier");
  }
  PlacedCall made{*kind, {}, call.description.empty() ? call.group : call.description, {}};
  if (*kind != CollectiveKind::barrier) {
    const double elements = std::max(call.in_elements, call.out_elements);
    const auto size = bytes_of_element(call.dtype);
    if (!(elements >= 0)) fail(of, "\"In msg nelems\" and \"Out msg nelems\" are missing");
    if (!size) fail(of, fmt::format("\"dtype\": expected a type of PyTorch, found {}", quote(call.dtype)));
    made.bytes = Bytes{elements * *size};
    if (made.bytes.value > kMostBytes)
      fail(of, fmt::format("{:.3g} B are more than any GPU has", made.bytes.value));
  }
  std::vector<std::int64_t> ranks = members(of);
  const auto lattice = lattice_of(ranks);
  if (!lattice)
    fail(of, fmt::format("{} has the ranks {}, which lie at no equal distances", group_text(call),
                         fmt::join(ranks.begin(),
                                   ranks.begin() + std::min<std::ptrdiff_t>(16, std::ssize(ranks)), ", ")));
  made.ranks = on_job(of, *lattice);
  return made;
}

// In ascending order.
std::vector<std::int64_t> KinetoCalls::members(const KinetoCollective& of) const {
  const KinetoCall& call = of.call;
  std::vector<std::int64_t> ranks = call.ranks;
  const bool cut = std::find(ranks.begin(), ranks.end(), -1) != ranks.end();
  if (ranks.empty() || cut)
    if (const auto told = trace_.job.groups.find(call.group); told != trace_.job.groups.end())
      ranks = told->second;
  if (ranks.empty()) {
    if (!world_ || call.group_size != static_cast<double>(*world_))
      fail(of, fmt::format("\"Process Group Ranks\" is missing, and {} is not known to be that of all ranks",
                           group_text(call)));
    ranks.resize(static_cast<std::size_t>(std::min(static_cast<double>(*world_), kMostRanks)));
    std::iota(ranks.begin(), ranks.end(), 0);
  }
  ranks = completed(of, std::move(ranks));
  std::sort(ranks.begin(), ranks.end());
  if (std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end())
    fail(of, fmt::format("{} has a rank twice", group_text(call)));
  if (call.group_size > 0 && call.group_size != static_cast<double>(ranks.size()))
    fail(of, fmt::format("\"Group size\" is {}, \"Process Group Ranks\" tells {} ranks", call.group_size,
                         ranks.size()));
  return ranks;
}

GroupRanks KinetoCalls::on_job(const KinetoCollective& of, const RankLattice& traced) const {
  const auto group = [&] { return group_text(of.call); };
  std::int64_t reach = 1, all = 1;  // ranks below which the groups lie side by side
  for (const RankLattice::Direction& d : traced.directions) {
    if (d.stride % all != 0 || traced.first / d.stride % d.count != 0)
      fail(of, fmt::format("{}: {} ranks at distance {} from rank {} on are no part of a grid of ranks",
                           group(), d.count, d.stride, traced.first));
    all = d.stride * d.count;
    reach = std::max(reach, traced.first + 1 + d.stride * (d.count - 1));
  }
  if (world_ && reach > *world_)
    fail(of, fmt::format("{} reaches to rank {}, of {} ranks", group(), reach - 1, *world_));
  if (!world_ && all != ranks_)
    fail(of, fmt::format(
                 "the trace does not tell how many ranks ran (\"distributedInfo\": {{\"world_size\": ...}}); "
                 "{} lies in {}, so only a job of {} GPUs can be told, found {}",
                 group(), all, all, ranks_));
  GroupRanks made;
  std::int64_t at = 1;
  for (std::size_t i = 0; i < traced.directions.size(); ++i) {
    RankLattice::Direction d = traced.directions[i];
    const bool over_all = i + 1 == traced.directions.size() && d.stride * d.count == world_.value_or(ranks_);
    if (over_all && ranks_ % d.stride == 0) d.count = ranks_ / d.stride;
    if (ranks_ % (d.stride * d.count) != 0)
      throw InputError(
          asked_at_,
          fmt::format("trace.file: {} of the trace ({} at distance {}) needs a multiple of {} "
                      "GPUs, the job has {}",
                      group(), d.count, d.stride, over_all ? d.stride : d.stride * d.count, ranks_));
    made.members.add(d.count, d.stride);
    made.bases.add(d.stride / at, at);
    at = d.stride * d.count;
  }
  made.bases.add(ranks_ / at, at);
  return made;
}

}  // namespace aifsim
