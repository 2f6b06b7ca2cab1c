#include "base/user_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

using namespace aifsim;
using Catch::Contains;
using Catch::Equals;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() : path(fs::temp_directory_path() / ("user_file_" + std::to_string(::getpid()))) {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const char* name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return path / name;
  }
  fs::path path;
};

std::string whole(const UserFile& file) {
  const auto in = file.stream();
  return {std::istreambuf_iterator<char>(*in), {}};
}

std::string refused(const fs::path& path) {
  try {
    UserFile::open(path, "a table");
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

std::string refused_in_file(const fs::path& path) {
  try {
    return UserFile::open_regular(path, "other", Place{"own.yaml", 3, 7}, 1 << 20).text();
  } catch (const InputError& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("a file is read from its beginning as often as asked") {
  const Folder folder;
  const UserFile file = UserFile::open(folder.write("a", "one\ntwo\n"));
  CHECK(file.has_path());
  CHECK(whole(file) == "one\ntwo\n");
  CHECK(whole(file) == "one\ntwo\n");
}

TEST_CASE("a pipe is read whole, once, and can then be read again") {
  const Folder folder;
  const fs::path pipe = folder.path / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "line " + std::to_string(i) + "\n";  // more than a pipe holds
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
  const UserFile file = UserFile::open(pipe);
  writer.join();
  CHECK_FALSE(file.has_path());
  CHECK(whole(file) == text);
  CHECK(whole(file) == text);
}

TEST_CASE("what is no file is refused with the reason") {
  const Folder folder;
  fs::create_symlink("loop", folder.path / "loop");
  const std::string name = folder.path.string();
  CHECK_THAT(refused(folder.path / "absent"),
             Equals(name + "/absent: there is no such file; expected a table"));
  CHECK_THAT(refused(folder.path), Equals(name + ": is a folder; name a file; expected a table"));
  CHECK_THAT(refused(folder.path / "loop"), Contains("Too many levels of symbolic links"));
  CHECK_THAT(refused(folder.path / std::string(300, 'x')), Contains("File name too long"));
  CHECK_THAT(refused("/dev/zero"), Contains("is a device"));
}

TEST_CASE("a description names regular files only") {
  const Folder folder;
  ::mkfifo((folder.path / "pipe").c_str(), 0600);
  CHECK(refused_in_file(folder.path / "pipe") == "own.yaml:3:7: \"other\" is not a regular file but a pipe");
  CHECK_THAT(refused_in_file("/proc/self/environ"), Contains("is not a regular file"));
  CHECK(refused_in_file(folder.path) == "own.yaml:3:7: \"other\" is a folder; name a file");
  CHECK(refused_in_file(folder.path / "absent") == "own.yaml:3:7: there is no file \"other\"");
  CHECK(refused_in_file(folder.write("large", std::string((1 << 20) + 1, 'x'))) ==
        "own.yaml:3:7: \"other\" is larger than 1 MiB");
  const std::string text = folder.write("text", "a\nb\xFF").string();
  CHECK(refused_in_file(text) == text + ":2:2: not a UTF-8 text: found the byte 0xFF");
  CHECK(refused_in_file(folder.write("text", "a\033[m")) ==
        text + ":1:2: not a text: found the control character 0x1B");
}

TEST_CASE("a read error is told, not taken for the end of the file") {
  const Folder folder;
  // A folder's descriptor can be opened, but not read.
  const auto descriptor = std::make_shared<Descriptor>(::open(folder.path.c_str(), O_RDONLY));
  ReadStream in(std::make_unique<ReadBuffer>(descriptor, "x.csv"));
  CHECK_THROWS_WITH(in.get(), Contains("x.csv: cannot be read: Is a directory"));
}
