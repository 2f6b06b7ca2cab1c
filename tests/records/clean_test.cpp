// What stands around the lines of a program is taken off; data are not.
#include <catch2/catch.hpp>
#include <functional>

#include "records/lines.hpp"
#include "records/samples.hpp"

using namespace aifsim::records;
using Catch::Contains;

namespace {

using Wrap = std::function<std::string(const std::string& line, int number)>;

std::string wrapped(const std::string& text, const Wrap& wrap, const std::string& end = "\n") {
  std::string out;
  int number = 0;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const std::size_t stop = text.find('\n', at);
    out += wrap(text.substr(at, stop - at), number) + end;
    at = stop + 1;
  }
  return out;
}

Wrap behind(const std::string& prefix) {
  return [=](const std::string& line, int) { return prefix + line; };
}

std::string in_utf16(const std::string& text, bool big, bool mark) {
  std::string out = mark ? (big ? "\xFE\xFF" : "\xFF\xFE") : "";
  for (const char c : text) {
    if (big) out += '\0';
    out += c;
    if (!big) out += '\0';
  }
  return out;
}

std::string all_replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string two(int n) { return (n < 10 ? "0" : "") + std::to_string(n); }

// Text formats in lines; their samples are read alike however they are wrapped.
const std::vector<Sample>& texts() {
  static const std::vector<Sample> all{
      {"nccl-tests", kNcclText}, {"osu", kOsu},      {"babelstream", kBabelText},
      {"nvbandwidth", kNvText},  {"mllog", kMllog},  {"stream", kStream},
      {"perftest", kWriteBw},    {"p2p-test", kP2p}, {"imb", kImb}};
  return all;
}

Given some_ranks() {
  Given given;
  given.ranks = 4;
  return given;
}

void read_alike(const Sample& sample, const std::string& text) {
  const Read plain = read(sample.format, sample.text, some_ranks());
  const Input input = Input::of_text("f", text);
  INFO(sample.format << "\n" << text.substr(0, 300) << "\ncleaned:\n" << input.head().substr(0, 300));
  const Format* seen = recognise(input.head());
  REQUIRE(seen);
  CHECK(seen->name == std::string(sample.format));
  CHECK(read(sample.format, text, some_ranks()).rows == plain.rows);
  CHECK(input.head().size() > 0);
}

}  // namespace

TEST_CASE("what launchers and people put before lines is taken off") {
  const Wrap wraps[] = {
      behind("[1,0]<stdout>:"),
      behind("[1,12]<stderr>: "),
      behind("[prterun-node1-4711@1,0]<stdout>: "),
      behind("Sat Nov 28 15:31:10 2026[1,0]<stdout>:"),
      behind("0: "),
      behind(" 12: "),
      behind("[0] "),
      behind("[0]: "),
      behind("[rank0]: "),
      behind("[default3]:"),
      behind("node1: "),
      behind("gpu-node-07.cluster.local: "),
      behind("[node1] "),
      behind("pod-0: "),
      behind("nccl-worker-0  | "),
      behind("[pod/nccl-tests-launcher-x8f2d/nccl] "),
      behind("nccl-tests-launcher-x8f2d nccl "),
      behind("(RayTrainWorker pid=4711, ip=10.0.0.7) "),
      behind("> "),
      behind(">> "),
      behind("> > 0: "),
      behind("    "),
      behind("    [1,0]<stdout>:"),
      behind("INFO:root:"),
      behind("all_reduce.log:"),
      behind("2026-11-28T15:31:10Z "),
      behind("2026-11-28T15:31:10.123456Z 00O "),
      behind("2026-11-28 15:31:10,123 - root - INFO - "),
      behind("2026-11-28 15:31:10.123 | INFO     | "),
      behind("[2026-11-28 15:31:10] "),
      behind("2026-11-28T15:31:10+01:00 node1 nccl[4711]: "),
      behind("Nov 28 15:31:10 node1 nccl[4711]: "),
      behind("Nov  8 15:31:10 "),
      behind("Nov  8 15:31:10 node-1 nccl: "),
      behind("15:31:10 "),
      behind("[15:31:10] "),
      behind("nccl-job\tRun tests\t2026-11-28T15:31:10.1234567Z "),
      behind("2026-11-28T15:31:10Z [1,0]<stdout>:0: "),
      [](const std::string& line, int n) { return "2026-11-28T15:31:" + two(n % 60) + "Z " + line; },
      [](const std::string& line, int n) { return std::to_string(n + 1) + "\t" + line; },
      [](const std::string& line, int n) { return std::to_string(n + 1) + ":" + line; },
  };
  for (const Sample& sample : texts())
    for (const Wrap& wrap : wraps) read_alike(sample, wrapped(sample.text, wrap));
}

TEST_CASE("encodings, line ends, colours and spaces are taken off") {
  std::vector<Sample> all = texts();
  all.push_back({"tidy", kTidyMpi});
  all.push_back({"vidur", kVidurMlp});
  all.push_back({"aiconfigurator", kAicMoe});
  for (const Sample& sample : all) {
    read_alike(sample, wrapped(sample.text, behind(""), "\r\n"));
    read_alike(sample, wrapped(sample.text, behind(""), "\r"));
    for (const bool big : {false, true})
      for (const bool mark : {false, true}) read_alike(sample, in_utf16(sample.text, big, mark));
    read_alike(sample, "\xEF\xBB\xBF" + sample.text);
    read_alike(sample, "```text\n" + sample.text + "```\n");
    read_alike(sample, all_replaced(sample.text, " ", "\xC2\xA0"));
    for (const char* escape : {"\x1b", "^[", "\\033", "\\x1b", ""}) {
      const std::string code = escape, reset = code + "[0m";
      read_alike(sample, wrapped(sample.text, [&](const std::string& line, int) {
                   return code + "[1;32m" + line + reset;
                 }));
      read_alike(sample, all_replaced(sample.text, " ", reset + " " + code + "[38;5;12m"));
    }
    read_alike(sample, wrapped(sample.text, [](const std::string& line, int) {
                 return "\x1b_bk;t=1700000000123\x07" + line + "\x1b[K";
               }));
  }
}

TEST_CASE("the lines of several ranks between each other") {
  const std::string text = wrapped(kNcclText, [](const std::string& line, int n) {
    return "0: " + line + "\n" + std::to_string(1 + n % 3) + ": node" + std::to_string(n % 3) +
           ":101:102 [0] NCCL INFO Channel 00/02 : 0 1 2 3";
  });
  read_alike({"nccl-tests", kNcclText}, text);
}

TEST_CASE(
    "a prefix that begins in the middle of a log is found by the lines that have it one after the other") {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "compiling part " + std::to_string(i) + "\n";
  read_alike({"nccl-tests", kNcclText}, text + wrapped(kNcclText, behind("0: ")));
}

TEST_CASE("data that look like a prefix stay") {
  const auto same = [](const std::string& text) { CHECK(cleaned(text) == text); };
  same("step: 1 loss: 3.2\nstep: 2 loss: 3.1\nstep: 3 loss: 3.0\nstep: 4 loss: 2.9\nstep: 5 loss: 2.8\n");
  same("0: 8 2 float\n1: 16 4 float\n2: 32 8 float\n3: 64 16 float\n");
  same("[1]\t\"S-0002c9\"[13]\n[2]\t\"S-0002c9\"[14]\n[3] \"H-0002c9\"[1]\n[4] \"H-0002ca\"[1]\n");
  same("Copy:   100000.1 0.1 0.1 0.1\nScale:  100000.1 0.1 0.1 0.1\nAdd: 1.0 0.1\nTriad: 1.0 0.1\n");
  std::string matrix = "   D\\D     0      1\n";
  for (int i = 0; i < 40; ++i) matrix += "     " + std::to_string(i) + " 2500.1 390.2\n";
  same(matrix);
  same("GPU0\t X \tNV18\nGPU1\tNV18\t X \nGPU2\tNV18\tSYS\nGPU3\tNV18\tNODE\n");
  same("NVIDIA A100,gemm,1\nNVIDIA H100,gemm,2\nNVIDIA L40S,gemm,3\nNVIDIA B200,gemm,4\n");
}

TEST_CASE("what was taken off is counted, and places are those of the file") {
  const std::string text = wrapped(kNcclText, behind("[1,0]<stdout>:"));
  const Input input = Input::of_text("f", text);
  read("nccl-tests", input);
  CHECK(input.cleaning().stripped.at("prefixes of a launcher or a log, such as \"[1,0]<stdout>:\"") == 21);
  Lines lines(Input::of_text("f", "> \x1b[32mab\xC2\xA0\x1b[0mcd e\n"));
  REQUIRE(lines.next());
  CHECK(lines.text() == "ab cd e");
  CHECK(lines.prefix() == "> ");
  CHECK(lines.place(1).column == 8);   // a
  CHECK(lines.place(4).column == 16);  // c
  CHECK(lines.place(7).column == 19);  // e
  const Input wide = Input::of_text("f", in_utf16(kNcclText, false, true));
  wide.head();
  CHECK(wide.cleaning().encoding == "UTF-16LE");
}

TEST_CASE("progress bars: a carriage return alone ends a line, which keeps its number") {
  Lines lines(Input::of_text("f", "a\rbc\rd\r\ne\n"));
  std::string seen;
  while (lines.next()) seen += lines.text() + "@" + lines.place().str() + " ";
  CHECK(seen == "a@f:1:1 bc@f:1:3 d@f:1:6 e@f:2:1 ");
}
