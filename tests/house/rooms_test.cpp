// The rooms of sim/ build on each other in one direction only, as their #include lines show.
#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <sstream>

#include "house/source_tree.hpp"
#include "root.hpp"

namespace aifsim::house {
namespace {

// A room may use the rooms of lower rank, and itself. Rooms of equal rank do not know each other.
const std::map<std::string, int> rank = {
    {"base", 0},        {"catalog", 1},     {"program", 2}, {"records", 2},   {"lowering", 3}, {"kernels", 3},
    {"machine", 3},     {"collectives", 3}, {"plan", 4},    {"engine", 5},    {"metrics", 6},  {"factory", 7},
    {"calibration", 8}, {"experiment", 9},  {"report", 10}, {"exercise", 11}, {"serve", 11},   {"cli", 12}};

bool may_use(const std::string& room, const std::string& other) {
  return room == other || rank.at(other) < rank.at(room);
}

struct Include {
  std::string path;
  bool quoted;
};

std::vector<Include> includes_of(const std::string& text) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, match, directive)) includes.push_back({match[2], match[1] == "\""});
  }
  return includes;
}

TEST_CASE("the order of the rooms is a strict one") {
  CHECK(may_use("engine", "machine"));
  CHECK(may_use("engine", "engine"));
  CHECK_FALSE(may_use("machine", "engine"));
  CHECK_FALSE(may_use("kernels", "collectives"));
  CHECK_FALSE(may_use("base", "catalog"));
}

TEST_CASE("every folder of sim is a room with a place in the order") {
  for (const auto& entry : fs::directory_iterator(fs::path(test_root()) / "sim")) {
    if (entry.path().filename() == "python") continue;  // asks the program from outside, and includes nothing
    INFO(entry.path());
    CHECK(entry.is_directory());
    CHECK(rank.count(entry.path().filename().string()) == 1);
  }
}

TEST_CASE("a room includes only rooms below it") {
  const auto files = cpp_files("sim");
  REQUIRE(files.size() > 10);
  for (const SourceFile& file : files) {
    for (const Include& include : includes_of(file.text)) {
      const std::string room = include.path.substr(0, include.path.find('/'));
      if (rank.count(room) == 0) continue;
      INFO(file.path << " includes " << include.path);
      CHECK(may_use(file.room(), room));
    }
  }
}

TEST_CASE("quoted includes are paths from sim, angle brackets are for other libraries") {
  for (const SourceFile& file : cpp_files("sim")) {
    for (const Include& include : includes_of(file.text)) {
      INFO(file.path << " includes " << include.path);
      CHECK(fs::exists(fs::path(test_root()) / "sim" / include.path) == include.quoted);
    }
  }
}

TEST_CASE("SimGrid is named only in machine/simgrid") {
  const std::regex simgrid(R"(#\s*include\s*[<"](simgrid|xbt)|\b(simgrid|s4u)::|\b(sg|xbt|XBT|SIMIX)_\w+)");
  CHECK(std::regex_search("#include <simgrid/s4u.hpp>", simgrid));
  for (const SourceFile& file : cpp_files("sim")) {
    if (file.path.rfind("sim/machine/simgrid/", 0) == 0) continue;
    INFO(file.path);
    CHECK_FALSE(std::regex_search(file.text, simgrid));
  }
}

}  // namespace
}  // namespace aifsim::house
