// Tools that measure links and memory: what each figure means, and rows that contradict themselves.
#include <catch2/catch.hpp>

#include "records/cells.hpp"
#include "records/samples.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

double number(const Row& row, const char* column) { return std::stod(row.at(column)); }
const std::string kBad = "rows that cannot be read";

}  // namespace

TEST_CASE("perftest: Gb/s are 10^9 bits, small rates come from the message rate, a wrong row is left out") {
  const Read r = read("perftest", kWriteBw);
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0] == Row{{"software", "perftest"},
                         {"op", "send_recv_window"},
                         {"layer", "RDMA_Write BW Test, 4 queue pairs"},
                         {"ranks", "2"},
                         {"ranks_per_node", "1"},
                         {"message_bytes", "8"},
                         {"buffers", "host"},
                         {"time_us", r.rows[0].at("time_us")},
                         {"count", "5000"}});
  CHECK(number(r.rows[0], "time_us") == Approx(1 / 7.5));
  CHECK(number(r.rows[1], "time_us") == Approx(32768 * 8 / 196.61e3).epsilon(1e-3));
  CHECK(r.skipped.at(kBad) == 1);
  CHECK_THAT(r.first.at(kBad).str(),
             Contains("f:23:1: 23500 messages/s of 1.04858e+06 bytes are not 1.2375e+10"));
}

TEST_CASE("perftest: MB are 2^20 bytes; an adapter with itself, and what both sides print, are told") {
  const Read r = read("perftest", kReadBwMb);
  REQUIRE(r.rows.size() == 1);
  CHECK(number(r.rows[0], "time_us") == Approx(65536 / (10000 * 1.048576)));
  CHECK(r.rows[0].at("ranks_per_node") == "2");
  CHECK(r.skipped.at("results printed twice, by server and client") == 1);
  CHECK_THAT(r.notes.at(0), Contains("an adapter with itself"));
}

TEST_CASE(
    "perftest's JSON: size times message rate tells the unit; latencies; what has neither is left out") {
  const Read mib = read("perftest", kWriteBwJson);
  REQUIRE(mib.rows.size() == 1);
  CHECK(mib.rows[0].at("op") == "send_recv_window");
  CHECK(mib.rows[0].at("layer") == "RDMA_Write BW Test, 2 queue pairs");
  CHECK(std::stod(mib.rows[0].at("time_us")) == Approx(65536 / (11000 * 1.048576)));
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  // With --report_gbits: 65536 B x 0.375 Mpps are 196.6 Gbit/s.
  const std::string gbits = replaced(replaced(kWriteBwJson, "11000.00", "196.60"), "0.176000", "0.375000");
  CHECK(std::stod(read("perftest", gbits).rows.at(0).at("time_us")) ==
        Approx(65536 * 8 / 196.6e3).epsilon(1e-3));
  const Read none = read("perftest", replaced(kWriteBwJson, "0.176000", "0"));
  CHECK(none.rows.empty());
  CHECK(read("perftest", replaced(kWriteBwJson, "0.176000", "0.1")).rows.empty());  // contradicts itself
  CHECK(read("perftest", replaced(kWriteBwJson, "Write_BW", "Write_Bidirectional_BW")).rows.at(0).at("op") ==
        "send_recv_both_ways");
  const Row lat = read("perftest", kSendLatJson).rows.at(0);
  CHECK(lat.at("op") == "send_recv");
  CHECK(lat.at("time_us") == "1.06");
  CHECK(lat.at("min_us") == "1.01");
}

TEST_CASE("perftest: the median of latencies; reads, both ways, GPU buffers, atomics") {
  const Read sends = read("perftest", kSendLat);
  REQUIRE(sends.rows.size() == 1);
  CHECK(sends.rows[0].at("op") == "send_recv");
  CHECK(number(sends.rows[0], "time_us") == 1.06);
  CHECK(number(sends.rows[0], "min_us") == 1.01);
  const auto titled = [](const std::string& title) {
    std::string text = kReadBwMb;
    return text.replace(text.find("RDMA_Read BW Test"), 17, title);
  };
  CHECK(read("perftest", titled("RDMA_Write Bidirectional BW Test")).rows.at(0).at("op") ==
        "send_recv_both_ways");
  CHECK(read("perftest", titled("Atomic BW Test")).rows.empty());
  CHECK(
      read("perftest", "allocated 65536 bytes of GPU buffer at 0x7f\n" + kSendLat).rows.at(0).at("buffers") ==
      "gpu");
  const Read gpu = read("perftest", "[pid = 1, dev = 0] device name = [NVIDIA H200]\n" + kSendLat);
  CHECK(gpu.rows.at(0).at("gpu") == "h200_sxm");
  std::string reads = kSendLat;
  reads.replace(reads.find("Send Latency"), 12, "RDMA_Read Latency");
  CHECK(read("perftest", reads).rows.at(0).at("op") == "rdma_read");
  CHECK_THAT(error_of("perftest", "nothing\n"), Contains("no table of results"));
}

TEST_CASE("STREAM: BabelStream's names, the rate's shortest time, validation takes rows back") {
  const Read r = read("stream", kStream);
  REQUIRE(r.rows.size() == 3);
  CHECK(r.rows[0].at("op") == "stream_copy");
  CHECK(number(r.rows[0], "bytes") == 1.6e9);
  CHECK(number(r.rows[0], "time_us") == Approx(8200));
  CHECK(number(r.rows[0], "min_us") == Approx(8000));
  CHECK(r.rows[1].at("op") == "stream_mul");
  CHECK(r.rows[2].at("layer") == "64 threads");
  CHECK(r.rows[2].at("software") == "stream-5.10");
  CHECK(r.skipped.at(kBad) == 1);
  std::string wrong = kStream;
  wrong.replace(wrong.find("Solution Validates"), 18, "Failed Validation on array a[]");
  CHECK(read("stream", wrong).rows.empty());
  // The form of old releases.
  const Read old =
      read("stream",
           "STREAM version $Revision: 5.8 $\nThis system uses 8 bytes per DOUBLE PRECISION word.\n"
           "Array size = 2000000, Offset = 0\nFunction      Rate (MB/s)   Avg time     Min time  "
           "   Max time\nCopy:       3200.0       0.0105       0.0100       0.0110\n");
  REQUIRE(old.rows.size() == 1);
  CHECK(number(old.rows[0], "bytes") == 32e6);
}

TEST_CASE("p2pBandwidthLatencyTest: pairs with peer access, both ways as the sum, latencies of the GPU") {
  const Read r = read("p2p-test", kP2p);
  REQUIRE(r.rows.size() == 12);
  CHECK(r.rows[1] == Row{{"gpu", "h100_sxm_80gb"},
                         {"software", "p2pBandwidthLatencyTest"},
                         {"op", "memcpy_p2p"},
                         {"layer", "GPU 0 to 1"},
                         {"bytes", "160000000"},
                         {"time_us", "400"}});
  CHECK(number(r.rows[0], "bytes") / number(r.rows[0], "time_us") == Approx(2500e3));
  CHECK(r.rows[5].at("op") == "memcpy_both_ways");
  CHECK(number(r.rows[5], "bytes") / number(r.rows[5], "time_us") == Approx(760e3));
  CHECK(r.rows[8].at("bytes") == "16");
  CHECK(r.rows[8].at("time_us") == "2.5");
  CHECK(r.skipped.at("copies with peer access disabled, which go through the host") == 9);
  CHECK(r.skipped.at("copies between GPUs without peer access, which go through the host") == 12);
  CHECK(r.skipped.at("times that the host takes to queue a copy") == 9);
}

TEST_CASE("TransferBench: lines with nothing where a number should be") {
  CHECK(read("transferbench", kTransferBenchCsv + ",ALL,x\n").rows ==
        read("transferbench", kTransferBenchCsv).rows);
  CHECK(read("transferbench", kTransferBenchP2p + "[\n[ bytes per Transfer]\n").rows.size() ==
        read("transferbench", kTransferBenchP2p).rows.size());
}

TEST_CASE("TransferBench: single transfers by their ends, several at once as such; matrices; CSV") {
  const Read r = read("transferbench", kTransferBench);
  REQUIRE(r.rows.size() == 4);
  CHECK(r.rows[0].at("op") == "memcpy_p2p");
  CHECK(r.rows[0].at("layer") == "G0 to G1 by G000:004");
  CHECK(r.rows[0].at("software") == "transferbench-1.62.00");
  CHECK(number(r.rows[0], "bytes") / number(r.rows[0], "time_us") == Approx(56309));
  CHECK(r.rows[1].at("op") == "memcpy_h2d");
  CHECK(r.rows[2].at("op") == "memcpy_many");
  const Read p2p = read("transferbench", kTransferBenchP2p);
  REQUIRE(p2p.rows.size() == 9);
  CHECK(p2p.rows[2].at("op") == "memcpy_d2h");
  CHECK(p2p.rows[3].at("op") == "memcpy_d2d");
  CHECK(number(p2p.rows[4], "bytes") / number(p2p.rows[4], "time_us") == Approx(48000));
  CHECK(p2p.rows[8].at("op") == "memcpy_both_ways");
  CHECK(number(p2p.rows[8], "bytes") / number(p2p.rows[8], "time_us") == Approx(91000));
  const Read csv = read("transferbench", kTransferBenchCsv);
  REQUIRE(csv.rows.size() == 1);
  CHECK(csv.rows[0].at("op") == "memcpy_p2p");
  CHECK(number(csv.rows[0], "time_us") == Approx(2000).epsilon(1e-3));
  CHECK(read("transferbench", kTransferBenchCsv + ",16,8\n  [ bytes per Transfer]\n").rows.size() == 1);
}

TEST_CASE("nsys stats: medians of kernels and copies, text tables alike, other reports left out") {
  const Read r = read("nsys-stats", kNsysKernels);
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0] == Row{{"software", "nsys"},
                         {"op", "gemm"},
                         {"layer", "void cutlass_80_gemm<(int)2, float>(char const*)"},
                         {"time_us", "59.0005"},
                         {"min_us", "50"},
                         {"count", "100"}});
  CHECK(r.rows[1].at("op") == "memcpy_h2d");
  CHECK(r.rows[1].at("time_us") == "2.9");
  CHECK(r.skipped.at(kBad) == 1);
  CHECK(r.skipped.at("rows of other reports (API calls, ranges, sizes), which no record expresses") == 1);
  const Read text = read("nsys-stats", kNsysText);
  REQUIRE(text.rows.size() == 2);
  CHECK(text.rows[0].at("time_us") == "144.383");
  CHECK(text.rows[0].at("count") == "17505");
  CHECK(text.rows[1].at("layer") == "void at::native::softmax  <float, 4>(int)");
  const Read trace = read("nsys-stats", kNsysTrace);
  REQUIRE(trace.rows.size() == 2);
  CHECK(trace.rows[0] == Row{{"gpu", "h200_sxm"},
                             {"software", "nsys"},
                             {"op", "memcpy_h2d"},
                             {"layer", "memcpy"},
                             {"buffers", "pinned"},
                             {"bytes", "4096000"},
                             {"time_us", "40"},
                             {"min_us", "40"},
                             {"p90_us", "40"},
                             {"count", "1"}});
  CHECK(trace.rows[1].at("time_us") == "40");
  CHECK(trace.rows[1].at("grid") == "2x1x1");
  CHECK(trace.rows[1].at("count") == "2");
  // Bars, and a release whose reports have no median.
  const Read bars =
      read("nsys-stats",
           "| Time (%) | Total Time (ns) | Instances | Average (ns) | Name |\n+---+---+---+---+---+\n"
           "| 100.0 | 2000 | 2 | 1000.0 | my_softmax |\n");
  REQUIRE(bars.rows.size() == 1);
  CHECK(bars.rows[0].at("time_us") == "1");
  CHECK_THAT(bars.notes.at(0), Contains("means over the launches"));
}

TEST_CASE(
    "NCCL tables in CSV: rccl-tests' own, and titles as people write them, with the unit that the row "
    "tells") {
  const Read rccl = read("nccl-csv", kRcclCsv);
  REQUIRE(rccl.rows.size() == 1);
  CHECK(rccl.rows[0].at("op") == "all_reduce");
  CHECK(rccl.rows[0].at("ranks") == "16");
  CHECK(rccl.rows[0].at("ranks_per_node") == "8");
  CHECK(rccl.rows[0].at("time_us") == "100");
  CHECK(rccl.skipped.at("in-place timings") == 1);
  CHECK(rccl.skipped.at(kBad) == 1);
  Given in_place;
  in_place.in_place = true;
  CHECK(read("nccl-csv", kRcclCsv, in_place).rows.at(0).at("time_us") == "99");
  const Read own = read("nccl-csv", kNcclCsv);
  REQUIRE(own.rows.size() == 2);
  CHECK(own.rows[0].at("op") == "all_gather");
  CHECK(own.rows[0].at("time_us") == "100");
  CHECK_THAT(own.notes.at(0), Contains("in milliseconds"));
  const std::string both =
      "size,count,type,redop,root,oop_time,oop_algbw,oop_busbw,oop_wrong,ip_time,ip_algbw,ip_busbw,ip_wrong\n"
      "1048576,262144,float,sum,-1,50.0,20.97,36.70,0,49.0,21.40,37.45,0\n";
  CHECK(recognise(both)->name == std::string("nccl-csv"));
  CHECK_THAT(error_of("nccl-csv", both), Contains("give --ranks N"));
  Given given;
  given.ranks = 8;
  const Read split = read("nccl-csv", both, given);
  CHECK(split.rows.at(0).at("op") == "all_reduce");  // by bus over algorithm bandwidth
  CHECK(split.rows[0].at("time_us") == "50");
  given.in_place = true;
  CHECK(read("nccl-csv", both, given).rows.at(0).at("time_us") == "49");
}

TEST_CASE("NCCL tables with decimal commas, and headers that lack a column") {
  Given given;
  given.ranks = 8;
  given.op = "all_reduce";
  const auto times = [&](const std::string& text) {
    std::vector<std::string> all;
    for (const auto& row : read("nccl-csv", text, given).rows) all.push_back(row.at("time_us"));
    return all;
  };
  const std::string head = "Size (B);Time (us);AlgBW (GB/s);BusBW (GB/s)\n";
  CHECK(
      times(head + "1048576;42,1;24,91;43,59\n4194304;65,300;64,231;112,405\n1.048.576;42,1;24,91;43,59\n") ==
      std::vector<std::string>{"42.1", "65.3", "42.1"});
  CHECK(times(head + "1,048,576;42.1;24.91;43.59\n1048576;1,042.1;1.01;1.76\n") ==
        std::vector<std::string>{"42.1", "1042.1"});  // thousands, where points part decimals
  CHECK(
      times(
          "size,time,algbw,busbw\n1048576,\"42,1\",\"24,91\",\"43,59\"\n\"1,048,576\",42.1,24.91,43.59\n") ==
      std::vector<std::string>{"42.1", "42.1"});
  CHECK_THAT(
      error_of("nccl-csv", "\nsize,time_us\n1048576,42\n"),
      Contains("f:2:1: the header lacks algbw or busbw; it has \"size, time_us\"; expected columns such as "
               "size, time, algbw and busbw"));
  CHECK_THAT(error_of("nccl-csv", "time,busbw,note\n1,2,3\n"),
             Contains("f:1:1: the header lacks the size; "));
  CHECK_THAT(error_of("nccl-csv", "1048576,42,24,43\n"), Contains("f:1:1: no header, found "));
}

TEST_CASE("Intel MPI benchmarks: half a round trip, whole buffers, ranks of each section") {
  const Read r = read("imb", kImb);
  REQUIRE(r.rows.size() == 4);
  CHECK(r.rows[0].at("op") == "send_recv");
  CHECK(r.rows[0].at("ranks") == "2");
  CHECK(r.rows[0].at("time_us") == "2.05");
  CHECK(r.rows[1] == Row{{"software", "imb-2021.7"},
                         {"op", "all_reduce"},
                         {"layer", "IMB Allreduce"},
                         {"ranks", "16"},
                         {"message_bytes", "4096"},
                         {"buffers", "host"},
                         {"dtype", "fp32"},
                         {"time_us", "19.67"},
                         {"min_us", "12.02"},
                         {"count", "1000"}});
  CHECK(r.rows[2].at("message_bytes") == "16384");  // 1024 for each of 16 ranks
  CHECK(r.rows[3].at("op") == "barrier");
  CHECK(r.skipped.at(kBad) == 1);
}

TEST_CASE("cells: quotes, columns with blanks, titles, numbers with thousands") {
  const auto texts = [](const std::vector<Cell>& cells) {
    std::string all;
    for (const Cell& cell : cells) all += cell.text + "|";
    return all;
  };
  CHECK(texts(csv_cells("a, \"b,\"\"c\"\"\" ,,d")) == "a|b,\"c\"||d|");
  CHECK(texts(csv_cells("")) == "|");
  CHECK(csv_cells("a,  b")[1].column == 5);
  CHECK(texts(column_cells("  Time (%)  Avg (ns)\tName of it")) == "Time (%)|Avg (ns)|Name of it|");
  CHECK(title_key("Time (\xC2\xB5s)") == "timeus");
  CHECK(delimiter_of("a;b;c,d") == ';');
  CHECK(number_of("1,234.5", Place{"f"}, "x") == 1234.5);
  CHECK_THROWS_WITH(number_of("inf", Place{"f", 1, 2}, "x"), "f:1:2: x: expected a number, found \"inf\"");
}
