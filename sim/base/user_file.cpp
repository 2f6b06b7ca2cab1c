#include "base/user_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <boost/locale/utf.hpp>
#include <cerrno>
#include <cstring>

#include "base/allowed_files.hpp"
#include "base/quote.hpp"

namespace aifsim {
namespace {

constexpr std::uint64_t kMostCopied = std::uint64_t{16} << 30;  // of a pipe
constexpr int kWaitForWriter = 3000;                            // ms, for a pipe with a name
constexpr std::size_t kLongestPath = 4096;                      // bytes

std::string size_text(std::uint64_t bytes) {
  if (bytes >= std::uint64_t{1} << 30) return fmt::format("{} GiB", bytes >> 30);
  return fmt::format("{} MiB", bytes >> 20);
}

// Files that the kernel makes up as they are read.
bool made_up_by_kernel(const Descriptor& file) {
  struct statfs system {};
  if (::fstatfs(file.number(), &system) != 0) return false;
  constexpr long kProc = 0x9fa0, kSys = 0x62656572, kDebug = 0x64626720, kTrace = 0x74726163;
  const long type = static_cast<long>(system.f_type);
  return type == kProc || type == kSys || type == kDebug || type == kTrace;
}

const char* kind_of(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return "a folder";
  if (S_ISFIFO(status.st_mode)) return "a pipe";
  if (S_ISSOCK(status.st_mode)) return "a socket";
  if (S_ISBLK(status.st_mode)) return "a device";
  return S_ISCHR(status.st_mode) ? "a device" : "not a file";
}

// The next bytes of a pipe; 0 at its end, -1 with errno. A pipe with a name may have no writer yet.
ssize_t read_pipe(int number, char* into, std::size_t size, bool first) {
  for (;;) {
    const ssize_t got = ::read(number, into, size);
    if (got > 0 || (got == 0 && !first)) return got;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno != EAGAIN) return got;
    pollfd wait{number, POLLIN, 0};
    const int ready = ::poll(&wait, 1, got == 0 ? kWaitForWriter : -1);
    if (ready < 0 && errno != EINTR) return -1;
    if (ready == 0) {
      errno = ETIMEDOUT;
      return -1;
    }
    if (got == 0 && (wait.revents & POLLIN) == 0) return 0;
  }
}

}  // namespace

// "FILE: REASON" where the command line names it, "OTHER:1:2: "FILE" REASON" where another file does.
void UserFile::fail(const std::string& reason) const {
  std::string message = asked_name_.empty() ? reason : quote(asked_name_, kLongestPath) + " " + reason;
  if (!expected_.empty()) message += "; expected " + expected_;
  throw InputError(asked_at_, message);
}

Descriptor UserFile::open_path(bool only_regular) const {
  if (const std::string refusal = refusal_to_read(path_); !refusal.empty()) fail(refusal);
  // Without waiting: a pipe without a writer would hold us here for ever.
  Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    if (absent && !asked_name_.empty())
      throw InputError(asked_at_, "there is no file " + quote(asked_name_, kLongestPath));
    if (absent) fail(path_ == "-" ? "the standard input cannot be taken here" : "there is no such file");
    fail(fmt::format("cannot be opened: {}", std::strerror(errno)));
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail(fmt::format("cannot be opened: {}", std::strerror(errno)));
  const bool regular = S_ISREG(status.st_mode);
  if (S_ISDIR(status.st_mode)) fail("is a folder; name a file");
  if (only_regular && (!regular || made_up_by_kernel(file)))
    fail(fmt::format("is not a regular file but {}", regular ? "one of the kernel's" : kind_of(status)));
  const bool terminal = S_ISCHR(status.st_mode) && (::isatty(file.number()) || path_ == "/dev/null");
  if (!regular && !S_ISFIFO(status.st_mode) && !terminal)
    fail(fmt::format("is {}; name a file", kind_of(status)));
  if (regular && static_cast<std::uint64_t>(status.st_size) > most_bytes_)
    fail(fmt::format("is larger than {}", size_text(most_bytes_)));
  return file;
}

UserFile UserFile::open(const std::filesystem::path& path, const std::string& expected) {
  UserFile file(path);
  file.expected_ = expected;
  const bool standard_input = path == "-";
  if (standard_input) file.name_ = "standard input";
  file.asked_at_ = Place{file.name_};
  Descriptor source =
      standard_input ? Descriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) : file.open_path(false);
  if (!source) file.fail(fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat status {};
  if (::fstat(source.number(), &status) != 0)
    file.fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  if (S_ISDIR(status.st_mode)) file.fail("is a folder; name a file");
  if (S_ISREG(status.st_mode) && !standard_input) return file;
  auto copy = std::make_shared<Descriptor>(unnamed_file(""));
  if (!*copy)
    file.fail(fmt::format("can be read only once, and no temporary file can be made for a copy: {}",
                          std::strerror(errno)));
  const std::uint64_t most = std::min(file.most_bytes_, kMostCopied);
  std::array<char, 65536> buffer;
  std::uint64_t bytes = 0;
  for (ssize_t got = 0; (got = read_pipe(source.number(), buffer.data(), buffer.size(),
                                         bytes == 0 && !standard_input)) != 0;) {
    if (got < 0 && errno == ETIMEDOUT)
      file.fail(fmt::format("is a pipe that nothing writes into (waited {} s)", kWaitForWriter / 1000));
    if (got < 0) file.fail(fmt::format("cannot be read: {}", std::strerror(errno)));
    bytes += static_cast<std::uint64_t>(got);
    if (bytes > most) file.fail(fmt::format("is larger than {}", size_text(most)));
    if (!copy->write(buffer.data(), static_cast<std::size_t>(got)))
      file.fail(fmt::format("cannot be copied into a temporary file: {}", std::strerror(errno)));
  }
  file.copy_ = std::move(copy);
  return file;
}

UserFile UserFile::open_regular(const std::filesystem::path& path, const std::string& name,
                                const Place& asked_at, std::uint64_t most_bytes) {
  UserFile file(path);
  file.asked_at_ = asked_at;
  if (asked_at.line > 0) file.asked_name_ = name;
  file.most_bytes_ = most_bytes;
  file.open_path(true);
  return file;
}

std::unique_ptr<std::streambuf> UserFile::bytes() const {
  const auto source = copy_ ? copy_ : std::make_shared<const Descriptor>(open_path(false));
  return std::make_unique<ReadBuffer>(source, name_);
}

std::unique_ptr<std::istream> UserFile::stream() const { return std::make_unique<ReadStream>(bytes()); }

std::string UserFile::text() const {
  const auto source = bytes();
  std::string text;
  std::array<char, 65536> buffer;
  for (std::streamsize got = 0; (got = source->sgetn(buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    // A file may grow, or be of a kind that tells no size.
    if (text.size() > most_bytes_) fail(fmt::format("is larger than {}", size_text(most_bytes_)));
  }
  require_text(text, name_);
  return text;
}

void require_text(std::string_view text, const std::string& file) {
  Place place{file, 1, 1};
  for (auto at = text.begin(); at != text.end();) {
    const auto byte = static_cast<unsigned char>(*at);
    const auto point = boost::locale::utf::utf_traits<char>::decode(at, text.end());
    if (!boost::locale::utf::is_valid_codepoint(point))
      throw InputError(place, fmt::format("not a UTF-8 text: found the byte 0x{:02X}", byte));
    if ((point < 0x20 && point != '\n' && point != '\r' && point != '\t') || point == 0x7F)
      throw InputError(place, fmt::format("not a text: found the control character 0x{:02X}", byte));
    place.column += 1;
    if (point == '\n') place = {file, place.line + 1, 1};
  }
}

}  // namespace aifsim
