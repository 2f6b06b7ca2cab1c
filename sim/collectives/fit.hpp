// Fits the collective models of one platform to measured collectives, block by block, and tells how well they
// hold.
//
// Robust least squares on log(model / measured), with a weak leaning of every constant towards the typical
// value of its kind (one standard deviation of the logarithm costs as much as a row that is 30 % off).
// Errors come from rows that the fit has not seen: a share of the cases (a case is one algorithm, size and
// job shape under every release), and each group in turn. Large all-reduces that an inference engine hands to
// the vendor's library count as rows of the library, too, where a switch joins the GPUs of a node; they test
// the library's block alone. The constants that are kept come from all rows.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "collectives/price.hpp"
#include "collectives/query.hpp"

namespace aifsim {

// Of model / measured - 1, in percent.
struct CollectiveErrors {
  std::size_t rows = 0;
  double median = 0, p90 = 0, bias = 0;
};

struct CollectiveSlice {
  std::string name;
  CollectiveErrors model, control;
};

struct CollectiveFit {
  std::string block;
  std::size_t rows = 0;
  CollectiveSlice fitted, held_out, left_out;  // of all rows; a share of the cases; all groups together
  std::vector<CollectiveSlice> groups;         // each left out
  std::vector<std::pair<std::string, double>> constants;
  std::vector<std::string> unidentified;  // the rows say less about these than the leaning does
  std::string problem;                    // why there is no fit; then the rest is empty
};

// The schedules that the library could run a collective by, on the machine's links; CannotAnswer: none.
using LibraryWorks =
    std::function<std::shared_ptr<const std::vector<CollectiveWork>>(const CollectiveQuery&)>;

struct CollectiveFitOptions {
  double holdout = 0.3;
  std::string date;
  std::string source;
};

struct CollectiveCalibration {
  PlatformDescription platform;  // with the fitted blocks
  std::vector<CollectiveFit> fits;
  std::map<std::string, std::size_t> left_out;  // rows that no block takes, by reason
};

// `rows` are of this platform; their `group` is what is left out in turn.
CollectiveCalibration calibrate_collectives(
    const PlatformDescription& platform, const std::vector<CollectiveRow>& rows,
    const CollectiveFitOptions& options, const LibraryWorks& works,
    const std::function<void(std::size_t done, std::size_t total, const std::string& what)>& progress = {});

std::string collective_fit_text(const CollectiveCalibration& calibration);
std::string collective_fit_json(const CollectiveCalibration& calibration);

// The fitted blocks, and those that the platform had, as a file that the platform's includes.
std::string fits_yaml(const CollectiveCalibration& calibration, const CollectiveFitOptions& options);

}  // namespace aifsim
