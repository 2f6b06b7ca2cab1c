// What stands around the nodes: the site with its electricity, carbon and cooling, the power of what is no GPU, and
// what the machine costs. Figures that a file leaves out are 0, and what needs them is not answered.
#pragma once
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"

namespace aifsim {

// Hours of the day, local time, in which another price holds; from 22 to 6 passes midnight.
struct TariffWindow {
  double from = 0, to = 0;
  Figure<EurosPerJoule> price;
  bool holds(double hour) const { return from <= to ? hour >= from && hour < to : hour >= from || hour < to; }
  double start() const { return from < 24 ? from : 0; }  // 24 is the 0 of the next day
};

struct ElectricityDescription {
  Figure<EurosPerJoule> price;  // all in: energy, grid, taxes
  std::vector<TariffWindow> tariff;
};

// carbon(t) = average (1 - daily cos(2 pi (hour - cleanest_hour) / 24)) (1 - seasonal cos(2 pi (day - cleanest_day) / 365))
struct GridCarbonDescription {
  Figure<GramsPerJoule> average;                  // of a year
  Figure<double> daily, seasonal;                 // share by which it swings about the average
  double cleanest_hour = 13, cleanest_day = 172;  // noon of the sun; midsummer
};

// T(t) = mean - seasonal cos(2 pi (day - 15) / 365) - daily cos(2 pi (hour - 4) / 24), in degrees Celsius
struct OutsideDescription {
  Figure<double> mean, seasonal, daily;
};

struct CoolingDescription {
  Figure<double> pue;           // while the outside is no warmer than free_cooling
  Figure<double> per_degree;    // more of it for each degree above
  Figure<double> free_cooling;  // degrees Celsius
  OutsideDescription outside;
};

// Of each hour of a year, from 1 January at 0 on; none of what a file does not have.
struct HourlyDescription {
  std::vector<double> carbon;       // g per kWh
  std::vector<double> price;        // EUR per kWh
  std::vector<double> temperature;  // degrees Celsius
};

// A programme by which a site gives its hours away.
struct AccessDescription {
  std::string name, who, answer;  // answer: how long until one has it
  Figure<double> from, to;        // GPU hours; to: 0 without a limit
};

// A site.
struct FacilityDescription {
  std::string country;
  std::vector<std::string> consortium;  // countries
  Figure<Watts> power;                  // that the site can draw for this machine, cooling included
  CoolingDescription cooling;
  ElectricityDescription electricity;
  GridCarbonDescription carbon;
  std::vector<AccessDescription> access;
  std::string hours_file;  // CSV of what follows; goes before averages, swings and tariff
  HourlyDescription hours;
  Place place;
};

// What can be given so much and no more.
enum class PowerBound { rack, site };

// Power of a node but its GPUs, of the fabric, and what is lost on the way from the meter.
struct PowerDescription {
  Figure<Watts> cpu_idle, cpu_busy;  // of a socket
  Figure<double> cpu_load;           // share of the way from idle to busy while a job runs on the GPUs
  Figure<Watts> memory, nic, storage,
      other;                  // of a node's memory, of each NIC, of its drives, of fans and boards
  Figure<Watts> fabric;       // of the switches, for each node
  Figure<double> conversion;  // share of what is drawn that arrives behind rectifiers and converters
  Figure<double> rack_nodes;
  Figure<Watts> rack;                   // that a rack can be given
  std::vector<PowerBound> cap_gpus_to;  // boards are capped so that these get by (machine/power_bounds.hpp)
  Place place;
};

struct CostDescription {
  Figure<Euros> capital;             // machine, delivery, installation
  Figure<double> years;              // over which it is written off
  Figure<Euros> maintenance, staff;  // a year
  Figure<double> utilisation;        // share of all GPU hours that are used
  Figure<GramsCO2> embodied;         // of making the machine
  Place place;
};

}  // namespace aifsim
