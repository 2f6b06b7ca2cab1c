#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/quote.hpp"

namespace aifsim {

using Clock = std::chrono::steady_clock;

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0), begin_(Clock::now()), last_(begin_) {
  const char* form = std::getenv("AIFSIM_PROGRESS");
  lines_ = form && std::string_view(form) == "lines";
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  shown_ = false;
}

void Progress::show(std::size_t done, std::size_t count, const std::string& name) {
  if (lines_) {
    fmt::print(stderr, "progress {} {} {}\n", done, count, printable(name));
    return;
  }
  const auto now = Clock::now();
  if (!terminal_ || now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  shown_ = true;
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  std::string left;
  if (done > 0)
    left = fmt::format(", about {:.0f} s left",
                       elapsed / static_cast<double>(done) * static_cast<double>(count - done));
  fmt::print(stderr, "\r\033[K[{}/{}{}] {}", done, count, left, printable(name));
  std::fflush(stderr);
}

}  // namespace aifsim
