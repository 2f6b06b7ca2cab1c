#include "base/calendar.hpp"

#include <charconv>
#include <chrono>
#include <ctime>

namespace aifsim {
namespace {

// Digits and nothing else.
std::optional<int> number(std::string_view text) {
  int value = 0;
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> hour_of_year(std::string_view date) {
  using namespace std::chrono;
  if (date.size() != 10 && date.size() != 16) return std::nullopt;
  const auto y = number(date.substr(0, 4)), m = number(date.substr(5, 2)), d = number(date.substr(8, 2));
  if (!y || !m || !d || date[4] != '-' || date[7] != '-') return std::nullopt;
  const year_month_day day{year{*y}, month{static_cast<unsigned>(*m)},
                           std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok()) return std::nullopt;
  double hours = 24.0 * static_cast<double>((sys_days{day} - sys_days{year{*y} / January / 1}).count());
  if (date.size() == 16) {
    const auto hour = number(date.substr(11, 2)), minute = number(date.substr(14, 2));
    if ((date[10] != 'T' && date[10] != ' ') || date[13] != ':' || !hour || !minute || *hour > 23 ||
        *minute > 59)
      return std::nullopt;
    hours += *hour + *minute / 60.0;
  }
  return hours;
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[11];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

}  // namespace aifsim
