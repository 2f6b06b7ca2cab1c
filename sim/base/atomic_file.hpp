// A file that appears whole or not at all: it is written under a temporary name and renamed at the end.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace aifsim {

class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();  // removes what was not committed
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  void write(std::string_view content);  // the whole content
  void commit();

 private:
  std::filesystem::path target_, temporary_;  // temporary_ is empty once committed or moved from
};

// "cannot write FILE: REASON (OS REASON)"; os_error 0 adds nothing.
InputError unwritable(const std::filesystem::path& file, int os_error, std::string_view reason);

}  // namespace aifsim
