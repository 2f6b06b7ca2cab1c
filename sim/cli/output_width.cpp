#include "cli/output_width.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace aifsim {

std::size_t output_width() {
  constexpr std::size_t narrowest = 40;
  if (const char* given = std::getenv("COLUMNS")) {
    const std::string_view text = given;
    std::size_t columns = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
    if (error == std::errc() && end == text.data() + text.size() && columns > 0)
      return std::max(narrowest, columns);
  }
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0) return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max<std::size_t>(narrowest, size.ws_col);
}

}  // namespace aifsim
