// PyTorch profiler traces of one rank as programs: what waits for what, process groups on other numbers of GPUs, and
// that a trace with its own times takes what it took.
#include <unistd.h>

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/error.hpp"
#include "lowering/trace/kineto_calls.hpp"
#include "lowering/trace/kineto_order.hpp"
#include "lowering/trace/kineto_rank.hpp"
#include "lowering/trace/lower.hpp"
#include "lowering/trace/role_streams.hpp"
#include "program/check.hpp"
#include "records/kineto_samples.hpp"

namespace aifsim {
namespace {

using Catch::Contains;
using records::CallSample;
using records::KinetoSample;
using records::KinetoTrace;

KinetoTrace parsed(const KinetoSample& sample) {
  return records::read_kineto_trace(records::Input::of_text("t.json", sample.str()));
}

std::vector<std::vector<std::uint32_t>> waits(const KinetoSample& sample) {
  return order_of(parsed(sample)).waits;
}

using Numbers = std::vector<std::uint32_t>;

// Runs a rank's streams, with collectives of given times in their order: when each of the streams ends, in us.
class Replay {
 public:
  Replay(const KinetoTrace& trace, std::int64_t ranks, std::function<double(std::size_t)> collective)
      : collective_(std::move(collective)) {
    const KinetoRank made = kineto_rank(trace, ranks, Place{"s.yaml"});
    std::vector<std::size_t> groups(made.groups.size());
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g] = g;
    std::size_t events = 0;
    const std::vector<Stream> streams = streams_of(made.rank, groups, events);
    recorded_.resize(events);
    waited_.resize(events);
    std::vector<std::size_t> at(streams.size(), 0);
    now_.resize(streams.size());
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t s = 0; s < streams.size(); ++s)
        for (; at[s] < streams[s].operations.size() && step(s, streams[s].operations[at[s]]); ++at[s])
          moved = true;
    }
    for (std::size_t s = 0; s < streams.size(); ++s) REQUIRE(at[s] == streams[s].operations.size());
  }
  double end() const { return *std::max_element(now_.begin(), now_.end()); }
  double computed() const { return computed_; }

 private:
  bool step(std::size_t s, const Operation& op) {
    if (const auto* kernel = std::get_if<TimedKernel>(&op.what)) {
      now_[s] += kernel->time.value * 1e6;
      computed_ += kernel->time.value * 1e6;
    }
    if (const auto* host = std::get_if<HostWork>(&op.what)) now_[s] += host->time.value * 1e6;
    if (std::holds_alternative<Collective>(op.what)) now_[s] += collective_(calls_++);
    if (const auto* record = std::get_if<Record>(&op.what)) recorded_[record->event].push_back(now_[s]);
    if (const auto* wait = std::get_if<Wait>(&op.what)) {
      if (recorded_[wait->event].size() <= waited_[wait->event]) return false;
      now_[s] = std::max(now_[s], recorded_[wait->event][waited_[wait->event]++]);
    }
    return true;
  }
  std::function<double(std::size_t)> collective_;
  std::vector<double> now_;
  std::vector<std::vector<double>> recorded_;
  std::vector<std::size_t> waited_;
  std::size_t calls_ = 0;
  double computed_ = 0;
};

std::string error_of(const KinetoSample& sample, std::int64_t ranks) {
  try {
    kineto_rank(parsed(sample), ranks, Place{"s.yaml", 7, 3});
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

KinetoSample one_call(const CallSample& call, int world = 4) {
  return KinetoSample(world).kernel("k", 7, 0, 10).call(call, 20, 10, 5);
}

// The groups of a call's ranks in a job of so many.
GroupRanks groups(const CallSample& call, int world, std::int64_t ranks) {
  const KinetoTrace trace = parsed(one_call(call, world));
  return KinetoCalls(trace, ranks, Place{"s.yaml", 7, 3}).placed(trace.calls.front()).ranks;
}

}  // namespace

TEST_CASE("a collective waits for the last kernel launched before it that had ended", "[kineto]") {
  KinetoSample sample;
  sample.kernel("0", 7, 100, 50, 10).kernel("1", 7, 150, 50, 20);
  sample.call({}, 20, 205, 100, 30);  // 2
  sample.kernel("3", 7, 200, 150, 40);
  sample.call({}, 20, 310, 10, 50);  // 4: 3 is running, and NCCL's stream was not idle before
  CHECK(waits(sample) == std::vector<Numbers>{{}, {}, {}, {1}, {}});
  // In order of starts: 0, 1, "3", the collectives.
  KinetoSample prefetched;  // two gathers launched at once, the second beside the kernel that uses the first
  prefetched.kernel("copy-in", 9, 100, 5, 10).call({"_allgather_base"}, 20, 106, 50, 11);
  prefetched.kernel("copy-in", 9, 107, 5, 12).call({"_allgather_base"}, 20, 156, 50, 13);
  prefetched.wait(14).kernel("layer", 7, 158, 100, 15);
  prefetched.wait(16).kernel("layer", 7, 258, 100, 17);
  const auto found = waits(prefetched);
  REQUIRE(found.size() == 6);
  CHECK(found[1] == Numbers{0});
  CHECK(found[3] == Numbers{2});  // the second gather
  CHECK(found[4] == Numbers{1});  // the first layer: for the first gather, not the second
  CHECK(found[5] == Numbers{2, 3});
}

TEST_CASE("a kernel waits for what had ended where the host made a stream wait, and not by chance",
          "[kineto]") {
  const auto at_once = [](bool waits_known, bool wait) {
    KinetoSample sample;
    sample.kernel("0", 7, 100, 50, 10).call({}, 20, 155, 100, 20);  // 1
    if (waits_known) sample.wait(19);                               // NCCL's
    if (wait) sample.wait(25);
    sample.kernel("2", 7, 262, 10, 30);
    return waits(sample).at(2);
  };
  CHECK(at_once(false, false) == Numbers{1});
  CHECK(at_once(true, false).empty());
  CHECK(at_once(true, true) == Numbers{1});
  KinetoSample hidden;  // the reduction ended long before the optimizer, which waits for it all the same
  hidden.kernel("0", 7, 100, 50, 10).wait(19).call({}, 20, 155, 20, 20).kernel("2", 7, 150, 200, 30);
  hidden.wait(31).kernel("optimizer", 7, 350, 10, 40);
  CHECK(waits(hidden).at(3) == Numbers{2});
  KinetoSample late;  // no launch is told, and it starts long after
  late.kernel("0", 7, 100, 50).call({}, 20, 155, 20).kernel("2", 7, 350, 200);
  CHECK(waits(late).at(2).empty());
}

TEST_CASE("where the profiler tells the waits of streams, they are taken as they are", "[kineto]") {
  KinetoSample sample;
  sample.kernel("0", 7, 100, 50, 10).kernel("1", 7, 150, 50, 20);
  sample.told_wait(20, 7, 21, 15).call({}, 20, 205, 100, 22);  // 2: recorded before 1 was launched
  sample.kernel("3", 7, 206, 10, 23);
  sample.told_wait(7, 20, 25, 24).kernel("4", 7, 400, 10, 26);
  CHECK(waits(sample) == std::vector<Numbers>{{}, {}, {0}, {}, {2}});
}

TEST_CASE("a trace with its own times takes what it took, and without collectives what it computes",
          "[kineto]") {
  REQUIRE(rc::check([] {
    // Kernels on two streams and collectives on two more, each when its stream is free and with what it waits for.
    std::vector<double> free(4, 100);
    std::vector<double> taken;
    KinetoSample sample;
    double launch = 0, computed = 0;
    const auto n = *rc::gen::inRange(1, 40);
    struct Placed {
      double start, time;
    };
    std::vector<Placed> calls;
    for (int i = 0; i < n; ++i) {
      const auto s = static_cast<std::size_t>(*rc::gen::inRange(0, 4));
      const double time = *rc::gen::inRange(5, 300);
      double start = free[s] + *rc::gen::element(0, 0, 3, 40);
      if (*rc::gen::inRange(0, 2) == 0) {  // behind another stream
        start = std::max(start, free[static_cast<std::size_t>(*rc::gen::inRange(0, 4))] + 4);
        if (s < 2) sample.wait(launch += 1);
      }
      free[s] = start + time;
      launch += 1;
      if (s < 2) {
        sample.kernel("k", static_cast<int>(s), start, time, launch);
        computed += time;
      } else {
        sample.wait(launch - 0.5).call({}, static_cast<int>(s), start, time, launch);
        calls.push_back({start, time});
      }
    }
    const KinetoTrace trace = parsed(sample);
    // The replay runs stream by stream; collectives of one stream come in order, so times go by stream.
    std::map<std::uint32_t, std::vector<double>> times;
    for (const records::KinetoKernel& kernel : trace.kernels)
      if (kernel.is_call()) times[kernel.stream].push_back(kernel.end - kernel.start);
    bool one_stream = times.size() <= 1;
    if (one_stream) {
      const auto own = times.empty() ? std::vector<double>{} : times.begin()->second;
      const Replay replay(trace, 4, [&](std::size_t i) { return own[i]; });
      RC_ASSERT(std::abs(replay.end() - (trace.end - trace.begin)) <= 1.0 * n);
      RC_ASSERT(std::abs(replay.computed() - computed) < 1e-6);
    }
    const Replay alone(trace, 4, [](std::size_t) { return 0.0; });
    RC_ASSERT(std::abs(alone.computed() - computed) < 1e-6);
    RC_ASSERT(alone.end() <= trace.end - trace.begin + 1.0 * n);
  }));
}

TEST_CASE("collectives have the bytes of the whole buffer", "[kineto]") {
  const auto bytes = [](const CallSample& call) {
    const KinetoTrace trace = parsed(one_call(call));
    const PlacedCall placed = KinetoCalls(trace, 4, {}).placed(trace.calls.front());
    return std::pair{placed.kind, placed.bytes.value};
  };
  using Known = std::pair<CollectiveKind, double>;
  CHECK(bytes({"_allgather_base", 100, 400, "BFloat16"}) == Known{CollectiveKind::all_gather, 800});
  CHECK(bytes({"_reduce_scatter_base", 400, 100, "Float"}) == Known{CollectiveKind::reduce_scatter, 1600});
  CHECK(bytes({"allreduce_coalesced", 7, 7, "Float8_e4m3fn"}) == Known{CollectiveKind::all_reduce, 7});
  CHECK(bytes({"all_to_allv", 8, 8, "Half"}) == Known{CollectiveKind::all_to_all, 16});
  CHECK(bytes({"_broadcast_oop", 8, 8, "Long"}) == Known{CollectiveKind::broadcast, 64});
  CHECK(bytes({"all_gather_into_tensor_coalesced", 1, 4, "Byte"}) == Known{CollectiveKind::all_gather, 4});
  CHECK(bytes({"barrier", -1, -1, ""}) == Known{CollectiveKind::barrier, 0});
}

TEST_CASE("process groups keep their size on other numbers of GPUs, unless they reach over all", "[kineto]") {
  const CallSample tensor{"allreduce", 1, 1, "Float", "[8, 9, 10, 11]", 4, "1", "mesh_tp"};
  const CallSample data{"allreduce", 1, 1, "Float", "[3, 7, 11, 15]", 4, "2", "mesh_dp"};
  CHECK(groups(tensor, 16, 32).members.ranks() == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(groups(tensor, 16, 32).bases.ranks() == std::vector<std::int64_t>{0, 4, 8, 12, 16, 20, 24, 28});
  CHECK(groups(data, 16, 32).members.ranks() == std::vector<std::int64_t>{0, 4, 8, 12, 16, 20, 24, 28});
  CHECK(groups(data, 16, 32).bases.ranks() == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(groups(data, 16, 4).members.size() == 1);
  // Two by two: context-parallel pairs within data-parallel ones.
  const CallSample both{"allreduce", 1, 1, "Float", "[0, 1, 8, 9]", 4, "3", "mesh"};
  CHECK(groups(both, 16, 32).members.ranks() == std::vector<std::int64_t>{0, 1, 8, 9, 16, 17, 24, 25});
  CHECK(groups(both, 16, 32).bases.ranks() == std::vector<std::int64_t>{0, 2, 4, 6});
  CHECK(groups({"allreduce", 1, 1, "Float", "[0, 1, ..., 63]", 64}, 64, 128).members.size() == 128);
  CHECK_THAT(
      error_of(one_call(tensor, 16), 30),
      Contains("s.yaml:7:3: trace.file: process group \"1\" (mesh_tp) of the trace (4 at distance 1) needs a "
               "multiple of 4 GPUs, the job has 30"));
  CHECK_THAT(error_of(one_call(data, 16), 6), Contains("needs a multiple of 4 GPUs, the job has 6"));
}

TEST_CASE("a collective that cannot be placed is refused, with its place in the trace", "[kineto]") {
  const auto error = [](const CallSample& call, int world = 16, std::int64_t ranks = 16) {
    const std::string text = error_of(one_call(call, world), ranks);
    CHECK_THAT(text, Contains("t.json:3:"));
    return text;
  };
  CHECK_THAT(error({"send", 1, 1}), Contains("sends and receives (stages of a pipeline) need the traces"));
  CHECK_THAT(error({"warp", 1, 1}), Contains("\"warp\": expected one of allreduce"));
  CHECK_THAT(error({"allreduce", -1, -1}), Contains("\"In msg nelems\" and \"Out msg nelems\" are missing"));
  CHECK_THAT(error({"allreduce", 1e300, 1}), Contains("more than any GPU has"));
  CHECK_THAT(error({"allreduce", 1, 1, "Quaternion"}), Contains("\"dtype\": expected a type of PyTorch"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[0, 1, 3]", 3}), Contains("lie at no equal distances"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[0, 1, 2]", 4}),
             Contains("\"Group size\" is 4, \"Process Group Ranks\" tells 3 ranks"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[1, 2]", 2}), Contains("no part of a grid of ranks"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[0, 2, ..., 9]", 4}), Contains("cut the ranks"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "", 4}), Contains("\"Process Group Ranks\" is missing"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[0, 16]", 2}), Contains("reaches to rank 16, of 16 ranks"));
  CHECK_THAT(error({"allreduce", 1, 1, "Float", "[0, 1, 2, 3]", 4, "1", "mesh_tp"}, 0, 8),
             Contains("does not tell how many ranks ran") && Contains("only a job of 4 GPUs"));
  CHECK(error_of(one_call({"allreduce", 1, 1, "Float", "[0, 1, 2, 3]", 4, "1", "mesh_tp"}, 0), 4).empty());
}

TEST_CASE("a file of the PyTorch profiler is a job's trace", "[kineto]") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("aifsim_kineto_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  KinetoSample sample;
  sample.kernel("gemm", 7, 100, 50, 10)
      .call({}, 20, 155, 100, 20)
      .wait(25)
      .kernel("optimizer", 7, 262, 10, 30);
  std::ofstream(folder / "t.pt.trace") << sample.str();  // known by what it holds
  TraceDescription trace;
  trace.file = "t.pt.trace";
  trace.place = {(folder / "s.yaml").string(), 7, 3};
  std::string note;
  const Program program = lower_trace(trace, 8, &note);
  CHECK(problems_of(program).empty());
  REQUIRE(program.roles.size() == 1);
  CHECK(ranks_of(program, program.roles.front()).size() == 8);
  REQUIRE(program.groups.size() == 1);
  CHECK(program.groups.front().ranks->members.size() == 8);
  REQUIRE(program.roles.front().streams.size() == 2);
  CHECK(program.roles.front().streams.front().name == "stream 7");
  CHECK(note ==
        "the whole of the trace took 0.172 ms: 0.06 ms of kernels, 0.1 ms of collectives with the wait for "
        "other "
        "ranks on 4 GPUs; on 8 each GPU does the same, and process groups over all ranks grow or shrink");
  trace.groups = "g.json";
  CHECK_THROWS_WITH(lower_trace(trace, 8), Contains("s.yaml:7:3: trace.groups: belongs to Chakra traces"));
  std::filesystem::remove_all(folder);
}

}  // namespace aifsim
