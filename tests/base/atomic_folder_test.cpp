#include "base/atomic_folder.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <thread>

#include "base/error.hpp"

using namespace aifsim;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kOurs{"a", "b", "c"};

struct Scratch {
  Scratch() : path(fs::temp_directory_path() / ("atomic_folder_" + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~Scratch() { fs::remove_all(path); }
  fs::path path;
};

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a folder of results is replaced as a whole") {
  const Scratch scratch;
  const fs::path out = scratch.path / "new" / "out";
  write_folder(out, {{"a", "1"}, {"b", "1"}}, kOurs);
  CHECK(names_in(out) == std::set<std::string>{"a", "b"});
  write_folder(out / "", {{"a", "2"}, {"c", "2"}}, kOurs);
  CHECK(names_in(out) == std::set<std::string>{"a", "c"});
  CHECK(content_of(out / "a") == "2");
  CHECK(names_in(scratch.path / "new") == std::set<std::string>{"out"});
}

TEST_CASE("what else stands in a folder of results stays there") {
  const Scratch scratch;
  const fs::path out = scratch.path / "out";
  fs::create_directories(out / "mine");
  std::ofstream(out / "notes.txt") << "n";
  std::ofstream(out / "b") << "old";
  write_folder(out, {{"a", "1"}}, kOurs);
  CHECK(names_in(out) == std::set<std::string>{"a", "mine", "notes.txt"});
  CHECK(names_in(scratch.path) == std::set<std::string>{"out"});
}

TEST_CASE("a folder of results that is a link stays one") {
  const Scratch scratch;
  fs::create_directories(scratch.path / "far");
  fs::create_directory_symlink("far", scratch.path / "out");
  write_folder(scratch.path / "out", {{"a", "1"}}, kOurs);
  CHECK(fs::is_symlink(scratch.path / "out"));
  CHECK(content_of(scratch.path / "far" / "a") == "1");
}

TEST_CASE("two runs into one folder of results leave the files of one of them") {
  const Scratch scratch;
  const fs::path out = scratch.path / "out";
  const bool others = GENERATE(false, true);  // with files of the user in it: renamed one by one
  fs::create_directories(out);
  if (others) std::ofstream(out / "notes.txt") << "n";
  for (int round = 0; round < 50; ++round) {
    const auto run = [&](const std::string& text) {
      write_folder(out, {{"a", text}, {"b", text}, {"c", text}}, kOurs);
    };
    std::thread first(run, "first"), second(run, "second");
    first.join();
    second.join();
    const std::string a = content_of(out / "a");
    REQUIRE((a == "first" || a == "second"));
    REQUIRE(content_of(out / "b") == a);
    REQUIRE(content_of(out / "c") == a);
  }
  CHECK(names_in(scratch.path) == std::set<std::string>{"out"});
}

TEST_CASE("a folder of results that cannot be written is refused") {
  const Scratch scratch;
  std::ofstream(scratch.path / "file") << "x";
  CHECK_THROWS_WITH(write_folder(scratch.path / "file", {{"a", ""}}, kOurs),
                    Catch::Contains("Not a directory"));
  CHECK_THROWS_WITH(write_folder("/proc/out", {{"a", ""}}, kOurs), Catch::Contains("cannot write this file"));
}
