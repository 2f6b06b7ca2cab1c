// MPI collectives of all kinds, and one beside a matrix product. Each result is checked once per size.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "common/bus.hpp"
#include "cpu/bench.hpp"
#include "cpu/ops.hpp"

namespace real_runs::cpu {
namespace {

constexpr const char* kKinds[] = {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast",
                                  "reduce",     "gather",     "scatter",        "send_recv",  "barrier"};

// `count`: floats of the whole buffer, a multiple of the ranks.
void call(const std::string& op, float* in, float* out, int count, int rank, int ranks) {
  const MPI_Comm world = MPI_COMM_WORLD;
  const int part = count / ranks;
  if (op == "all_reduce") MPI_Allreduce(in, out, count, MPI_FLOAT, MPI_SUM, world);
  if (op == "all_gather") MPI_Allgather(in, part, MPI_FLOAT, out, part, MPI_FLOAT, world);
  if (op == "reduce_scatter") MPI_Reduce_scatter_block(in, out, part, MPI_FLOAT, MPI_SUM, world);
  if (op == "all_to_all") MPI_Alltoall(in, part, MPI_FLOAT, out, part, MPI_FLOAT, world);
  if (op == "broadcast") MPI_Bcast(rank == 0 ? in : out, count, MPI_FLOAT, 0, world);
  if (op == "reduce") MPI_Reduce(in, out, count, MPI_FLOAT, MPI_SUM, 0, world);
  if (op == "gather") MPI_Gather(in, part, MPI_FLOAT, out, part, MPI_FLOAT, 0, world);
  if (op == "scatter") MPI_Scatter(in, part, MPI_FLOAT, out, part, MPI_FLOAT, 0, world);
  if (op == "send_recv")
    MPI_Sendrecv(in, count, MPI_FLOAT, (rank + 1) % ranks, 0, out, count, MPI_FLOAT,
                 (rank + ranks - 1) % ranks, 0, world, MPI_STATUS_IGNORE);
  if (op == "barrier") MPI_Barrier(world);
}

// Rank r's input is r + 1 at all places; what place i of its output must be.
double expected(const std::string& op, int i, int count, int rank, int ranks) {
  const double sum = ranks * (ranks + 1) / 2.0;
  const int part = count / ranks;
  if (op == "all_reduce" || op == "reduce_scatter" || op == "reduce") return sum;
  if (op == "all_gather" || op == "all_to_all" || op == "gather") return i / part + 1;
  if (op == "send_recv") return (rank + ranks - 1) % ranks + 1;
  return 1;  // broadcast, scatter
}

int outputs(const std::string& op, int count, int rank, int ranks) {
  if (op == "barrier" || ((op == "reduce" || op == "gather") && rank != 0)) return 0;
  if (op == "broadcast" && rank == 0) return 0;  // its input is its output
  return op == "reduce_scatter" || op == "scatter" ? count / ranks : count;
}

// "OMPI-4.1.4" from "Open MPI v4.1.4, package: ..."; other libraries by their first word.
std::string mpi_release() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string version(text, static_cast<std::size_t>(length));
  if (version.rfind("Open MPI v", 0) == 0)
    return "OMPI-" + version.substr(10, version.find_first_of(", ", 10) - 10);
  return version.substr(0, version.find_first_of(" ,\n\t"));
}

std::string transport() {
  const char* chosen = std::getenv("OMPI_MCA_btl");
  return chosen && std::strstr(chosen, "tcp") ? "tcp" : "shared memory";
}

std::vector<int> sizes(bool full) {  // floats
  if (!full) return {1024, 1 << 13, 1 << 16, 1 << 19, 1 << 21, 1 << 22, 1 << 23};
  std::vector<int> all;
  for (int n = 256; n <= 1 << 26; n *= 4) all.push_back(n);
  return all;
}

void run_overlap(Bench& bench) {
  constexpr int side = 512, count = 1 << 21;
  bench.begin("product and all-reduce at the same time");
  Buffer a(side * side), b(side * side), c(side * side), in(count), out(count);
  const auto product = [&] {
    for (int i = 0; i < 8; ++i) gemm(Transpose::none, side, side, side, a.data(), b.data(), c.data());
  };
  const Times compute = bench.time_together(product), reduce = bench.time_together([&] {
    call("all_reduce", in.data(), out.data(), count, bench.rank, bench.ranks);
  });
  const Times both = bench.time_together([&] {
    MPI_Request request{};
    MPI_Iallreduce(in.data(), out.data(), count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request);
    for (int i = 0; i < 8; ++i) {
      int done = 0;
      gemm(Transpose::none, side, side, side, a.data(), b.data(), c.data());
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    }
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  });
  for (const bool of_product : {true, false}) {
    Row row = bench.row("overlap");
    row.set("layer", of_product ? "gemm beside all_reduce" : "all_reduce beside gemm").set("dtype", "fp32");
    row.set("m", side).set("n", side).set("k", side).set("batch", 8).set("ranks", bench.ranks);
    row.set("ranks_per_node", bench.ranks).set("message_bytes", 4.0 * count);
    row.set("alone_us", (of_product ? compute : reduce).median * 1e6);
    bench.print(row, both);
  }
}

}  // namespace

void collective_cases(Bench& bench, bool run) {
  const std::vector<int> counts = sizes(bench.full);
  if (!run) {
    bench.cases += (std::size(kKinds) - 1) * counts.size() + 2;
    return;
  }
  Buffer in(static_cast<std::size_t>(counts.back())), out(static_cast<std::size_t>(counts.back()));
  for (const std::string op : kKinds) {
    for (const int size : counts) {
      const int count = op == "barrier" ? 0 : size / bench.ranks * bench.ranks;
      bench.begin(op + (count ? " " + std::to_string(4 * std::size_t(count)) + " bytes" : ""));
      std::fill(in.data(), in.data() + count, float(bench.rank + 1));
      call(op, in.data(), out.data(), count, bench.rank, bench.ranks);
      for (int i = 0; i < outputs(op, count, bench.rank, bench.ranks); ++i)
        if (out.data()[i] != float(expected(op, i, count, bench.rank, bench.ranks)))
          fail("the MPI library gives a wrong result of " + op);
      const Times times =
          bench.time_together([&] { call(op, in.data(), out.data(), count, bench.rank, bench.ranks); });
      Row row = bench.row(op);
      row.set("ranks", bench.ranks).set("ranks_per_node", bench.ranks).set("message_bytes", 4.0 * count);
      row.set("software", mpi_release())
          .set("layer", transport())
          .set("buffers", "host")
          .set("dtype", "fp32");
      if (count && times.median > 0)
        row.set("busbw_GBps", bus_share(op, bench.ranks) * 4.0 * count / times.median / 1e9);
      bench.print(row, times);
      if (count == 0) break;
    }
  }
  run_overlap(bench);
}

}  // namespace real_runs::cpu
