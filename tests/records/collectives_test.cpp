// nccl-tests, OSU and the tables of collectives.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "records/samples.hpp"
#include "replaced.hpp"

using namespace aifsim::records;
using aifsim::replaced;
using Catch::Contains;
using Catch::StartsWith;

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
  // busbw / algbw is 7/8 for all-gather and all-to-all alike.
  const std::string silent = replaced(replaced(text, "sum", "none"), "417.56", "208.78");
  CHECK_THAT(error_of("nccl-tests", silent), StartsWith("f:3:1: which operation") && Contains("--op"));
  Given given;
  given.op = "all_to_all";
  CHECK(read("nccl-tests", silent, given).rows.at(0).at("op") == "all_to_all");
}

TEST_CASE("nccl-tests: mistakes have a place") {
  const Read wrong = read("nccl-tests", replaced(kNcclText, " 12.50 ", " x2.50 "));
  CHECK(wrong.rows.size() == 1);  // the row is lost, not the file
  CHECK(wrong.first.at("rows that cannot be read").str() ==
        "f:16:57: time: expected a number, found \"x2.50\"");
  CHECK_THAT(error_of("nccl-tests", "hello\n"), Contains("no line of results"));
  const Read narrow = read("nccl-tests", replaced(kNcclText, "12.10    0.08    0.13       0", ""));
  CHECK_THAT(narrow.first.at("rows that cannot be read").str(), StartsWith("f:16:1: a line of results with"));
}

namespace {

// A log of nccl-tests: `listed` lines of devices, then rows of 1 MiB and 2 MiB whose busbw is `factor` times algbw.
std::string nccl_log(const std::string& program, const std::string& listed, const std::string& redop,
                     double factor) {
  std::string text =
      program + "\n# nThread 1 nGpus 1 minBytes 1048576 maxBytes 2097152 iters: 20 agg iters: 1\n" + listed +
      "#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw "
      "  busbw #wrong\n"
      "#        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s) "
      " "
      "(GB/s)\n";
  for (const double mib : {1.0, 2.0}) {
    const double bytes = mib * 1048576, time = 50 * mib;
    const auto half = [&](double t) {
      return fmt::format("{:9.2f}{:8.2f}{:8.2f}      0", t, bytes / t / 1e3, factor * bytes / t / 1e3);
    };
    text += fmt::format("{:12.0f}{:14.0f}     float{:>8}      -1{}{}\n", bytes, bytes / 4, redop, half(time),
                        half(time + 1));
  }
  return text;
}

std::string devices(int first, int end, int per_node, int groups = 1,
                    const std::string& name = "NVIDIA H100 80GB HBM3") {
  std::string text = "# Using devices\n";
  for (int rank = first; rank < end; ++rank)
    text +=
        fmt::format("#  Rank {:2} Group {:2} Pid {:6} on      node{} device {:2} [0x{}] {}\n", rank,
                    rank % groups, 1000 + rank, rank / per_node, rank % per_node, 10 + rank % per_node, name);
  return text;
}

constexpr double kHalf8 = 7.0 / 8;

}  // namespace

TEST_CASE(
    "nccl-tests: the list of devices tells ranks and nodes, with gaps, groups, and against the bandwidths") {
  const auto ranks_of = [](const Read& r) { return r.rows.empty() ? "" : r.rows[0].at("ranks"); };
  const Read whole = read("nccl-tests", nccl_log("all_reduce_perf", devices(0, 16, 8), "sum", 2 * 15.0 / 16));
  CHECK(ranks_of(whole) == "16");
  CHECK(whole.rows.at(0).at("ranks_per_node") == "8");
  // A line of the list was lost between messages: the highest rank counts.
  const Read gap = read(
      "nccl-tests", nccl_log("all_reduce_perf", devices(0, 3, 8) + devices(4, 16, 8), "sum", 2 * 15.0 / 16));
  CHECK(ranks_of(gap) == "16");
  CHECK(gap.rows.at(0).at("ranks_per_node") == "8");
  // The end was lost: 4 ranks would have a factor of 1.5.
  const Read cut = read("nccl-tests", nccl_log("all_reduce_perf", devices(0, 4, 8), "sum", 2 * 15.0 / 16));
  CHECK(cut.rows.empty());
  CHECK(cut.skipped.at("rows whose figures contradict each other") == 2);
  CHECK_THAT(cut.first.at("rows whose figures contradict each other").message,
             Contains("busbw / algbw is 1.875") && Contains("4 ranks would have 1.500"));
  Given sixteen;
  sixteen.ranks = 16;
  CHECK(ranks_of(read("nccl-tests", nccl_log("all_reduce_perf", devices(0, 4, 8), "sum", 2 * 15.0 / 16),
                      sixteen)) == "16");
  // NCCL_TESTS_SPLIT: two communicators of 8 at once.
  const Read split = read("nccl-tests", nccl_log("all_reduce_perf", devices(0, 16, 8, 2), "sum", 2 * kHalf8));
  CHECK(ranks_of(split) == "8");
  CHECK(split.rows.at(0).at("ranks_per_node") == "4");
  CHECK(split.rows.at(0).at("layer") == "2 groups at once");
  // Without MPI each process is a job of its own, and all print between each other.
  const std::string alone =
      "# Using devices\n#  Rank  0 Group  0 Pid 1 on node1 device 0 [0x1] NVIDIA H100 80GB HBM3\n";
  const std::string other = "#  Rank  0 Group  0 Pid 2 on node2 device 0 [0x1] NVIDIA H100 80GB HBM3\n";
  const Read two = read("nccl-tests", nccl_log("all_reduce_perf", alone + other, "sum", 0));
  CHECK(two.rows.empty());
  CHECK(two.skipped.begin()->second > 0);
  CHECK_THAT(error_of("nccl-tests", nccl_log("all_reduce_perf", alone + other, "sum", 0)), Contains("MPI=1"));
  // No list at all: nThread x nGpus is only what one process has.
  CHECK_THAT(error_of("nccl-tests",
                      replaced(nccl_log("all_reduce_perf", "", "sum", 2 * kHalf8), "nGpus 1", "nGpus 4")),
             Contains("--ranks N"));
  CHECK(ranks_of(read("nccl-tests", replaced(nccl_log("all_reduce_perf", "", "sum", 2 * kHalf8), "nGpus 1",
                                             "nGpus 8"))) == "8");
  // Different GPUs in one job.
  const std::string mixed =
      nccl_log("all_reduce_perf", devices(0, 4, 4) + devices(4, 8, 4, 1, "NVIDIA H200"), "sum", 2 * kHalf8);
  CHECK_THAT(error_of("nccl-tests", mixed),
             Contains("NVIDIA H100 80GB HBM3, NVIDIA H200") && Contains("--gpu"));
}

TEST_CASE("nccl-tests: an operation counts for its own run, and must go with reduction and bandwidths") {
  const std::string reduce = nccl_log("./build/all_reduce_perf -b 1M", devices(0, 8, 8), "sum", 2 * kHalf8);
  const std::string gather = nccl_log("=== and now the other ===", devices(0, 8, 8), "none", kHalf8);
  const Read both = read("nccl-tests", reduce + gather);
  CHECK(both.rows.size() == 2);
  CHECK(both.skipped.at("rows whose operation is not told") == 2);
  const Read named = read("nccl-tests", reduce + replaced(gather, "and now", "alltoall_perf"));
  REQUIRE(named.rows.size() == 4);
  CHECK(named.rows[3].at("op") == "all_to_all");
  CHECK_THAT(error_of("nccl-tests", nccl_log("all_reduce_perf", devices(0, 8, 8), "none", 2 * kHalf8)),
             Contains("does not go with redop"));
  CHECK_THAT(error_of("nccl-tests", nccl_log("all_gather_perf", devices(0, 8, 8), "none", 2 * kHalf8)),
             Contains("all_gather of 8 ranks"));
  CHECK_THAT(error_of("nccl-tests", nccl_log("hypercube_perf", devices(0, 8, 8), "none", kHalf8)),
             Contains("hypercube_perf measures an operation that no record expresses"));
  CHECK(read("nccl-tests", nccl_log("sendrecv_perf", devices(0, 8, 8), "sum", 1)).rows.size() == 2);
  const std::string max = nccl_log("all_reduce_perf", devices(0, 8, 8), "max", 2 * kHalf8);
  CHECK(read("nccl-tests", max).rows.at(0).at("layer") == "redop max");
}

TEST_CASE("nccl-tests: headers without '#', rows that messages cut, CPU times, commas, N/A, inf") {
  const std::string text = nccl_log("all_reduce_perf", devices(0, 8, 8), "sum", 2 * kHalf8);
  std::string bare = text;
  bare.erase(std::remove(bare.begin(), bare.end(), '#'), bare.end());
  CHECK(read("nccl-tests", bare).rows == read("nccl-tests", text).rows);
  CHECK(recognise(bare)->name == std::string("nccl-tests"));
  const Read cut =
      read("nccl-tests", replaced(text, "100.00", "100.node1:7:8 [3] NCCL INFO 2097152 Bytes -> Algo 1\n00"));
  CHECK(cut.rows.size() == 1);
  CHECK(cut.skipped.at("rows that cannot be read") == 2);
  std::string cpu = replaced(replaced(text, " time ", " cputime "), " time ", " cputime ");
  CHECK(read("nccl-tests", cpu).skipped.at("times of the launch on the CPU (-C 1), not of the collective") ==
        2);
  CHECK(recognise(cpu)->name == std::string("nccl-tests"));
  CHECK(read("nccl-tests", replaced(text, "1048576        ", "1,048,576      "))
            .rows.at(0)
            .at("message_bytes") == "1048576");
  std::string german = text;
  const std::size_t rows = german.find("(GB/s)\n") + 7;
  std::replace(german.begin() + static_cast<std::ptrdiff_t>(rows), german.end(), '.', ',');
  CHECK(read("nccl-tests", german).rows.at(1).at("time_us") == "100");
  CHECK(read("nccl-tests", replaced(text, " 50.00 ", "   inf ")).rows.size() == 1);
  CHECK(read("nccl-tests", replaced(text, " 50.00 ", "  0.00 ")).skipped.at("times of 0") == 1);
  CHECK(read("nccl-tests", replaced(text, " 50.00 ", " 70.00 "))
            .skipped.at("rows whose figures contradict each other") == 1);
  const Read in_place = read(
      "nccl-tests", replaced(text, "   50.00   20.97   36.70      0", "     N/A     N/A     N/A    N/A"));
  CHECK(in_place.rows.at(0).at("time_us") == "51");
  CHECK_THAT(in_place.notes.at(0), Contains("in-place ones were taken"));
}

TEST_CASE("nccl-tests: a log with more than 64 KiB before the table is recognised") {
  std::string text;
  while (text.size() < 300'000)
    text += "node1:1:2 [0] NCCL INFO NET/Plugin: Could not find: libnccl-net.so.\n";
  CHECK(recognise(Input::of_text("f", text + kNcclText).head())->name == std::string("nccl-tests"));
}

TEST_CASE("nccl-tests JSON: CPU times and figures that are none cost their row") {
  CHECK(read("nccl-tests", replaced(kNcclJson, "{\"time\":20.5", "{\"cpu_time\":20.5")).rows.empty());
  const std::string second =
      kNcclJson.substr(kNcclJson.find("{\"size\":4096"),
                       kNcclJson.find("],\n\"out_of_bounds") - kNcclJson.find("{\"size\":4096"));
  const Read r =
      read("nccl-tests", replaced(kNcclJson, second, replaced(second, "20.5", "\"inf\"") + "," + second));
  CHECK(r.rows.size() == 1);
  CHECK(r.skipped.at("rows that cannot be read") == 1);
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
  const Read untold = read("osu", kOsu);
  CHECK(untold.rows.size() == 1);  // two ranks give each other
  CHECK_THAT(untold.first.at("rows that cannot be read").str(), StartsWith("f:4:1: how many ranks ran?"));
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
