// The result as one SQLite file: tables run, points, links, spans, inputs, and `columns`, which describes
// every column of the others.
#pragma once
#include <filesystem>

#include "report/result.hpp"

namespace aifsim {

// Writes a file that is not there yet. A write that fails leaves part of it behind: give a temporary name and
// rename (write.hpp does). Throws InputError when the place cannot be written.
void write_database(const Result& result, const std::filesystem::path& path);

}  // namespace aifsim
