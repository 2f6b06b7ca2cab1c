// HPL of whole machines: what is predicted, beside what was published and a naive control.
//
//   control of machine i:  rate  = median over the others of (Rmax / peak) x peak_i
//                          power = median over the others of (power / power with all parts at their limits) x that of i
//
// Peaks and powers of the devices that the published run took. Machines whose Rmax was only announced are left out.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/scenario.hpp"

namespace aifsim {

struct HplFigure {
  double predicted = 0, published = 0, control = 0;  // 0: none
  std::optional<double> off() const;                 // predicted / published - 1
  std::optional<double> control_off() const;
};

struct HplRow {
  std::string platform;
  std::int64_t devices = 0, order = 0;
  HplFigure rate, power;    // FLOP/s; W
  double p10 = 0, p90 = 0;  // of the rate
  std::string problem;      // not empty: no prediction, and why
};

struct HplValidation {
  std::vector<HplRow> rows;
  // Medians and largest of the absolute errors.
  struct Summary {
    double median = 0, largest = 0, control_median = 0, control_largest = 0;
    std::size_t rows = 0, within_tenth = 0, within_band = 0;
  } rate, power;
};

// Of the platforms that are named; of all shipped ones with a measured Rmax where none is.
HplValidation validate_hpl(const Catalog& catalog, const std::vector<std::string>& platforms,
                           Fidelity fidelity,
                           const std::function<void(std::size_t, std::size_t, const std::string&)>& progress);

}  // namespace aifsim
