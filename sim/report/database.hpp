// The result as one SQLite file: tables run, points, links, spans, inputs, and `columns`, which describes
// every column of the others.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

// The bytes of the file.
std::string to_sqlite(const Result& result);

}  // namespace aifsim
