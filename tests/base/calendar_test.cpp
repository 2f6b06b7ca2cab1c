#include "base/calendar.hpp"

#include <catch2/catch.hpp>

namespace aifsim {

TEST_CASE("dates are hours since the year began") {
  CHECK(hour_of_year("2027-01-01") == 0.0);
  CHECK(hour_of_year("2027-01-15T08:30") == 14 * 24 + 8.5);
  CHECK(hour_of_year("2027-03-01") == 59 * 24.0);
  CHECK(hour_of_year("2028-03-01") == 60 * 24.0);
  CHECK(hour_of_year("2027-12-31T23:00") == 8759.0);
}

TEST_CASE("what is no date has no hour") {
  for (const char* text :
       {"", "2027", "2027-02-29", "2027-13-01", "2027-1-1", "15-01-2027", "2027-01-15T24:00", "2027-01-15T8",
        "2027-01-15T08:60", "2027/01/15", "-027-01-15", "2027-01-15Z08:00"})
    CHECK_FALSE(hour_of_year(text));
}

}  // namespace aifsim
