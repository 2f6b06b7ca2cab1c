// Published storage submissions beside their predictions (lowering/storage/storage.hpp).
//
// MLPerf Storage   samples per second of the emulated training job of the scenario `mlperf-storage` that is called
//                  MODEL_ACCELERATOR, on as many accelerators; no more than the NICs of the clients let through, and the
//                  tier, where the name of the system says them. Control: accelerators at their pace, no stall.
// IO500            GiB/s of the four IOR phases on the tier of the catalogue that the names of system and file system
//                  say, times the number of units. Control: what the tier is said to deliver, whatever the pattern.
//
// Without the rows of a group: each constant is the median of what the others' rows imply, of MLPerf Storage `straggle`
// for each model, of IO500 hard over easy of the same submission for each file system; easy phases are not predicted,
// and the control is the same ratio for all file systems alike.
#pragma once
#include <istream>
#include <string>

#include "calibration/validation.hpp"
#include "catalog/catalog.hpp"

namespace aifsim {

// `by`: columns of the table that group the rows, joined by commas; also `workload` (model and accelerator, or phase)
// and `hardware` (what the names say). `assume_one`: a product whose number is not said is taken to be one, not refused.
Validation validate_storage(const Catalog& catalog, std::istream& in, const std::string& name,
                            const std::string& by, bool assume_one = false);
Validation validate_storage_left_out(const Catalog& catalog, std::istream& in, const std::string& name,
                                     const std::string& by);

}  // namespace aifsim
