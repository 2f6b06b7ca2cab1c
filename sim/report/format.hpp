// Numbers and text for people: three significant digits with the unit that suits the size.
#pragma once
#include <string>
#include <string_view>

#include "base/units.hpp"

namespace aifsim {

std::string three_digits(double value);                    // "1.03", "16.4", "164", "12345"
std::string human_time(Seconds time);                      // "63 µs", "876 ms", "1.69 s", "12.5 min"
std::string human_bytes(Bytes bytes);                      // decimal, for traffic: "157 MB"
std::string human_rate(BytesPerSecond rate);               // "12.5 GB/s"
std::string human_energy(Joules energy);                   // "512 mJ", "3.2 MJ"
std::string gibibytes(Bytes bytes);                        // for memory: "38.1 GiB"
std::string human_count(double count);                     // "823", "1.23k", "2.4M"
std::string percent(double ratio);                         // "57 %"
std::string signed_percent(double ratio);                  // "+3.2 %"
std::string band(Seconds low, Seconds high);               // "840-912 ms", in the unit of the upper end
std::string plural(std::size_t n, std::string_view noun);  // "1 point", "3 points"

std::size_t width_of(std::string_view text);                           // characters, not bytes
std::string shortened(std::string_view text, std::size_t characters);  // cut with ".." when longer

// Safe inside XML and HTML, as text and in a quoted attribute. Characters that XML forbids become U+FFFD.
std::string escape(std::string_view text);

}  // namespace aifsim
