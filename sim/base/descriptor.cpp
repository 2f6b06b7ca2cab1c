#include "base/descriptor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>

#include "base/error.hpp"

namespace aifsim {
namespace {

// A file system that knows no files without a name: one with a name that goes at once.
Descriptor unlinked_file(const std::string& folder) {
  const std::string path = folder + "/.aifsim." + random_name() + ".tmp";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file) ::unlink(path.c_str());
  return file;
}

Descriptor unnamed_file_in(const std::string& folder) {
  Descriptor file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)) return file;
  return unlinked_file(folder);
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

bool Descriptor::write(const char* bytes, std::size_t size) const {
  while (size > 0) {
    const ssize_t written = ::write(number_, bytes, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

ReadBuffer::int_type ReadBuffer::underflow() {
  ssize_t got = 0;
  do {
    got = ::pread(file_->number(), buffer_.data(), buffer_.size(), at_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw InputError(Place{name_}, fmt::format("cannot be read: {}", std::strerror(errno)));
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  at_ += got;
  return got == 0 ? traits_type::eof() : traits_type::to_int_type(*gptr());
}

WriteBuffer::WriteBuffer(const Descriptor& file) : file_(file) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

int WriteBuffer::sync() {
  if (problem_ == 0 && !file_.write(pbase(), static_cast<std::size_t>(pptr() - pbase()))) problem_ = errno;
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return problem_ == 0 ? 0 : -1;
}

WriteBuffer::int_type WriteBuffer::overflow(int_type c) {
  if (WriteBuffer::sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
  }
  return traits_type::not_eof(c);
}

Descriptor unnamed_file(const std::string& folder) {
  if (!folder.empty()) return unnamed_file_in(folder);
  const char* const given = std::getenv("TMPDIR");
  Descriptor file;
  for (const char* temporary : {given, "/tmp", "/var/tmp", "/dev/shm"}) {
    if (!temporary || !*temporary) continue;
    file = unnamed_file_in(temporary);
    if (file) break;
  }
  return file;
}

std::string random_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) {
    std::random_device device;
    number = (std::uint64_t{device()} << 32) | device();
  }
  return fmt::format("{:016x}", number);
}

}  // namespace aifsim
