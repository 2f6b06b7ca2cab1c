// The program that measures NCCL, run for real by mpirun on stand-ins of the CUDA runtime and of NCCL
// (stubs/).
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#ifdef MEASURE_NCCL

namespace {

using Row = std::map<std::string, std::string>;

struct Ran {
  int code = -1;
  std::vector<Row> rows;
  std::vector<std::string> errors, skipped;
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, '\t');) parts.push_back(part);
  return parts;
}

Ran run(int ranks, const std::string& environment = "", const std::string& arguments = "") {
  const std::string command = environment +
                              " OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -n " +
                              std::to_string(ranks) + " --oversubscribe --bind-to none " MEASURE_NCCL " " +
                              arguments + " 2>/dev/null";
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  std::array<char, 4096> part{};
  while (fgets(part.data(), part.size(), pipe)) text += part.data();
  Ran ran;
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> parts = split(line);
    if (parts.size() == 2 && parts[0] == "error") ran.errors.push_back(parts[1]);
    if (parts.size() == 3 && parts[0] == "skip") ran.skipped.push_back(parts[1]);
    if (parts.empty() || parts[0] != "row") continue;
    Row& row = ran.rows.emplace_back();
    for (std::size_t i = 1; i < parts.size(); ++i)
      row[parts[i].substr(0, parts[i].find('='))] = parts[i].substr(parts[i].find('=') + 1);
  }
  return ran;
}

}  // namespace

TEST_CASE("NCCL's collectives are checked and measured, by two processes and by three", "[nccl]") {
  for (const int ranks : {2, 3}) {
    const Ran ran = run(ranks, "", "--name pair");
    CAPTURE(ranks, ran.errors);
    REQUIRE(ran.code == 0);
    std::map<std::string, std::size_t> by_op;
    for (const Row& row : ran.rows) {
      ++by_op[row.at("op")];
      CHECK(row.at("platform") == "pair");
      CHECK(row.at("ranks") == std::to_string(ranks));
      CHECK(row.at("ranks_per_node") == std::to_string(ranks));
      CHECK(row.at("software") == "nccl-2.27.3");
      CHECK(std::stod(row.at("time_us")) > 0);
      CHECK(std::stod(row.at("min_us")) <= std::stod(row.at("time_us")));
      CHECK(std::stod(row.at("count")) >= 5);
      if (row.at("op") == "barrier" || row.at("op") == "overlap") continue;
      const double bytes = std::stod(row.at("message_bytes"));
      CHECK(std::fmod(bytes, 2 * ranks) == 0);
      const double seconds = std::stod(row.at("time_us")) * 1e-6, n = ranks;
      const std::map<std::string, double> share{
          {"all_reduce", 2 * (n - 1) / n}, {"broadcast", 1}, {"reduce", 1}, {"send_recv", 1}};
      const double factor = share.count(row.at("op")) ? share.at(row.at("op")) : (n - 1) / n;
      CHECK(std::stod(row.at("busbw_GBps")) == Approx(factor * bytes / seconds / 1e9).epsilon(1e-6));
    }
    for (const char* op : {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "reduce",
                           "gather", "scatter", "send_recv"})
      CHECK(by_op[op] == 3);  // 8 KiB, 256 KiB, 8 MiB: what the stub's memory holds
    CHECK(by_op["barrier"] == 1);
    CHECK(by_op["overlap"] + ran.skipped.size() == 2);
  }
}

TEST_CASE("a wrong result, and what NCCL found out in the background, end the program with their place",
          "[nccl]") {
  for (const auto& [call, op] : {std::pair("AllReduce", "all_reduce"),
                                 {"AllGather", "all_gather"},
                                 {"ReduceScatter", "reduce_scatter"},
                                 {"Recv", "all_to_all"},
                                 {"Broadcast", "broadcast"},
                                 {"Reduce", "reduce"}}) {
    const Ran ran = run(2, std::string("STUB_CORRUPT=") + call);
    CAPTURE(call, ran.errors);
    CHECK(ran.code != 0);
    REQUIRE(ran.errors.size() == 1);
    CHECK_THAT(ran.errors[0], Catch::StartsWith(std::string("NCCL gives a wrong result of ") + op +
                                                ", bf16, 4096 elements: rank "));
    CHECK(std::none_of(ran.rows.begin(), ran.rows.end(), [&](const Row& row) { return row.at("op") == op; }));
  }
  const Ran remote = run(2, "STUB_ASYNC_ERROR=1");
  CHECK(remote.code != 0);
  REQUIRE(!remote.errors.empty());
  CHECK_THAT(remote.errors[0], Catch::Contains("remote process exited"));
}

TEST_CASE("too many processes, one process and unknown arguments are refused", "[nccl]") {
  const Ran crowded = run(2, "STUB_DEVICES=1");
  CHECK(crowded.code != 0);
  REQUIRE(!crowded.errors.empty());
  CHECK(crowded.errors[0] == "2 processes on a node of 1 GPUs; each needs its own");
  const Ran alone = run(1);
  CHECK(alone.code != 0);
  REQUIRE(alone.errors.size() == 1);
  CHECK_THAT(alone.errors[0], Catch::Contains("needs two processes at least"));
  const Ran odd = run(1, "", "--fast");
  CHECK(odd.code != 0);
  CHECK(odd.errors == std::vector<std::string>{"unknown argument --fast"});
}

#endif
