#include "serve/workplace.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// The system's folder for temporary files, in its place.
struct OwnTemporary {
  fs::path path;
  std::string before;
  OwnTemporary() {
    const char* given = std::getenv("TMPDIR");
    before = given ? given : "";
    std::string made = (fs::temp_directory_path() / "aifsim-test-XXXXXX").string();
    REQUIRE(mkdtemp(made.data()));
    path = made;
    setenv("TMPDIR", made.c_str(), 1);
  }
  ~OwnTemporary() {
    before.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before.c_str(), 1);
    fs::remove_all(path);
  }
  OwnTemporary(const OwnTemporary&) = delete;
  OwnTemporary& operator=(const OwnTemporary&) = delete;
  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
};

}  // namespace

TEST_CASE("a server's folder goes with it, and with the next one where it was killed") {
  const OwnTemporary temporary;
  { const PrivateFolder gone; }
  CHECK(temporary.entries() == 0);

  const PrivateFolder living;
  std::ofstream(living.path() / "kept") << "x";
  const pid_t child = fork();
  if (child == 0) {  // ends as by kill -9: nothing is destroyed
    const PrivateFolder folder;
    fs::create_directories(folder.path() / "in");
    fs::create_symlink(living.path() / "kept", folder.path() / "in" / "link");
    _exit(0);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(temporary.entries() == 2);
  const std::string like = living.path().filename().string();
  fs::create_directory(temporary.path / "aifsim-serve-another-machine-abcdef");
  fs::create_directory_symlink(living.path(), temporary.path / (like.substr(0, like.size() - 6) + "abcdef"));

  const PrivateFolder next;
  CHECK(temporary.entries() == 4);  // both that live, and what is none of ours
  CHECK(fs::exists(living.path() / "kept"));
  CHECK(fs::exists(temporary.path / "aifsim-serve-another-machine-abcdef"));
}

}  // namespace aifsim
