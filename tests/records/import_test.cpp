// The whole way: recognise, read, write a record, or refuse and leave nothing behind.
#include "records/import.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "base/csv.hpp"
#include "records/samples.hpp"
#include "report/scratch_folder.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("every sample is recognised as its own format") {
  for (const Sample& sample : samples()) {
    INFO(sample.text.substr(0, 60));
    const Format* seen = recognise(sample.text);
    REQUIRE(seen != nullptr);
    CHECK(std::string(seen->name) == sample.format);
  }
}

TEST_CASE("a record has metadata with what was left out, and only columns that are filled") {
  const ScratchFolder folder;
  Request request;
  request.out = folder.path() / "r.csv";
  request.files = {Input::of_text("a.log", kNcclText), Input::of_text("gemm_perf.txt", kAicGemm)};
  const Summary summary = import_files(request, nullptr);
  CHECK(summary.rows == 4);
  CHECK(summary.ops.at("gemm") == 2);
  CHECK(files_in(folder.path()) == 1);
  const std::string text = text_of(request.out);
  CHECK_THAT(text, Contains("# imported: a.log (nccl-tests, 2 rows)\n") &&
                       Contains("# left out: 1: results that the program itself found wrong (#wrong) (the "
                                "first: a.log:18:9)\n") &&
                       Contains("# device: NVIDIA H100 80GB HBM3\n") && Contains("# note: times are means"));
  std::istringstream in(text);
  int lines = 0;
  read_metadata(in, lines);
  CsvReader table(in, "r.csv", lines);
  CHECK(table.has("ranks"));
  CHECK(table.has("dtype"));
  CHECK(table.has("platform"));  // what reads collectives asks for it
  CHECK_FALSE(table.has("heads"));
  REQUIRE(table.next());
  CHECK(table.cell("op") == "all_reduce");
  CHECK_THAT(summary_text(summary, "r.csv"), Contains("written: r.csv (4 rows)"));
  CHECK_THAT(summary_json(summary, "r.csv"), Contains("\"rows\": 4"));
  // Same input, same bytes; and a record can be imported again.
  import_files(request, nullptr);
  CHECK(text_of(request.out) == text);
  request.files = {Input::of_file(request.out)};
  request.out = folder.path() / "again.csv";
  CHECK(import_files(request, nullptr).rows == 4);
}

TEST_CASE("what is wrong leaves an old record as it was, and nothing else") {
  const ScratchFolder folder;
  Request request;
  request.out = folder.path() / "r.csv";
  std::ofstream(request.out) << "old";
  const auto refused = [&](const std::string& format, const std::string& text) -> std::string {
    request.format = format;
    request.files = {Input::of_text("f", text)};
    try {
      import_files(request, nullptr);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refused("nccl-tests", kOsu) ==
        "f: not of the format nccl-tests: this looks like osu; use `aifsim import osu`");
  CHECK_THAT(refused("auto", "hello\n"), Contains("of no format that is known here"));
  CHECK(refused("auto", "") == "f: the file is empty");
  CHECK_THAT(refused("aiconfigurator", "PAR1abc"), Contains("Parquet"));
  CHECK_THAT(refused("auto", "version https://git-lfs.github.com/spec/v1\n"), Contains("git lfs pull"));
  CHECK_THAT(refused("auto", "framework,version,device,op_name,latency\nVLLM,1,x,gdn,0.1\n"),
             Contains("left out 1: rows of \"gdn\", which no record expresses"));
  CHECK_THAT(refused("auto", kAicGemm.substr(0, kAicGemm.find('\n') + 1) +
                                 "TRTLLM,1.2.0,x,gemm,y,bfloat16,1,1,1,0.05\n"),
             Contains("f:2:1: the row has 10 cells"));
  CHECK_THAT(refused("tidy", "op,gpu,time_us\n,h100_sxm_80gb,1\n"),
             Contains("f:2:1: op: expected an operation"));
  CHECK(text_of(request.out) == "old");
  CHECK(files_in(folder.path()) == 1);
  request.out = folder.path() / "none" / "r.csv";
  CHECK_THAT(refused("auto", kAicGemm), Contains("cannot write this file"));
  CHECK_THROWS_WITH(Input::of_file(folder.path()).head(), Contains("is a folder"));
  CHECK_THROWS_WITH(Input::of_file(folder.path() / "absent").head(), Contains("there is no such file"));
}

TEST_CASE("what the user says of the runs wins over the device, and fills what the file leaves open") {
  Given given;
  given.gpu = "gh200_96gb";
  given.platform = "p";
  given.software = "s-1";
  const Read r = read("aiconfigurator", kAicGemm, given);
  CHECK(r.rows.at(0).at("gpu") == "gh200_96gb");
  CHECK(r.rows[0].at("platform") == "p");
  CHECK(r.rows[0].at("software") == "s-1");
}
