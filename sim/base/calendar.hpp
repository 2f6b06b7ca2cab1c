// Hours of a year: what swings over days and seasons is told by them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace aifsim {

inline constexpr double hours_of_day = 24, hours_of_year = 8766;  // 365.25 days

// Of "2027-01-15" or "2027-01-15T08:00", since the year began; none where it is no date.
std::optional<double> hour_of_year(std::string_view date);
std::string today();  // in Greenwich: 2026-11-23

}  // namespace aifsim
