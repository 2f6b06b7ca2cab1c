#include "base/atomic_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace aifsim {

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  temporary_ = target_.parent_path() / fmt::format(".{}.{}.tmp", target_.filename().string(), ::getpid());
  // Whether it can be written shows now, not after the work; a program that is killed meanwhile leaves
  // nothing.
  const bool possible = static_cast<bool>(std::ofstream(temporary_, std::ios::binary));
  const int problem = errno;
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
  if (!possible) throw unwritable(target_, problem, "");
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove(temporary_, ignored);
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)), temporary_(std::exchange(other.temporary_, {})) {}

void AtomicFile::write(std::string_view content) {
  std::ofstream out(temporary_, std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw unwritable(target_, errno, "");
}

void AtomicFile::commit() {
  std::error_code error;
  std::filesystem::rename(temporary_, target_, error);
  if (error) throw unwritable(target_, error.value(), "");
  temporary_.clear();
}

InputError unwritable(const std::filesystem::path& file, int os_error, std::string_view reason) {
  std::string message = "cannot write this file";
  if (!reason.empty()) message += ": " + std::string(reason);
  if (os_error != 0) message += std::string(": ") + std::strerror(os_error);
  return InputError(Place{file.string(), 0, 0}, message + "; name a folder that can be written with --out");
}

}  // namespace aifsim
