// Everything that a run leaves behind, in one folder.
#pragma once
#include <filesystem>

#include "report/result.hpp"

namespace aifsim {

// Writes result.json, result.sqlite, trace.perfetto, report.html, and mfu.svg where the result sweeps GPU
// counts; makes the folder. Each file appears only after all of them are complete. Throws InputError when the
// folder or a file in it cannot be written.
void write_all(const Result& result, const std::filesystem::path& out_dir);

}  // namespace aifsim
