#include "lowering/trace/lower.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "lowering/trace/chakra_rank.hpp"
#include "lowering/trace/fold.hpp"
#include "program/check.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// Where the description's files are.
class TraceFiles {
 public:
  TraceFiles(const TraceDescription& trace, std::int64_t ranks)
      : trace_(trace), folder_(fs::path(trace.place.file).parent_path()), path_(folder_ / trace.file) {
    std::error_code none;
    const auto is_there = [&](const fs::path& path) { return fs::exists(path, none); };
    shared_ = is_there(path_) && !fs::is_directory(path_, none);
    if (!shared_ && !is_there(of_rank(0)))
      throw InputError(trace.place,
                       fmt::format("trace.file: there is neither {} (one file for all ranks) nor {} "
                                   "(the file of rank 0)",
                                   quote(path_.string()), quote(of_rank(0).string())));
    if (!shared_ && is_there(of_rank(ranks)))
      throw InputError(trace.place,
                       fmt::format("trace.file: {} is there, so the trace has more ranks than the "
                                   "job's {} GPUs",
                                   quote(of_rank(ranks).string()), ranks));
  }
  bool shared() const { return shared_; }
  fs::path of_rank(std::int64_t rank) const {
    return shared_ ? path_ : fs::path(path_.string() + fmt::format(".{}.et", rank));
  }
  std::string name_of_rank(std::int64_t rank) const {
    return shared_ ? trace_.file : fmt::format("{}.{}.et", trace_.file, rank);
  }
  fs::path groups() const { return folder_ / trace_.groups; }
  const Place& place() const { return trace_.place; }
  std::string name() const { return path_.string(); }

 private:
  const TraceDescription& trace_;
  fs::path folder_, path_;
  bool shared_ = false;
};

TracedJob collected(const TraceFiles& files, const ChakraJob& chakra, Peers& peers) {
  TracedJob job;
  job.name = files.name();
  std::map<Communicator, std::size_t> communicators;
  std::multimap<std::uint64_t, std::size_t> works;
  std::optional<records::ChakraTrace> trace;
  for (std::int64_t r = 0; r < chakra.ranks; ++r) {
    if (!trace || !files.shared())
      trace = records::read_chakra(files.of_rank(r), files.name_of_rank(r), files.place());
    TracedRank traced = traced_rank(*trace, r, chakra);
    peers.add(r, traced);
    TracedJob::Rank& rank = job.ranks.emplace_back();
    rank.file = traced.file;
    for (const Communicator& c : traced.communicators) {
      const auto [at, isnew] = communicators.try_emplace(c, job.communicators.size());
      if (isnew) job.communicators.push_back(c);
      rank.communicators.push_back(at->second);
    }
    const std::uint64_t key = traced.work.ops.size() * 1024 + traced.work.streams.size();
    const auto [begin, end] = works.equal_range(key);
    const auto known = std::find_if(
        begin, end, [&](const auto& work) { return job.works[work.second].work == traced.work; });
    if (known != end) {
      rank.work = known->second;
      continue;
    }
    rank.work = job.works.size();
    works.emplace(key, rank.work);
    job.works.push_back(std::move(traced));
  }
  return job;
}

// One role's streams.
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

Program program_of(const TracedJob& job) {
  const TracedRoles roles = fold(job);
  Program program;
  program.meshes.emplace_back(std::vector<MeshAxis>{{"rank", std::ssize(job.ranks)}});
  for (std::size_t g = 0; g < roles.groups.size(); ++g)
    program.groups.push_back({roles.names[g].empty() ? "all" : roles.names[g], {}, 0, roles.groups[g]});
  for (std::size_t r = 0; r < roles.ranks.size(); ++r) {
    const std::vector<std::int64_t>& ranks = roles.ranks[r];
    Role& role = program.roles.emplace_back();
    role.name = ranks.size() == 1 ? fmt::format("rank {}", ranks.front())
                                  : fmt::format("ranks {} to {}", ranks.front(), ranks.back());
    role.at = {{"rank", ranks.front(), std::ssize(ranks), ranks.size() > 1 ? ranks[1] - ranks[0] : 1}};
    const TracedRank& traced = job.works[job.ranks[static_cast<std::size_t>(ranks.front())].work];
    role.streams = RoleWriter(traced, roles.group_of[r], program.events).write();
  }
  if (const auto problems = problems_of(program); !problems.empty())
    throw InputError(Place{job.name}, "the ranks do not go together: " + problems.front());
  return program;
}

}  // namespace

Program lower_trace(const TraceDescription& trace, std::int64_t ranks) {
  const TraceFiles files(trace, ranks);
  ChakraJob chakra{ranks, {}, trace.dimensions, files.shared()};
  if (!trace.groups.empty())
    chakra.groups = records::read_process_groups(files.groups(), trace.groups, files.place());
  std::int64_t product = 1;
  for (const std::int64_t size : trace.dimensions) product *= size;
  if (!trace.dimensions.empty() && product != ranks)
    throw InputError(trace.place, fmt::format("trace.dimensions: {} make {} ranks, the job has {} GPUs",
                                              fmt::join(trace.dimensions, " x "), product, ranks));
  Peers peers;
  TracedJob job = collected(files, chakra, peers);
  if (!peers.in_order(job)) {
    chakra.by_tag = true;
    Peers again;
    job = collected(files, chakra, again);
  }
  check_calls(job);
  return program_of(job);
}

std::string trace_digest(const TraceDescription& trace, std::int64_t ranks) {
  const TraceFiles files(trace, ranks);
  std::string all;
  const auto add = [&](const fs::path& path, const std::string& name) {
    const UserFile file = UserFile::open_regular(path, name, files.place(), UINT64_MAX);
    const auto bytes = file.bytes();
    all += fmt::format("{:016x}", hash_of(std::string(std::istreambuf_iterator<char>(bytes.get()), {})));
  };
  for (std::int64_t r = 0; r < (files.shared() ? 1 : ranks); ++r)
    add(files.of_rank(r), files.name_of_rank(r));
  if (!trace.groups.empty()) add(files.groups(), trace.groups);
  return all;
}

}  // namespace aifsim
