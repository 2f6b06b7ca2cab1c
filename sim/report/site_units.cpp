#include "report/site_units.hpp"

#include "report/format.hpp"

namespace aifsim {

std::string human_grams(double value) {
  if (value < 0) return "-" + human_grams(-value);
  if (value >= 1e9) return three_digits(value / 1e9) + " kt";
  if (value >= 1e6) return three_digits(value / 1e6) + " t";
  if (value >= 1e3) return three_digits(value / 1e3) + " kg";
  return three_digits(value) + " g";
}

std::string human_euros(double value) {
  if (value < 0) return "-" + human_euros(-value);
  if (value >= 1e6) return three_digits(value / 1e6) + " MEUR";
  if (value >= 1e3) return three_digits(value / 1e3) + " kEUR";
  return value >= 1 ? three_digits(value) + " EUR" : three_digits(value * 100) + " ct";
}

std::string human_kwh(double joules) {
  constexpr double joules_per_kwh = 3.6e6;
  const double kwh = joules / joules_per_kwh;
  if (kwh < 0) return "-" + human_kwh(-joules);
  if (kwh >= 1e6) return three_digits(kwh / 1e6) + " GWh";
  if (kwh >= 1e3) return three_digits(kwh / 1e3) + " MWh";
  return three_digits(kwh) + " kWh";
}

std::string human_watts(double value) {
  return value >= 1e6 ? three_digits(value / 1e6) + " MW" : three_digits(value / 1e3) + " kW";
}

std::string human_days(double seconds) {
  const double hours = seconds / 3600;
  return hours < 48 ? three_digits(hours) + " h" : three_digits(hours / 24) + " d";
}

}  // namespace aifsim
