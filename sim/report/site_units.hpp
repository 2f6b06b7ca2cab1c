// Figures at the meter of a site and of whole runs, for people: three significant digits with the unit that suits.
#pragma once
#include <string>

namespace aifsim {

std::string human_grams(double grams);   // "340 g", "1.2 t"
std::string human_euros(double euros);   // "63 ct", "1.49 MEUR"
std::string human_kwh(double joules);    // "198 kWh", "1.14 GWh"
std::string human_watts(double watts);   // "0.84 kW", "1.2 MW"
std::string human_days(double seconds);  // "36 h", "89.2 d"

}  // namespace aifsim
