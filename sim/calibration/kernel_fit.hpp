// Fits the constants of one GPU model to measured kernels, family by family, and tells how well they hold.
//
// Errors come from rows that the fit has not seen: a share of the shapes (a shape is held out under every
// software release at once), and each group (e.g. a software release) in turn. The constants that are kept
// come from all rows. Of more than 20,000 rows of a family that many are drawn evenly, which the report's left_out tells.
#pragma once
#include <string>
#include <vector>

#include "calibration/cross_validation.hpp"
#include "calibration/fit_report.hpp"
#include "calibration/kernel_rows.hpp"
#include "kernels/family.hpp"

namespace aifsim {

struct KernelCalibration {
  GpuDescription gpu;                   // with the fitted constants
  std::vector<const Family*> families;  // that were fitted
  FitReport report;
};

// `rows` are of this GPU; their `group` is what is left out in turn. A family with fewer than three
// rows per constant (20 are always enough) stays as it is.
KernelCalibration calibrate_kernels(const GpuDescription& gpu, const std::vector<KernelRow>& rows,
                                    const FitOptions& options, const FitProgress& progress = {});

// Errors of constants that were not fitted to `rows`, for each family that the rows have, with the band of the
// block's own spread.
FitReport try_on(const GpuDescription& gpu, const std::vector<KernelRow>& rows);

}  // namespace aifsim
