// Layouts that go on none of the GPU counts they are asked for, whatever the platform: what `run` has no answer for.
#pragma once
#include <filesystem>
#include <vector>

#include "catalog/catalog.hpp"

namespace aifsim {

// Of a sound workload, for which any count goes that its degrees divide; of a sound scenario without a sweep, variants
// and jobs that go on none of its counts. None of other files.
std::vector<Problem> impossible_layouts(const Catalog& catalog, const std::filesystem::path& file);

}  // namespace aifsim
