#include "lowering/trace/lower.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/allowed_files.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "lowering/trace/chakra_rank.hpp"
#include "lowering/trace/fold.hpp"
#include "lowering/trace/kineto_rank.hpp"
#include "lowering/trace/role_streams.hpp"
#include "program/check.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// Where the description's files are.
class TraceFiles {
 public:
  TraceFiles(const TraceDescription& trace, std::int64_t ranks)
      : trace_(trace), folder_(fs::path(trace.place.file).parent_path()), path_(folder_ / trace.file) {
    if (const std::string refusal = refusal_to_read(path_); !refusal.empty())
      throw InputError(trace.place, fmt::format("trace.file: {} {}", quote(trace.file), refusal));
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
    role.streams = streams_of(traced, roles.group_of[r], program.events);
  }
  if (const auto problems = problems_of(program); !problems.empty())
    throw InputError(Place{job.name}, "the ranks do not go together: " + problems.front());
  return program;
}

// All ranks do what the one does whose trace it is.
Program kineto_program(const TraceFiles& files, const TraceDescription& trace, std::int64_t ranks,
                       std::string* note) {
  for (const auto& [given, what] :
       {std::pair{!trace.groups.empty(), "groups"}, {!trace.dimensions.empty(), "dimensions"}})
    if (given)
      throw InputError(files.place(),
                       fmt::format("trace.{}: belongs to Chakra traces; {} is one of the PyTorch "
                                   "profiler, which tells the ranks of its process groups",
                                   what, quote(trace.file)));
  KinetoRank traced =
      kineto_rank(records::read_kineto_trace(files.of_rank(0), files.name_of_rank(0), files.place()), ranks,
                  files.place());
  Program program;
  program.meshes.emplace_back(std::vector<MeshAxis>{{"rank", ranks}});
  program.groups = std::move(traced.groups);
  if (note) *note = std::move(traced.note);
  std::vector<std::size_t> groups(program.groups.size());
  std::iota(groups.begin(), groups.end(), 0);
  Role& role = program.roles.emplace_back();
  role.name = ranks == 1 ? "rank 0" : fmt::format("ranks 0 to {}", ranks - 1);
  role.at = {{"rank", 0, ranks, 1}};
  role.streams = streams_of(traced.rank, groups, program.events);
  if (const auto problems = problems_of(program); !problems.empty())
    throw InputError(Place{files.name()}, "this is no program: " + problems.front());
  return program;
}

}  // namespace

Program lower_trace(const TraceDescription& trace, std::int64_t ranks, std::string* note) {
  const TraceFiles files(trace, ranks);
  if (files.shared() && records::is_kineto(files.of_rank(0), files.name_of_rank(0), files.place()))
    return kineto_program(files, trace, ranks, note);
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
    std::uint64_t hash = 0;
    std::string part(1 << 20, '\0');
    for (std::streamsize n = 0; (n = bytes->sgetn(part.data(), std::ssize(part))) > 0;)
      hash = hash_of(fmt::format("{:016x}", hash) + part.substr(0, static_cast<std::size_t>(n)));
    all += fmt::format("{:016x}", hash);
  };
  for (std::int64_t r = 0; r < (files.shared() ? 1 : ranks); ++r)
    add(files.of_rank(r), files.name_of_rank(r));
  if (!trace.groups.empty()) add(files.groups(), trace.groups);
  return all;
}

}  // namespace aifsim
