// Everything that a run leaves behind, in one folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

// Writes result.json, result.sqlite, report.html, trace.perfetto where there are timelines, and mfu.svg where the
// result sweeps GPU counts; makes the folder. They appear together, in place of those of an earlier run (write_folder() says how).
// InputError when the folder or a file in it cannot be written.
void write_all(const Result& result, const std::filesystem::path& out_dir);

// The names of all files that a run may leave in its folder.
const std::vector<std::string>& result_files();

}  // namespace aifsim
