#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/quote.hpp"

namespace aifsim {
namespace {

constexpr double kQuiet = 10, kBetweenLines = 30;  // s

std::string time_left(double seconds) {
  return seconds < 120 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

}  // namespace

bool ProgressText::new_phase(double seconds, std::size_t done, std::size_t count) {
  const bool anew = done < done_ || count != count_;
  const bool first = count_ == 0;
  if (anew && !first) begin_ = seconds;
  done_ = done;
  count_ = count;
  return anew && !first;
}

std::string ProgressText::text(double seconds, std::size_t done, std::size_t count, const std::string& name) {
  new_phase(seconds, done, count);
  std::string left;
  if (done > 0 && seconds > begin_)
    left = fmt::format(", about {} left", time_left((seconds - begin_) / static_cast<double>(done) *
                                                    static_cast<double>(count - done)));
  return fmt::format("[{}/{}{}] {}", done, count, left, printable(name));
}

std::optional<std::string> ProgressText::line(double seconds, std::size_t done, std::size_t count,
                                              const std::string& name) {
  const bool phase = new_phase(seconds, done, count);
  if (seconds < kQuiet || seconds - told_ < (phase ? kQuiet : kBetweenLines)) return std::nullopt;
  told_ = seconds;
  return "aifsim: " + text(seconds, done, count, name);
}

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
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  if (!terminal_) {
    if (const auto line = text_.line(seconds, done, count, name)) {
      fmt::print(stderr, "{}\n", *line);
      std::fflush(stderr);
    }
    return;
  }
  const std::string text = text_.text(seconds, done, count, name);
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  shown_ = true;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

}  // namespace aifsim
