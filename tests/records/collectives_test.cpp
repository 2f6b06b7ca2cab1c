// nccl-tests, OSU and the tables of collectives.
#include <catch2/catch.hpp>

#include "records/samples.hpp"

using namespace aifsim::records;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("nccl-tests: operation, ranks, nodes, device and the out-of-place times") {
  const Read r = read("nccl-tests", kNcclText);
  REQUIRE(r.rows.size() == 2);  // the third is wrong
  CHECK(r.rows[0] == Row{{"gpu", "h100_sxm_80gb"},
                         {"software", "nccl-2.27.3"},
                         {"op", "all_reduce"},
                         {"ranks", "4"},
                         {"ranks_per_node", "2"},
                         {"message_bytes", "1024"},
                         {"buffers", "gpu"},
                         {"dtype", "fp32"},
                         {"time_us", "12.5"},
                         {"count", "20"},
                         {"busbw_GBps", "0.12"}});
  CHECK(r.rows[1].at("time_us") == "13");
  CHECK(r.skipped.at("results that the program itself found wrong (#wrong)") == 1);
  CHECK(r.skipped.at("in-place timings (--in-place takes them instead)") == 3);
  Given given;
  given.in_place = true;
  CHECK(read("nccl-tests", kNcclText, given).rows[0].at("time_us") == "12.1");
}

TEST_CASE("nccl-tests: old columns, per-iteration columns, blanks and timestamps") {
  const std::string start =
      "# nThread 1 nGpus 4 minBytes 8 maxBytes 8 iters: 20\nsrun all_gather_perf -b 8\n";
  const std::string old =
      start +
      "#       size         count    type    time   algbw   busbw  error    time   algbw   busbw  error\n"
      "     1048576        262144   float   50.00   20.97   15.73  0e+00   49.00   21.40   16.05  0e+00\n";
  CHECK(read("nccl-tests", old).rows.at(0).at("op") == "all_gather");
  CHECK(read("nccl-tests", old).rows[0].at("ranks") == "4");
  CHECK(read("nccl-tests", old).rows[0].at("time_us") == "50");
  const std::string iterations = start +
                                 "# size count type redop root time algbw busbw #wrong i_min i_max i_p99 "
                                 "i_cv% time algbw busbw #wrong i_min "
                                 "i_max i_p99 i_cv% timestamp\n"
                                 "4096 1024 float none -1 10.0 0.4 0.3 0 9.5 11.0 10.9 2.0 10.1 0.4 0.3 0 "
                                 "9.6 11.0 10.9 2.0 2026-01-01 10:00:00\n";
  CHECK(read("nccl-tests", iterations).rows.at(0).at("min_us") == "9.5");
  CHECK(read("nccl-tests", iterations).rows[0].at("time_us") == "10");
}

TEST_CASE("nccl-tests: the operation from the bus bandwidth, or a request for --op") {
  const std::string text =
      "# nThread 1 nGpus 8 minBytes 8 maxBytes 8 iters: 20\n"
      "# size count type redop root time algbw busbw #wrong time algbw busbw #wrong\n"
      "1073741824 268435456 float sum -1 4500.0 238.61 417.56 0 4500.0 238.61 417.56 0\n";
  CHECK(read("nccl-tests", text).rows.at(0).at("op") == "all_reduce");
  CHECK(read("nccl-tests", replaced(text, "417.56", "208.78")).rows.at(0).at("op") == "reduce_scatter");
  const std::string silent = replaced(text, "sum", "none");
  CHECK_THAT(error_of("nccl-tests", silent), StartsWith("f:3:1: which operation") && Contains("--op"));
  Given given;
  given.op = "all_to_all";
  CHECK(read("nccl-tests", silent, given).rows.at(0).at("op") == "all_to_all");
}

TEST_CASE("nccl-tests: mistakes have a place") {
  CHECK_THAT(error_of("nccl-tests", replaced(kNcclText, " 12.50 ", " x2.50 ")),
             Catch::Equals("f:16:57: time: expected a number, found \"x2.50\""));
  CHECK_THAT(error_of("nccl-tests", "hello\n"), Contains("no line of results"));
  CHECK_THAT(error_of("nccl-tests", replaced(kNcclText, "12.10    0.08    0.13       0", "")),
             StartsWith("f:16:1: a line of results with"));
}

TEST_CASE("nccl-tests JSON: a process drives several devices") {
  const Read r = read("nccl-tests", kNcclJson);
  REQUIRE(r.rows.size() == 1);
  CHECK(r.rows[0].at("op") == "reduce_scatter");
  CHECK(r.rows[0].at("ranks") == "4");
  CHECK(r.rows[0].at("ranks_per_node") == "2");
  CHECK(r.rows[0].at("gpu") == "b200");
  CHECK(r.rows[0].at("software") == "nccl-2.27.3");
  CHECK(r.rows[0].at("min_us") == "19.25");
  CHECK(r.rows[0].at("dtype") == "bf16");
  CHECK_THAT(error_of("nccl-tests", replaced(kNcclJson, "20.5", "\"fast\"")),
             Contains("results: time: expected a number"));
  CHECK_THAT(error_of("nccl-tests", kNcclJson.substr(0, 300)), Contains("not JSON"));
}

TEST_CASE("rccl-tests: JSON, and the version as RCCL prints it") {
  const Read r = read("nccl-tests", kRcclJson);
  REQUIRE(r.rows.size() == 1);
  CHECK(r.rows[0].at("op") == "all_reduce");
  CHECK(r.rows[0].at("ranks") == "16");
  CHECK(r.rows[0].at("ranks_per_node") == "8");
  CHECK(r.rows[0].at("time_us") == "25.5");
  const std::string text =
      replaced(kNcclText, "NCCL version 2.27.3+cuda12.9", "RCCL version : 2.22.3-develop:f5b15f2");
  CHECK(read("nccl-tests", text).rows.at(0).at("software") == "rccl-2.22.3");
}

TEST_CASE("OSU: percentile columns") {
  Given given;
  given.ranks = 4;
  const Read r = read(
      "osu",
      "# OSU MPI Allreduce Latency Test v7.5\n# Size       Avg Latency(us)  P50 Tail Lat(us)  P90 Tail "
      "Lat(us)  P99 Tail Lat(us)\n8 3.0 2.5 3.5 4.0\n"
      "# OSU MPI Bandwidth Test v7.5\n# Size      Bandwidth (MB/s)  P50 Tail BW(MB/s)  P90 Tail BW(MB/s)  "
      "P99 Tail BW(MB/s)\n1000 100.0 90.0 80.0 70.0\n",
      given);
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0].at("time_us") == "2.5");
  CHECK(r.rows[0].at("p90_us") == "3.5");
  CHECK(r.rows[1].at("time_us") == "10");
}

TEST_CASE("OSU: sizes become whole buffers, ranks must be told") {
  CHECK_THAT(error_of("osu", kOsu), StartsWith("f:4:1: how many ranks ran?"));
  Given given;
  given.ranks = 8;
  given.ranks_per_node = 4;
  const Read r = read("osu", kOsu, given);
  REQUIRE(r.rows.size() == 3);
  CHECK(r.rows[0] == Row{{"op", "all_gather"},
                         {"ranks", "8"},
                         {"ranks_per_node", "4"},
                         {"message_bytes", "8192"},
                         {"buffers", "gpu"},
                         {"dtype", "int8"},
                         {"software", "osu-7.4 mpi"},
                         {"time_us", "12.5"},
                         {"min_us", "11"},
                         {"count", "1000"}});
  CHECK(r.rows[2].at("op") == "send_recv_window");
  CHECK(r.rows[2].at("buffers") == "host");
  CHECK(std::stod(r.rows[2].at("time_us")) == Approx(1048576 / 20000.0));
  CHECK(r.skipped.at("lines that are no results (comments, messages of the launcher or the library)") == 1);
}

TEST_CASE("OSU: variants of an operation are left out, not taken for it; failed validation too") {
  Given given;
  given.ranks = 4;
  const Read r = read(
      "osu",
      "# OSU MPI Non-blocking Allreduce Latency Test v7.4\n# Size  Overall(us)  Latency(us)\n8  3.0  2.0\n"
      "# OSU MPI All-to-Allv Personalized Exchange Latency Test v5.9\n# Size       Avg Latency(us)\n8 3.0\n"
      "# OSU MPI Allreduce Latency Test v7.4\n# Size       Avg Latency(us)  Validation\n8 3.0 Pass\n16 3.0 "
      "Fail\n",
      given);
  REQUIRE(r.rows.size() == 1);
  CHECK(r.rows[0].at("message_bytes") == "8");
  CHECK(r.skipped.size() == 3);
}

TEST_CASE("published tables of collectives") {
  const Read mpi = read("tidy", kTidyMpi);
  REQUIRE(mpi.rows.size() == 2);
  CHECK(mpi.rows[0].at("op") == "reduce_scatter");
  CHECK(mpi.rows[0].at("ranks") == "4");
  CHECK(mpi.rows[0].at("buffers") == "gpu");
  CHECK(mpi.rows[0].at("software") == "OMPI-4.1.6");
  CHECK(mpi.rows[0].count("layer") == 0);
  CHECK(mpi.rows[1].at("ranks") == "16");
  CHECK(mpi.rows[1].at("ranks_per_node") == "4");
  const Read experts = read("tidy", kTidyExperts);
  REQUIRE(experts.rows.size() == 1);
  CHECK(experts.rows[0].at("op") == "moe_dispatch");
  CHECK(experts.rows[0].at("ranks") == "8");
  CHECK(experts.rows[0].at("layer") == "sms=24");
  CHECK(experts.rows[0].at("platform") == "gb200_nvl72");
  CHECK(experts.notes.size() == 1);
  CHECK(experts.skipped.at("halves without a time") == 1);
}
