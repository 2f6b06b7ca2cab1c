// docs/add-your-gpu.md, word for word: its files written, its commands run in a catalogue of its own.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "binary.hpp"
#include "root.hpp"

using namespace aifsim;

namespace {

namespace fs = std::filesystem;

struct CodeBlock {
  std::string language;
  std::vector<std::string> lines;
};

std::vector<CodeBlock> code_blocks(const fs::path& page) {
  std::vector<CodeBlock> blocks;
  std::ifstream in(page);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

// Products as `aifsim measure` records them on the machine that the page has, and this one has not.
void write_measured(const fs::path& file) {
  std::ofstream out(file);
  out << "gpu,software,op,m,n,k,dtype,time_us\n";
  for (const int m : {16, 64, 256, 1024, 4096, 8192})
    for (const int n : {512, 1024, 2048, 4096, 8192, 16384})
      for (const int k : {1024, 4096, 16384})
        out << "my_gpu,cublas-13,gemm," << m << ',' << n << ',' << k << ",bf16,"
            << 3 + 2e6 * m / 1.6e15 * n * k + (2e6 * n * k + 2e6 * m * k + 2e6 * m * n) / 11e12 << '\n';
}

struct Scratch {
  fs::path folder = fs::temp_directory_path() / ("aifsim_page_" + std::to_string(::getpid()));
  Scratch() {
    fs::create_directories(folder);
    for (const char* room : {"platforms", "workloads", "scenarios", "gpu_models", "schemas"})
      fs::copy(fs::path(test_root()) / room, folder / room, fs::copy_options::recursive);
  }
  ~Scratch() { fs::remove_all(folder); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Ran run(const std::string& command) const {
    return run_shell("cd " + folder.string() + " && " + command, "AIFSIM_HOME=" + folder.string());
  }
};

// `./aifsim ...  # what it does` as a shell runs it with the binary of the tests; empty where it needs a GPU.
std::string command_of(const std::string& line) {
  const std::string start = "./aifsim ";
  if (!line.starts_with(start) || line.find("--device cuda") != std::string::npos) return "";
  return "$AIFSIM " + line.substr(start.size(), line.find(" #") - start.size());
}

}  // namespace

TEST_CASE("the page that adds a GPU does what it says") {
  const Scratch scratch;
  write_measured(scratch.folder / "my_gpu.csv");
  std::size_t commands = 0, files = 0;
  std::string last_run;
  for (const CodeBlock& block : code_blocks(fs::path(test_root()) / "docs/add-your-gpu.md")) {
    if (block.language == "yaml") {
      REQUIRE(block.lines.front().starts_with("# "));
      std::ofstream out(scratch.folder / block.lines.front().substr(2));
      for (const std::string& line : block.lines) out << line << '\n';
      ++files;
    }
    if (block.language != "sh") continue;
    for (const std::string& line : block.lines) {
      const std::string command = command_of(line);
      if (command.empty()) continue;
      const Ran ran = scratch.run(command);
      INFO(command << '\n' << ran.out << ran.err);
      CHECK(ran.code == 0);
      if (command.find(" run ") != std::string::npos) last_run = ran.out;
      ++commands;
    }
  }
  CHECK(files == 3);
  CHECK(commands >= 7);
  CHECK_THAT(last_run, Catch::Contains("my_machine, BF16") && Catch::Contains("my_machine, FP8") &&
                           !Catch::Contains("no answer"));
  // What was fitted in the last step, and what the others gave.
  std::ifstream in(scratch.folder / "gpu_models/my_gpu.yaml");
  const std::string model{std::istreambuf_iterator<char>(in), {}};
  CHECK_THAT(model, Catch::Contains("fitted by `aifsim calibrate gpu`") &&
                        Catch::Contains("backward_efficiency: {value: ") && Catch::Contains("flash2_fit: "));
  CHECK(scratch.run("$AIFSIM run scenarios/my_question.yaml").code == 0);
}
