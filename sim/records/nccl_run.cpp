// From a run of nccl-tests and one of its timings to a row: which operation, how many ranks, and whether the figures
// agree with both. nccl-tests prints algorithm bandwidth = size / time, and bus bandwidth = algorithm bandwidth times a
// factor of operation and ranks (doc/PERFORMANCE.md there), each with two digits behind the point.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/quote.hpp"
#include "records/names.hpp"
#include "records/nccl_tests.hpp"

namespace aifsim::records {
namespace {

constexpr std::size_t kListed = 65536, kMostDeviceNames = 16;

// Bus over algorithm bandwidth; nothing for operations that it does not tell.
std::optional<double> bus_factor(const std::string& op, std::int64_t ranks) {
  const auto n = static_cast<double>(ranks);
  if (op == "all_reduce") return 2 * (n - 1) / n;
  if (op == "all_gather" || op == "reduce_scatter" || op == "all_to_all" || op == "gather" || op == "scatter")
    return (n - 1) / n;
  if (op == "broadcast" || op == "reduce" || op == "send_recv") return 1;
  return std::nullopt;
}

bool reduces(const NcclTiming& t) { return !t.redop.empty() && t.redop != "none"; }

// How far busbw / algbw may be off by rounding.
double rounding(const NcclTiming& t) { return 0.002 + 0.011 * (1 + t.busbw / t.algbw) / t.algbw; }

struct RankLayout {
  std::int64_t ranks = 0, per_node = 0, groups = 1;
  std::string problem;
};

RankLayout layout_of(const NcclRun& run, const Given& given) {
  RankLayout layout;
  if (run.listed.empty()) {
    layout.ranks = given.ranks.value_or(run.ranks);
    layout.per_node = given.ranks_per_node.value_or(run.per_node);
    if (layout.ranks <= 0) layout.problem = "how many ranks ran? The output lists no devices; give --ranks N";
    return layout;
  }
  std::map<std::int64_t, std::int64_t> groups;
  std::map<std::pair<std::int64_t, std::string>, std::int64_t> on_host;  // by group
  for (const auto& [rank, device] : run.listed) {
    groups[device.group] += run.devices_per_line;
    on_host[{device.group, device.host}] += run.devices_per_line;
  }
  const auto fewest = [](const auto& counts) {
    return std::min_element(counts.begin(), counts.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->second;
  };
  const auto most = [](const auto& counts) {
    return std::max_element(counts.begin(), counts.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->second;
  };
  layout.groups = static_cast<std::int64_t>(groups.size());
  layout.per_node = given.ranks_per_node.value_or(most(on_host));
  if (groups.size() == 1) {  // lines of the list may be lost
    layout.ranks = given.ranks.value_or(run.listed.rbegin()->first + run.devices_per_line);
  } else {
    layout.ranks = given.ranks.value_or(most(groups));
    if (!given.ranks && fewest(groups) != most(groups))
      layout.problem = fmt::format("groups of {} to {} ranks ran at once", fewest(groups), most(groups));
  }
  return layout;
}

// The operation, or what is wrong.
std::string op_of(const NcclRun& run, const NcclTiming& t, const Given& given, std::int64_t ranks,
                  std::string& problem) {
  if (!given.op.empty()) return given.op;
  if (!run.op.empty()) return run.op;
  if (!run.program.empty()) {
    problem = fmt::format("{} measures an operation that no record expresses", run.program);
    return "";
  }
  const auto n = static_cast<double>(ranks);
  if (reduces(t) && t.root && *t.root >= 0) return "reduce";
  // 2(n-1)/n for all-reduce, (n-1)/n for reduce-scatter; without a reduction several operations have one factor.
  if (reduces(t) && t.root && n > 1 && t.algbw >= 1) {
    const double ratio = t.busbw / t.algbw * n / (n - 1);
    if (std::abs(ratio - 2) < 0.1) return "all_reduce";
    if (std::abs(ratio - 1) < 0.1) return "reduce_scatter";
  }
  problem =
      "which operation was measured? The output names no program (all_reduce_perf, ...); give --op, such as "
      "--op "
      "all_reduce";
  return "";
}

// What the figures of a row contradict; "" where they agree.
std::string contradiction(const NcclRun& run, const NcclTiming& t, const std::string& op,
                          std::int64_t ranks) {
  if (t.algbw > 0) {
    const double by_time = t.bytes / (t.time_us * 1e3);
    if (std::abs(by_time - t.algbw) > 0.011 + 0.02 * t.algbw + 0.06 * by_time / t.time_us)
      return fmt::format("{:g} bytes in {:g} us are {:.2f} GB/s, but algbw says {:g}", t.bytes, t.time_us,
                         by_time, t.algbw);
  }
  const bool of_reduction = op == "all_reduce" || op == "reduce_scatter" || op == "reduce";
  const bool of_none = op == "all_gather" || op == "all_to_all" || op == "broadcast";
  if ((of_reduction && t.redop == "none") || (of_none && reduces(t)))
    return fmt::format("{} does not go with redop {}", op, quote(t.redop, 20));
  const auto factor = bus_factor(op, ranks);
  if (!factor || !(t.algbw > 0)) return "";
  const double ratio = t.busbw / t.algbw;
  if (std::abs(ratio - *factor) <= rounding(t)) return "";
  return fmt::format("busbw / algbw is {:.3f}, but {} of {} ranks would have {:.3f}{}", ratio, op, ranks,
                     *factor, run.listed.empty() ? " (the output lists no devices: --ranks N tells)" : "");
}

}  // namespace

void NcclRun::list(std::int64_t rank, Rank device, const std::string& name) {
  if (devices.size() < kMostDeviceNames && !name.empty()) devices.insert(name);
  if (listed.size() >= kListed) {
    if (rank > listed.rbegin()->first)
      listed.erase(std::prev(listed.end()));
    else
      return;
  }
  const auto [at, is_new] = listed.try_emplace(rank, device);
  twice |= !is_new && at->second.process != device.process;
}

void write_row(const NcclRun& run, const NcclTiming& t, Sink& sink, const Place& place) {
  const Given& given = sink.given();
  if (t.bytes <= 0) return sink.skip("messages of 0 bytes", place);
  if (!(t.time_us > 0)) return sink.skip("times of 0", place);
  if (t.wrong > 0) return sink.skip("results that the program itself found wrong (#wrong)", place);
  const RankLayout layout = layout_of(run, given);
  if (!layout.problem.empty())
    return sink.skip("rows whose number of ranks is not told", Problem{place, layout.problem});
  if (layout.ranks == 1)
    return sink.skip(
        run.twice ? "rows of separate runs of one rank each, between each other (built without MPI=1?)"
                  : "rows of a single rank, which communicates with nobody",
        Problem{place, "a collective of one rank; with MPI=1 nccl-tests joins the processes of a launcher"});
  if (run.devices.size() > 1 && given.gpu.empty())
    return sink.skip("rows of a job on different GPUs",
                     Problem{place, fmt::format("the job ran on {}; give --gpu to keep its rows under one",
                                                fmt::join(run.devices, ", "))});
  std::string problem;
  const std::string op = op_of(run, t, given, layout.ranks, problem);
  if (!problem.empty()) return sink.skip("rows whose operation is not told", Problem{place, problem});
  problem = contradiction(run, t, op, layout.ranks);
  if (!problem.empty()) return sink.skip("rows whose figures contradict each other", Problem{place, problem});
  if (run.twice)
    sink.note(
        "each rank is listed by several processes: separate runs at the same time (built without MPI=1?)");
  RecordRow row;
  const std::string device = run.devices.empty() ? "" : *run.devices.begin();
  if (const std::string gpu = sink.gpu_of(device); !gpu.empty()) row.set("gpu", gpu);
  if (given.software.empty()) row.set("software", run.version.empty() ? "nccl-tests" : run.version);
  row.set("op", op).set("ranks", static_cast<double>(layout.ranks));
  if (layout.per_node > 0)
    row.set("ranks_per_node", static_cast<double>(std::min(layout.per_node, layout.ranks)));
  row.set("message_bytes", t.bytes).set("buffers", "gpu").set("dtype", t.dtype).set("time_us", t.time_us);
  if (t.min_us > 0) row.set("min_us", t.min_us);
  if (run.iterations > 0) row.set("count", run.iterations);
  if (t.busbw > 0) row.set("busbw_GBps", t.busbw);
  std::string layer = reduces(t) && t.redop != "sum" ? "redop " + t.redop : "";
  if (layout.groups > 1) {
    layer += fmt::format("{}{} groups at once", layer.empty() ? "" : ", ", layout.groups);
    sink.note(
        fmt::format("{} groups of {} ranks ran at the same time: their times may hold each other's traffic",
                    layout.groups, layout.ranks));
  }
  if (!layer.empty()) row.set("layer", layer);
  sink.note("times are means over the iterations, not medians");
  sink.row(std::move(row));
}

}  // namespace aifsim::records
