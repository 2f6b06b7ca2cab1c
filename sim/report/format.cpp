#include "report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace aifsim {
namespace {

struct Unit {
  double size;
  const char* name;
};

constexpr std::array<Unit, 5> time_units{{{3600, "h"}, {60, "min"}, {1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}};
constexpr std::array<Unit, 6> byte_units{
    {{1e15, "PB"}, {1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}};

constexpr std::array<Unit, 6> energy_units{
    {{1e9, "GJ"}, {1e6, "MJ"}, {1e3, "kJ"}, {1, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}}};

// The largest unit that leaves at least 1 after rounding to three digits. Minutes start at 120 s and
// hours at 120 min, since "119 s" reads better than "1.98 min".
const Unit& unit_for(double value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    const double from = unit.size >= 60 && units.data() == time_units.data() ? 2 * unit.size : unit.size;
    if (std::abs(value) >= 0.9995 * from) return unit;
  }
  return units.back();
}

std::string with_unit(double value, std::span<const Unit> units) {
  const Unit& unit = unit_for(value, units);
  return three_digits(value / unit.size) + " " + unit.name;
}

}  // namespace

std::string three_digits(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (value == 0) return "0";
  const int before_point = static_cast<int>(std::floor(std::log10(std::abs(value) * 1.0005))) + 1;
  std::string text = fmt::format("{:.{}f}", value, std::min(12, std::max(0, 3 - before_point)));
  return text;
}

std::string human_time(Seconds time) {
  if (time.value == 0) return "0 s";
  return with_unit(time.value, time_units);
}

std::string human_bytes(Bytes bytes) { return with_unit(bytes.value, byte_units); }
std::string human_rate(BytesPerSecond rate) { return with_unit(rate.value, byte_units) + "/s"; }
std::string human_energy(Joules energy) { return with_unit(energy.value, energy_units); }
std::string gibibytes(Bytes bytes) { return fmt::format("{:.1f} GiB", bytes.value / 1073741824.0); }

std::string human_count(double count) {
  if (std::abs(count) < 999.5) return three_digits(count);
  if (std::abs(count) < 999.5e3) return three_digits(count / 1e3) + "k";
  if (std::abs(count) < 999.5e6) return three_digits(count / 1e6) + "M";
  return three_digits(count / 1e9) + "G";
}

std::string percent(double ratio) {
  return fmt::format("{:.{}f} %", 100 * ratio, std::abs(ratio) < 0.0995 ? 1 : 0);
}

std::string signed_percent(double ratio) { return fmt::format("{:+.1f} %", 100 * ratio); }

std::string band(Seconds low, Seconds high) {
  const Unit& unit = unit_for(high.value, time_units);
  return three_digits(low.value / unit.size) + "-" + three_digits(high.value / unit.size) + " " + unit.name;
}

std::string plural(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

// UTF-8 continuation bytes are no characters of their own.
std::size_t width_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string shortened(std::string_view text, std::size_t characters) {
  if (width_of(text) <= characters) return std::string(text);
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    if ((c & 0xC0) != 0x80 && ++taken == characters - 1) break;
    out += c;
  }
  return out + "..";
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\t':
      case '\n':
      case '\r':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace aifsim
