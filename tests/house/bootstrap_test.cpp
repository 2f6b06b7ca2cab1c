// The bootstrap script, in a folder of its own with stand-ins for the tools that it calls.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "house/source_tree.hpp"
#include "root.hpp"

namespace aifsim::house {
namespace {

struct Ran {
  int code;
  std::string out;  // both streams
};

// A project of one source file with a binary that is up to date and prints its arguments; dpkg-query knows no
// package but g++; sudo, apt-get, cmake and ninja only tell that they were called. Then `script` runs in it.
Ran run_in_project(const std::string& script) {
  std::string folder = (fs::temp_directory_path() / "aifsim-bootstrap-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  std::ofstream(folder + "/script") << R"sh(
set -e
mkdir -p project/sim project/cmake project/build tools
cp "$AIFSIM_ROOT/aifsim" project/
echo "$PWD/project" >project/build/built
touch -d '1 minute ago' project/sim/a.cpp project/CMakeLists.txt project/sim project/cmake project/build/built
printf '#!/bin/sh\necho "binary: $*"\n' >project/build/aifsim
printf '#!/bin/sh\ncase "$*" in *g++) echo "installed " ;; *) exit 1 ;; esac\n' >tools/dpkg-query
for tool in sudo apt-get cmake ninja; do printf '#!/bin/sh\necho "called: %s $*"\nexit ${FAIL:-0}\n' $tool >tools/$tool; done
chmod +x project/build/aifsim tools/*
export PATH="$PWD/tools:$PATH"
set +e
)sh" << script << '\n';
  const std::string command = "cd " + folder + " && AIFSIM_ROOT=" + test_root() + " sh script >output 2>&1";
  const int status = std::system(command.c_str());
  Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(folder + "/output")};
  fs::remove_all(folder);
  return ran;
}

TEST_CASE("the bootstrap script starts a current binary with its arguments and calls nothing else") {
  const Ran ran = run_in_project("cd / && \"$OLDPWD\"/project/aifsim run 'a b.yaml' --json");
  CHECK(ran.code == 0);
  CHECK(ran.out == "binary: run a b.yaml --json\n");
}

TEST_CASE("the bootstrap script works through a symbolic link") {
  CHECK(run_in_project("ln -s ../project/aifsim tools/aifsim; aifsim list").out == "binary: list\n");
}

TEST_CASE("a newer or a removed source makes the binary stale") {
  for (const char* change :
       {"touch project/sim/a.cpp", "rm project/sim/a.cpp", "touch project/CMakeLists.txt"}) {
    INFO(change);
    const Ran ran = run_in_project(std::string(change) + "; AIFSIM_NO_INSTALL=1 project/aifsim list");
    CHECK(ran.code == 2);
    CHECK_THAT(ran.out, Catch::StartsWith("aifsim: missing Debian packages"));
  }
  CHECK(run_in_project("touch project/sim/a.cpp; AIFSIM_NO_BUILD=1 project/aifsim list").out ==
        "binary: list\n");
}

TEST_CASE("AIFSIM_NO_INSTALL names just the packages that are missing") {
  const Ran ran = run_in_project("touch project/sim/a.cpp; AIFSIM_NO_INSTALL=1 project/aifsim list");
  CHECK(ran.code == 2);
  CHECK_THAT(ran.out, Catch::Contains(" cmake ninja-build libsimgrid-dev "));
  CHECK_THAT(ran.out, !Catch::Contains("g++") && !Catch::Contains("catch2") && !Catch::Contains("called:"));
  CHECK_THAT(run_in_project("AIFSIM_NO_INSTALL=1 project/aifsim test").out, Catch::Contains(" catch2 "));
}

TEST_CASE("a package that dpkg lists as not installed is missing") {
  for (const char* status : {"not-installed ", "config-files ", "not-installed config-files "}) {
    INFO(status);
    const Ran ran =
        run_in_project("touch project/sim/a.cpp; printf '#!/bin/sh\\necho \"" + std::string(status) +
                       "\"\\n' >tools/dpkg-query; AIFSIM_NO_INSTALL=1 project/aifsim list");
    CHECK(ran.code == 2);
    CHECK_THAT(ran.out, Catch::Contains(" g++ cmake "));
  }
  const Ran both = run_in_project(  // of one architecture installed, of another not
      "printf '#!/bin/sh\\necho \"not-installed installed \"\\n' >tools/dpkg-query\n"
      "touch project/sim/a.cpp; AIFSIM_NO_INSTALL=1 project/aifsim list");
  CHECK(both.code == 0);
}

TEST_CASE("a copied or a moved checkout compiles its own sources") {
  for (const char* change : {"cp -a project other", "mv project other"}) {
    INFO(change);
    const Ran ran = run_in_project(
        "echo \"CMAKE_HOME_DIRECTORY:INTERNAL=$PWD/project\" >project/build/CMakeCache.txt\n"
        "touch project/build/build.ninja; " +
        std::string(change) + "; other/aifsim list; ls other/build");
    CHECK_THAT(ran.out, Catch::Contains("building anew for") && Catch::Contains("called: ninja"));
    CHECK_THAT(ran.out, !Catch::Contains("build.ninja\n") && !Catch::Contains("binary:"));
  }
}

TEST_CASE("what a test run leaves out is counted and named in its last lines") {
  const Ran ran = run_in_project(R"sh(
mkdir -p project/build/Testing/Temporary; echo 'a program: its library is missing' >project/build/left_out
printf 'warning:\n  skipped: one core only\n' >project/build/Testing/Temporary/LastTest.log
printf '#!/bin/sh\nprintf "<testsuite\\n\ttests=\"5\"\n\tfailures=\"1\"\n" >project/build/tests.xml\nexit 8\n' >tools/ctest
chmod +x tools/ctest; project/aifsim test)sh");
  CHECK(ran.code == 8);
  CHECK_THAT(ran.out, Catch::Contains("aifsim test: left out: 3\n  a program: its library is missing\n"
                                      "  one core only\n  slow tests") &&
                          Catch::Contains("\naifsim test: 4 passed, 1 failed in "));
}

TEST_CASE("a failing apt-get is told with its messages") {
  const Ran ran = run_in_project("touch project/sim/a.cpp; FAIL=100 project/aifsim list");
  CHECK(ran.code == 2);
  CHECK_THAT(ran.out, Catch::Contains("apt-get update") && Catch::Contains("aifsim: apt-get failed"));
}

TEST_CASE("a stale binary is built anew, and only once") {
  const Ran ran =
      run_in_project("touch project/sim/a.cpp; project/aifsim list && echo again && project/aifsim list");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Catch::Contains("called: ninja") && Catch::Contains("configuring"));
  CHECK_THAT(ran.out, Catch::EndsWith("binary: list\nagain\nbinary: list\n"));
}

TEST_CASE("two calls at once build one after the other") {
  const Ran ran = run_in_project(
      "touch project/sim/a.cpp; printf '#!/bin/sh\\necho start; sleep 0.3; echo end\\n' >tools/ninja\n"
      "project/aifsim list & project/aifsim list; wait");
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, Catch::Contains("start\nend\n") && !Catch::Contains("start\nstart"));
  CHECK(ran.out.find("start") == ran.out.rfind("start"));  // the second finds the work done
}

TEST_CASE("docs builds the site with the binary, and only in a folder of its own") {
  const std::string tools =
      "printf '#!/bin/sh\necho \"called: mkdocs $* with $AIFSIM\"\n' >tools/mkdocs; chmod +x tools/mkdocs\n"
      "printf '#!/bin/sh\necho \"installed \"\n' >tools/dpkg-query\n";
  const Ran built = run_in_project(tools + "project/aifsim docs && project/aifsim docs --out site");
  CHECK(built.code == 0);
  CHECK_THAT(built.out, Catch::Contains("project/docs/site/mkdocs.yml --site-dir ") &&
                            Catch::Contains("/project/build/docs with ") &&
                            Catch::Contains("/project/build/aifsim\n") &&
                            Catch::EndsWith("\nsite/index.html\n"));
  const Ran refused = run_in_project(
      tools + "mkdir mine; touch mine/letter; project/aifsim docs --out mine; code=$?; ls mine; exit $code");
  CHECK(refused.code == 2);
  CHECK(refused.out ==
        "aifsim: docs: mine holds something else than a site of this command; give a new or an empty "
        "folder\nletter\n");
  CHECK(run_in_project(tools + "project/aifsim docs --outt x").out ==
        "aifsim: docs: unknown argument \"--outt\"; known: --out DIR\n");
  const Ran missing = run_in_project("AIFSIM_NO_INSTALL=1 project/aifsim docs");
  CHECK(missing.code == 2);
  CHECK_THAT(missing.out, Catch::Contains("missing Debian packages") && Catch::Contains(" mkdocs\n"));
}

TEST_CASE("test refuses what it does not know") {
  const Ran ran = run_in_project("project/aifsim test --fast");
  CHECK(ran.code == 2);
  CHECK(ran.out == "aifsim: test: unknown argument \"--fast\"; known: --slow\n");
}

}  // namespace
}  // namespace aifsim::house
