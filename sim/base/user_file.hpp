// The one way in which a file that a user names is opened: configuration, tables, records, what a file
// includes. Whatever is wrong with the name or the file is an InputError with the system's reason.
#pragma once
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace aifsim {

class UserFile {
 public:
  // Named on the command line: a file, `-` (the standard input), or a pipe. What cannot be read twice is
  // copied once into a temporary file without a name.
  // `expected`, for messages: "a CSV table of measured kernels".
  static UserFile open(const std::filesystem::path& path, const std::string& expected = "");
  // Named in another file: a regular file and nothing else, so that nobody's description makes a program
  // wait for a pipe, read a device, or tell what the kernel knows about it.
  // `name` is how it is called at `asked_at`.
  static UserFile open_regular(const std::filesystem::path& path, const std::string& name,
                               const Place& asked_at, std::uint64_t most_bytes);

  // From the beginning, each time anew. A read that fails throws InputError; UserStream passes it on.
  std::unique_ptr<std::streambuf> bytes() const;
  std::unique_ptr<std::istream> stream() const;
  // The whole file. InputError with the place of the first byte that is not UTF-8, or a control character.
  std::string text() const;

  const std::string& name() const { return name_; }  // for messages
  // Can it be opened by its path once more? Not the standard input, nor a pipe.
  bool has_path() const { return !copy_; }

 private:
  explicit UserFile(std::filesystem::path path) : path_(std::move(path)), name_(path_.string()) {}
  Descriptor open_path(bool only_regular) const;
  [[noreturn]] void fail(const std::string& reason) const;

  std::filesystem::path path_;
  std::string name_, asked_name_, expected_;
  Place asked_at_;
  std::uint64_t most_bytes_ = UINT64_MAX;
  std::shared_ptr<const Descriptor> copy_;  // of what could be read only once
};

// Throws where the text is not UTF-8 or holds control characters, with the place of the first.
void require_text(std::string_view text, const std::string& file);

}  // namespace aifsim
