// A file that appears whole or not at all: it has no name until it is complete, so that whatever ends the
// program leaves nothing behind, and no two runs write into one file.
#pragma once
#include <filesystem>
#include <memory>
#include <ostream>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace aifsim {

class AtomicFile {
 public:
  // InputError where `target` cannot be written: before the work for it, not after.
  explicit AtomicFile(std::filesystem::path target);

  std::ostream& stream() { return *stream_; }
  void write(std::string_view content);
  // What was written so far, from the beginning.
  std::unique_ptr<std::istream> written();
  // Gives the file its name; what had it before is replaced. Into a device or a pipe it is copied.
  void commit();

 private:
  std::filesystem::path target_;
  std::shared_ptr<const Descriptor> file_;
  std::unique_ptr<WriteStream> stream_;
};

// "cannot write FILE: REASON (OS REASON)"; os_error 0 adds nothing.
InputError unwritable(const std::filesystem::path& file, int os_error, std::string_view reason);

}  // namespace aifsim
