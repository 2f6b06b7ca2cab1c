#include "report/write.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "report/fake_result.hpp"
#include "report/json.hpp"
#include "report/scratch_folder.hpp"

using namespace aifsim;
namespace fs = std::filesystem;

namespace {

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

std::string message_of(const Result& r, const fs::path& folder) {
  try {
    write_all(r, folder);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("everything is written, into a folder that is made, over what an earlier run left") {
  ScratchFolder scratch;
  const fs::path out = scratch.path() / "a" / "b";
  const Result r = fake::result();
  write_all(r, out);
  write_all(r, out);
  CHECK(names_in(out) ==
        std::set<std::string>{"result.json", "result.sqlite", "trace.perfetto", "report.html", "mfu.svg"});
  std::ifstream in(out / "result.json", std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == to_json(r));

  Result one = r;
  one.points.resize(1);
  write_all(one, out);
  CHECK(names_in(out).count("mfu.svg") == 0);
}

TEST_CASE("a folder that cannot be made is the user's error") {
  ScratchFolder scratch;
  const fs::path file = scratch.path() / "file";
  std::ofstream(file) << "x";
  CHECK(message_of(fake::result(), file) ==
        file.string() +
            ": cannot write this file: Not a directory; a place that can be written would be right");
  CHECK(message_of(fake::result(), file / "out") ==
        (file / "out").string() +
            ": cannot write this file: Not a directory; a place that can be written would be right");
}

TEST_CASE("a write that fails leaves nothing behind") {
  ScratchFolder scratch;
  fs::create_directories(scratch.path() / "result.json" / "in the way");
  CHECK(message_of(fake::result(), scratch.path()).find("result.json: cannot write this file: ") !=
        std::string::npos);
  CHECK(names_in(scratch.path()) == std::set<std::string>{"result.json"});
}
