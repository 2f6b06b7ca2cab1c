#include "base/atomic_file.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace aifsim;
namespace fs = std::filesystem;

TEST_CASE("a file appears whole or not at all, and leaves nothing beside it") {
  const fs::path folder = fs::temp_directory_path() / ("atomic_file_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto files = [&] { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); };
  {
    AtomicFile file(folder / "a");
    CHECK(files() == 0);  // a program killed here leaves nothing
    file.write("first");
  }
  CHECK(files() == 0);
  {
    AtomicFile file(folder / "a");
    file.write("second");
    file.commit();
  }
  CHECK(files() == 1);
  std::ifstream in(folder / "a");
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "second");
  fs::remove_all(folder);
}

TEST_CASE("a file that cannot be written is refused before the work for it is done") {
  try {
    const AtomicFile file("/nowhere/record.csv");
    FAIL("accepted");
  } catch (const InputError& e) {
    CHECK_THAT(e.what(), Catch::Contains("cannot write this file") && Catch::Contains("No such file"));
  }
}

TEST_CASE("two files of one target do not meet") {
  const fs::path folder = fs::temp_directory_path() / ("atomic_files_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  AtomicFile first(folder / "a"), second(folder / "a");
  first.write("first");
  second.write("second");
  second.commit();
  CHECK_NOTHROW(first.commit());
  std::ifstream in(folder / "a");
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "first");
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  fs::remove_all(folder);
}

TEST_CASE("a device is written into, not replaced") {
  AtomicFile file("/dev/null");
  file.write("text");
  file.commit();
  CHECK(fs::is_character_file("/dev/null"));
}
