// Traces as programs: roles of ranks that do the same, streams and events, calls that meet, and what does not go together.
#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "lowering/trace/fold.hpp"
#include "lowering/trace/lower.hpp"
#include "program/check.hpp"
#include "records/chakra_samples.hpp"

namespace aifsim {
namespace {

using Catch::Contains;
using records::collective;
using records::computed;
using records::NodeSample;

class TraceFolder {
 public:
  TraceFolder()
      : path_(std::filesystem::temp_directory_path() / ("aifsim_trace_test_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TraceFolder() { std::filesystem::remove_all(path_); }
  void rank(int rank, const std::vector<NodeSample>& nodes) const {
    write("t." + std::to_string(rank) + ".et", records::trace_sample(nodes));
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  TraceDescription trace(const std::string& file = "t") const {
    TraceDescription trace;
    trace.file = file;
    trace.place = {(path_ / "s.yaml").string(), 7, 3};
    return trace;
  }
  Program lower(std::int64_t ranks) const { return lower_trace(trace(), ranks); }
  std::string error(std::int64_t ranks, const std::string& file = "t") const {
    try {
      lower_trace(trace(file), ranks);
    } catch (const InputError& error) {
      return error.what();
    } catch (const CannotAnswer& error) {
      return std::string("cannot: ") + error.what();
    }
    return "";
  }

 private:
  std::filesystem::path path_;
};

NodeSample peer(std::uint64_t id, bool send, std::int64_t rank, std::int64_t bytes, std::int64_t tag) {
  return std::move(NodeSample(id, send ? "send" : "receive", send ? 5 : 6)
                       .number(send ? "comm_dst" : "comm_src", rank)
                       .number("comm_size", bytes)
                       .number("comm_tag", tag));
}

}  // namespace

TEST_CASE("ranks that do the same on groups of one shape are one role", "[trace]") {
  const TraceFolder folder;
  for (int r = 0; r < 8; ++r)
    folder.rank(r, {computed(0, 100), collective(1, 0, 64, std::to_string(1 + r / 2)).data({0}),
                    collective(2, 2, 32, std::to_string(10 + r % 2)).data({0}), computed(3, 5).data({1, 2})});
  folder.write("g.json", R"({"1": [0, 1], "2": [2, 3], "3": [4, 5], "4": [6, 7],
                             "10": [0, 2, 4, 6], "11": [1, 3, 5, 7]})");
  TraceDescription trace = folder.trace();
  trace.groups = "g.json";
  const Program program = lower_trace(trace, 8);
  CHECK(problems_of(program).empty());
  REQUIRE(program.roles.size() == 1);
  REQUIRE(program.groups.size() == 2);
  CHECK(program.groups[0].ranks->bases.ranks() == std::vector<std::int64_t>{0, 2, 4, 6});
  CHECK(program.groups[0].ranks->members.ranks() == std::vector<std::int64_t>{0, 1});
  CHECK(program.groups[1].ranks->bases.ranks() == std::vector<std::int64_t>{0, 1});
  CHECK(program.groups[1].ranks->members.ranks() == std::vector<std::int64_t>{0, 2, 4, 6});
  const auto& streams = program.roles[0].streams;
  REQUIRE(streams.size() == 3);
  REQUIRE(streams[0].operations.size() == 6);  // kernel, two records, two waits, kernel
  CHECK(std::get<TimedKernel>(streams[0].operations[0].what).time.value == Approx(1e-4));
  CHECK(std::holds_alternative<Wait>(streams[0].operations[4].what));
  CHECK(std::get<Collective>(streams[2].operations[1].what).bytes.value == 4 * 32);  // gathered
  CHECK(program.events == 4);
}

TEST_CASE("the ranks of each pipeline stage are a role, and sends meet receives", "[trace]") {
  const TraceFolder folder;
  for (int r = 0; r < 6; ++r) {  // three stages of two
    const int stage = r / 2;
    std::vector<NodeSample> nodes;
    if (stage > 0) nodes.push_back(peer(0, false, r - 2, 1000, 1));
    nodes.push_back(stage > 0 ? computed(1, 10).data({0}) : computed(1, 10));
    if (stage < 2) nodes.push_back(peer(2, true, r + 2, 1000, 1).data({1}));
    folder.rank(r, nodes);
  }
  const Program program = folder.lower(6);
  CHECK(problems_of(program).empty());
  REQUIRE(program.roles.size() == 3);
  CHECK(program.roles[1].name == "ranks 2 to 3");
  CHECK(std::get<Send>(program.roles[0].streams[1].operations.back().what).by == 2);
}

TEST_CASE("a file that all ranks share takes the dimensions that a collective involves", "[trace]") {
  const TraceFolder folder;
  folder.write("all.et", records::trace_sample(
                             {computed(0, 3), collective(1, 0, 8, "").flags("involved_dim", {false, true}),
                              collective(2, 0, 8, "").flags("involved_dim", {true, true})}));
  TraceDescription trace = folder.trace("all.et");
  CHECK_THAT(folder.error(8, "all.et"), Contains("involved_dim speaks of 2 dimensions"));
  trace.dimensions = {2, 4};
  const Program program = lower_trace(trace, 8);
  REQUIRE(program.roles.size() == 1);
  CHECK(program.groups[0].ranks->members.ranks() == std::vector<std::int64_t>{0, 2, 4, 6});
  CHECK(program.groups[1].ranks->members.ranks().size() == 8);
  trace.dimensions = {2, 3};
  CHECK_THROWS_WITH(lower_trace(trace, 8), Contains("2 x 3 make 6 ranks, the job has 8 GPUs"));
}

TEST_CASE("messages whose order differs meet by their tags", "[trace]") {
  const TraceFolder folder;
  folder.rank(0, {computed(9, 1), peer(0, true, 1, 10, 7), peer(1, true, 1, 20, 8)});
  folder.rank(1, {computed(9, 1), peer(0, false, 0, 20, 8), peer(1, false, 0, 10, 7).data({0})});
  const Program program = folder.lower(2);
  CHECK(problems_of(program).empty());
  CHECK(program.roles[0].streams.size() == 3);
}

TEST_CASE("ranks at no equal distances are roles of their own", "[trace]") {
  const TraceFolder folder;
  for (int r = 0; r < 5; ++r) folder.rank(r, {computed(0, r == 1 || r == 2 ? 7 : 9)});
  CHECK(folder.lower(5).roles.size() == 4);  // 1 and 2 together; 0, 3, 4 are no row
  CHECK_FALSE(lattice_of({0, 1, 3}));
  CHECK(lattice_of({0, 1, 8, 9, 16, 17})->ranks() == std::vector<std::int64_t>{0, 1, 8, 9, 16, 17});
}

TEST_CASE("what is wrong in a trace is told with file and node", "[trace]") {
  const TraceFolder folder;
  const auto one = [&](const std::vector<NodeSample>& nodes) {
    folder.rank(0, nodes);
    return folder.error(1);
  };
  CHECK_THAT(folder.error(1), Contains("s.yaml:7:3: trace.file: there is neither"));
  CHECK_THAT(one({computed(1, 5).data({4})}), Contains("t.0.et: node 1 (\"k1\"), at byte") &&
                                                  Contains("depends on node 4, which is not in the trace"));
  CHECK_THAT(one({computed(1, 5).data({2}), computed(2, 5).data({1})}),
             Contains("depends on itself, by way of nodes 1, 2"));
  CHECK_THAT(one({NodeSample(1, "k", 4)}), Contains("nobody knows what they take"));
  CHECK_THAT(one({computed(1, 5), collective(2, 0, 8, "6")}), Contains("process group \"6\" is not defined"));
  CHECK_THAT(one({computed(1, 5), NodeSample(2, "c", 7).number("comm_type", 0)}),
             Contains("comm_size is missing"));
  CHECK_THAT(one({computed(1, 5), NodeSample(2, "c", 7).number("comm_size", 0)}),
             Contains("comm_type is missing"));
  CHECK_THAT(one({computed(1, 5), peer(2, true, 3, 8, 0)}),
             Contains("comm_dst must be another of the 1 ranks, found 3"));
  folder.rank(0, {computed(1, 5)});
  CHECK_THAT(folder.error(2), Contains("t.1.et"));
  folder.rank(1, {computed(1, 5)});
  CHECK_THAT(folder.error(1), Contains("so the trace has more ranks than the job's 1 GPUs"));
}

TEST_CASE("ranks that do not go together are told", "[trace]") {
  const TraceFolder folder;
  const auto two = [&](const std::vector<NodeSample>& first, const std::vector<NodeSample>& second) {
    folder.rank(0, first);
    folder.rank(1, second);
    return folder.error(2);
  };
  CHECK_THAT(
      two({computed(0, 1), collective(1, 0, 8, "0")}, {computed(0, 1), collective(1, 2, 8, "0")}),
      Contains("call 1 of rank 1 on process group \"0\" is all_gather of 16 B (node 1), that of rank 0 is "
               "all_reduce of 8 B"));
  CHECK_THAT(two({computed(0, 1), collective(1, 0, 8, "0")}, {computed(0, 1)}),
             Contains("t.1.et: rank 1 is in process group \"0\" (ranks 0, 1), but never calls it"));
  CHECK_THAT(two({computed(0, 1), peer(1, true, 1, 8, 3)}, {computed(0, 1)}),
             Contains("node 1 sends to rank 1 with tag 3, which never receives it"));
  CHECK_THAT(two({computed(0, 1), peer(1, true, 1, 8, 3)}, {computed(0, 1), peer(1, false, 0, 9, 3)}),
             Contains("node 1 receives 9 B, node 1 of rank 0 sends 8 B"));
  // Each waits for the other's send before it sends.
  CHECK_THAT(two({computed(0, 1), peer(1, false, 1, 8, 0), peer(2, true, 1, 8, 0).data({1})},
                 {computed(0, 1), peer(1, false, 0, 8, 0), peer(2, true, 0, 8, 0).data({1})}),
             Contains("the ranks do not go together"));
}

}  // namespace aifsim
