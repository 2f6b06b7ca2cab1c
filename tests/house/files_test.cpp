// Rules that hold for every file of the project.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "house/source_tree.hpp"
#include "root.hpp"

namespace aifsim::house {
namespace {

TEST_CASE("source files stay small") {
  for (const char* folder : {"sim", "tests"}) {
    for (const SourceFile& file : cpp_files(folder)) {
      INFO(file.path);
      CHECK(std::count(file.text.begin(), file.text.end(), '\n') <= 600);
    }
  }
}

TEST_CASE("headers guard against double inclusion") {
  for (const char* folder : {"sim", "tests"}) {
    for (const SourceFile& file : files_below(folder, {".hpp"})) {
      INFO(file.path);
      CHECK(file.text.find("#pragma once\n") != std::string::npos);
    }
  }
}

TEST_CASE("files are opened in one way, and written whole or not at all") {
  for (const SourceFile& file : cpp_files("sim")) {
    INFO(file.path << ": base/user_file.hpp reads, base/atomic_file.hpp writes");
    for (const char* word : {"ifstream", "ofstream", "fopen("})
      CHECK(file.text.find(word) == std::string::npos);
  }
}

TEST_CASE("what a property says is heard") {  // rc::check alone prints a failure and goes on
  for (const SourceFile& file : cpp_files("tests")) {
    INFO(file.path << ": REQUIRE(rc::check(...))");
    CHECK(file.text.find("\n  rc::" + std::string("check(")) == std::string::npos);
  }
}

TEST_CASE("every file of the catalogues is sound and names its schema") {
  const Catalog catalog{fs::path(test_root())};
  const std::map<std::string, std::string> schema_of = {{"platforms", "platform"},
                                                        {"gpu_models", "gpu"},
                                                        {"workloads", "workload"},
                                                        {"workloads/stacks", "stack"},
                                                        {"scenarios", "scenario"}};
  for (const auto& [folder, kind] : schema_of) {
    const auto files = files_below(folder, {".yaml"});
    INFO(folder);
    CHECK_FALSE(files.empty());
    for (const SourceFile& file : files) {
      INFO(file.path);
      if (file.path.find("/parts/") != std::string::npos) continue;  // pieces that whole files include
      if (fs::path(file.path).parent_path() != folder) continue;     // of a kind of their own
      const std::string up = folder.find('/') == std::string::npos ? "../" : "../../";
      const std::string first_line = "# yaml-language-server: $schema=" + up + "schemas/" + kind + ".json\n";
      CHECK(file.text.substr(0, first_line.size()) == first_line);
      std::string problems;
      for (const Problem& problem : catalog.check(fs::path(test_root()) / file.path))
        problems += problem.str() + "\n";
      CHECK(problems == "");
    }
  }
}

TEST_CASE("no file names a folder of the machine that it was written on") {
  const std::string machine_folder =
      std::string("/work") + "/";  // in two parts: this file is checked as well
  std::vector<SourceFile> files;
  for (const char* folder : {"sim", "tests", "platforms", "gpu_models", "workloads", "scenarios", "schemas",
                             "docs", "real_runs", ".ci"}) {
    const auto below = files_below(folder, {""});
    files.insert(files.end(), below.begin(), below.end());
  }
  for (const char* name :
       {"README.md", "CHANGELOG.md", "CMakeLists.txt", "aifsim", ".clang-tidy", ".clang-format"}) {
    files.push_back({name, read_text(fs::path(test_root()) / name)});
  }
  for (const SourceFile& file : files) {
    INFO(file.path);
    CHECK(file.text.find(machine_folder) == std::string::npos);
  }
}

}  // namespace
}  // namespace aifsim::house
