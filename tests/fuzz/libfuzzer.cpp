// The entry points of libFuzzer for one target: fuzz_TARGET CORPUS_FOLDER. With AIFSIM_WRITE_SEEDS=FOLDER it
// writes the target's seeds there and ends.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fuzz/targets.hpp"
#include "root.hpp"

const std::string& aifsim::test_root() {
  static const std::string root = AIFSIM_ROOT;
  return root;
}

namespace {

const aifsim::FuzzTarget& target() {
  for (const aifsim::FuzzTarget& each : aifsim::fuzz_targets())
    if (each.name == std::string(AIFSIM_FUZZ_TARGET)) return each;
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const folder = std::getenv("AIFSIM_WRITE_SEEDS");
  if (!folder) return 0;
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : target().seeds())
    std::ofstream(std::filesystem::path(folder) / std::to_string(number++), std::ios::binary) << seed;
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
