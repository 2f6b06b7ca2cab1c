// Traces as they really are: broken in places, cut off, of several GPUs, with CUDA graphs.
#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "records/json_repair.hpp"
#include "records/samples.hpp"
#include "report/scratch_folder.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

std::string kernel(const std::string& name, const std::string& fields = "\"dur\":2",
                   const std::string& args = "") {
  return "{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"" + name + "\"," + fields + ",\"ts\":1,\"args\":{" +
         args + "}}";
}

std::string trace(const std::string& events) { return "{\"traceEvents\":[\n" + events + "\n]}"; }

std::string repaired(std::string text, std::size_t piece) {
  JsonRepair repair;
  std::string out, left;
  for (std::size_t at = 0; at < text.size() || !left.empty(); at += piece) {
    std::string bytes = left + text.substr(std::min(at, text.size()), piece);
    const std::size_t done = repair.apply(bytes.data(), bytes.size(), at + piece >= text.size());
    out += bytes.substr(0, done);
    left = bytes.substr(done);
  }
  return out;
}

}  // namespace

TEST_CASE("JSON is repaired byte for byte, wherever the pieces end") {
  const std::pair<std::string, std::string> cases[] = {
      {"{\"a\":\"b\nc\td\"}", "{\"a\":\"b c d\"}"},
      {"[NaN,-Infinity,1,inf,-nan]", "[\"\" ,\"\"       ,1,\"\" ,\"\"  ]"},
      {"[1e999,1.5e3,-2,true,null]", "[\"\"   ,1.5e3,-2,true,null]"},
      {"[\"NaN, 1,]\",1,]", "[\"NaN, 1,]\",1 ]"},
      {"[\"C:\\dir\\new\",\"\\u00e9\"]", "[\"C:/dir\\new\",\"\\u00e9\"]"},
      {"[\"\xFF\",\"\xC3\xA9\",\"\xE2\x82\"]", "[\"?\",\"\xC3\xA9\",\"??\"]"},
  };
  for (const auto& [text, right] : cases)
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      INFO(text << " in pieces of " << piece);
      std::string out = repaired(text, piece);
      if (piece < 4) {  // a comma before a bracket that is not there yet stays
        std::string with = right;
        if (out != right) with.replace(with.rfind(" ]"), 2, ",]");
        CHECK((out == right || out == with));
      } else {
        CHECK(out.size() == text.size());
      }
    }
  for (const auto& [text, right] : cases) CHECK(repaired(text, text.size()) == right);
}

TEST_CASE(
    "Kineto: line breaks in names, figures that are none and events that are no JSON cost no more than "
    "themselves") {
  const std::string text = trace(
      "{\"ph\":\"X\",\"cat\":\"python_function\",\"name\":\"lib = (\\\"a\\\")\n(1): <module>\","
      "\"ts\":1,\"dur\":0},\n" +
      kernel("gemm_a") + ",\n" + kernel("gemm_b", "\"dur\":NaN") + ",\n" +
      kernel("gemm_c", "\"dur\":Infinity") + ",\n" + kernel("say \"hi\" there") + ",\n" +
      kernel("odd \" one") + ",\n" + kernel("gemm_d", "\"dur\":3") + ",\n");
  const Input input = Input::of_text("f", text);
  const Read r = read("kineto", input);
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0].at("layer") == "gemm_a");
  CHECK(r.rows[1].at("layer") == "gemm_d");
  CHECK(r.rows[1].at("time_us") == "3");
  CHECK(r.skipped.at("kernels that cannot be read") == 2);
  CHECK_THAT(r.first.at("kernels that cannot be read").str(),
             Contains("f:5:") && Contains("\"dur\": expected a number"));
  CHECK(r.skipped.at("events that are no JSON") == 2);
  CHECK_THAT(r.first.at("events that are no JSON").str(), Contains("f:7:"));
  CHECK_THAT(input.cleaning().repaired, Contains("f:2:56"));
}

TEST_CASE("Kineto: what stands before the end of a trace that is cut off is kept, and told") {
  const std::string text = trace(kernel("gemm_a") + "," + kernel("gemm_b"));
  const Read r = read("kineto", text.substr(0, text.size() - 30));
  CHECK(r.rows.size() == 1);
  CHECK(r.skipped.at("events that are no JSON") == 1);
  CHECK_THAT(error_of("kineto", "{\"schemaVersion\":1,"), Contains("not JSON"));
}

TEST_CASE("Kineto: each kernel has the GPU that it ran on") {
  const auto several = [&](const std::string& second, const std::string& args) {
    return "{\"deviceProperties\":[{\"id\":0,\"name\":\"NVIDIA H100 80GB HBM3\"},{\"id\":1,\"name\":\"" +
           second + "\"}],\"traceEvents\":[" + kernel("gemm_a", "\"dur\":2", args) + "]}";
  };
  CHECK(read("kineto", several("NVIDIA L40S", "\"device\":1")).rows.at(0).at("gpu") == "l40s");
  CHECK(read("kineto", several("NVIDIA L40S", "\"device\":0")).rows.at(0).at("gpu") == "h100_sxm_80gb");
  CHECK(read("kineto", several("NVIDIA H100 80GB HBM3", "")).rows.at(0).at("gpu") == "h100_sxm_80gb");
  CHECK(read("kineto", several("NVIDIA L40S", "")).rows.empty());
}

TEST_CASE("a trace with nccl_version is a trace") {
  const std::string text =
      "{\"distributedInfo\":{\"backend\":\"nccl\",\"nccl_version\":\"2.21.5\"},\"traceEvents\":[" +
      kernel("ncclDevKernel_SendRecv(ncclDevKernelArgsStorage<4096ul>)") + "]}";
  CHECK(recognise(text)->name == std::string("kineto"));
  CHECK(read("kineto", text).rows.at(0).at("op") == "send_recv");
}

TEST_CASE("Nsight Systems: CUDA graphs are told, and each row has its GPU") {
  const ScratchFolder folder;
  const auto path = folder.path() / "t.sqlite";
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const char* sql = R"(CREATE TABLE StringIds(id INTEGER PRIMARY KEY, value TEXT);
    CREATE TABLE TARGET_INFO_GPU(id INTEGER, name TEXT);
    CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start INTEGER, "end" INTEGER, deviceId INTEGER, demangledName INTEGER);
    CREATE TABLE CUPTI_ACTIVITY_KIND_GRAPH_TRACE(start INTEGER, "end" INTEGER, deviceId INTEGER);
    INSERT INTO StringIds VALUES (1, 'ampere_gemm');
    INSERT INTO TARGET_INFO_GPU VALUES (0, 'NVIDIA L40S'), (1, 'NVIDIA H200');
    INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES (0, 5000, 0, 1), (0, 3000, 1, 1), (0, 3000, 7, 1);
    INSERT INTO CUPTI_ACTIVITY_KIND_GRAPH_TRACE VALUES (0, 60000, 0), (0, 40000, 0);)";
  REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
  const Read r = read("nsys", Input::of_file(path));
  REQUIRE(r.rows.size() == 2);
  CHECK(r.rows[0].at("gpu") == "h200_sxm");
  CHECK(r.rows[0].at("time_us") == "3");
  CHECK(r.rows[1].at("gpu") == "l40s");
  CHECK(r.skipped.at("launches of CUDA graphs, whose kernels the export does not name; profile with "
                     "--cuda-graph-trace=node") == 2);
  CHECK(std::count(r.notes.begin(), r.notes.end(), "2 launches of CUDA graphs took 0.1 ms") == 1);
  CHECK(r.skipped.at("rows that do not tell on which of the profile's GPUs they ran") == 1);
}

TEST_CASE("nvbandwidth's JSON between the lines of a log, with the labels of a launcher") {
  const Read plain = read("nvbandwidth", kNvJson);
  const std::string log = "srun: job 17 has been allocated resources\n" + kNvJson + "done\n";
  std::string labelled = "\n" + log;
  for (std::size_t at = 0; (at = labelled.find('\n', at)) + 1 < labelled.size(); at += 4)
    labelled.replace(at, 1, "\n0: ");
  for (const std::string& text :
       {log, labelled.substr(1), "[1,0]<stdout>:" + kNvJson.substr(0, kNvJson.size() - 1)}) {
    INFO(text);
    CHECK(recognise(Input::of_text("f", text).head())->name == std::string("nvbandwidth"));
    CHECK(read("nvbandwidth", text).rows == plain.rows);
  }
}
