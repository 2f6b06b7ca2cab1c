#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/signals.hpp"

namespace aifsim {
namespace {

// Is there something of the name that is no file, nor a folder?
bool is_device(const std::filesystem::path& target) {
  struct stat status {};
  return ::stat(target.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

bool copy(const Descriptor& from, const Descriptor& to) {
  std::array<char, 65536> buffer;
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(from.number(), buffer.data(), buffer.size(), at);
    if (got == 0) return true;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || !to.write(buffer.data(), static_cast<std::size_t>(got))) return false;
    at += got;
  }
}

// The file gets the name `path`, which nothing has yet. False with errno.
bool name_file(const Descriptor& file, const std::string& path) {
  const std::string own = fmt::format("/proc/self/fd/{}", file.number());
  if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  const Descriptor named(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  return named && copy(file, named);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  const std::filesystem::path folder = target_.parent_path();
  const bool device = is_device(target_);
  std::error_code ignored;
  if (std::filesystem::is_directory(target_, ignored)) throw unwritable(target_, EISDIR, "");
  file_ = std::make_shared<Descriptor>(unnamed_file(device ? "" : folder.empty() ? "." : folder.string()));
  if (!*file_) throw unwritable(target_, errno, "");
  stream_ = std::make_unique<WriteStream>(*file_);
}

void AtomicFile::write(std::string_view content) {
  stream_->write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::unique_ptr<std::istream> AtomicFile::written() {
  stream_->flush();
  if (!*stream_) throw unwritable(target_, stream_->problem(), "");
  return std::make_unique<ReadStream>(std::make_unique<ReadBuffer>(file_, target_.string()));
}

void AtomicFile::commit() {
  stream_->flush();
  if (!*stream_) throw unwritable(target_, stream_->problem(), "");
  if (is_device(target_)) {
    const Descriptor device(::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (!device || !copy(*file_, device)) throw unwritable(target_, errno, "");
    return;
  }
  const std::string temporary = target_.parent_path() / (".aifsim." + random_name() + ".tmp");
  const SignalsHeld held;
  if (name_file(*file_, temporary) && ::rename(temporary.c_str(), target_.c_str()) == 0) return;
  const int problem = errno;
  ::unlink(temporary.c_str());
  throw unwritable(target_, problem, "");
}

InputError unwritable(const std::filesystem::path& file, int os_error, std::string_view reason) {
  std::string message = "cannot write this file";
  if (!reason.empty()) message += ": " + std::string(reason);
  if (os_error != 0) message += std::string(": ") + std::strerror(os_error);
  return InputError(Place{file.string(), 0, 0}, message + "; a place that can be written would be right");
}

}  // namespace aifsim
