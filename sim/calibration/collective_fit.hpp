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
#include <memory>
#include <string>
#include <vector>

#include "calibration/cross_validation.hpp"
#include "calibration/fit_report.hpp"
#include "catalog/platform.hpp"
#include "collectives/price.hpp"
#include "records/collective_rows.hpp"

namespace aifsim {

// The schedules that the library could run a collective by, on the machine's links; CannotAnswer: none.
using LibraryWorks =
    std::function<std::shared_ptr<const std::vector<CollectiveWork>>(const CollectiveQuery&)>;

struct CollectiveCalibration {
  PlatformDescription platform;  // with the fitted blocks
  FitReport report;
};

// `rows` are of this platform; their `group` is what is left out in turn.
CollectiveCalibration calibrate_collectives(const PlatformDescription& platform,
                                            const std::vector<CollectiveRow>& rows, const FitOptions& options,
                                            const LibraryWorks& works, const FitProgress& progress = {});

}  // namespace aifsim
