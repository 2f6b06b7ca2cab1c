// The timelines as a Perfetto trace, for ui.perfetto.dev: one process per point and role, one thread per
// stream, one slice per span.
#pragma once
#include <string>

#include "experiment/result.hpp"

namespace aifsim {

// What a slice is called: "all_gather layer 3, 157 MB, ring, 256 ranks".
std::string slice_name(const Span& span);

std::string to_perfetto(const Result& result);

}  // namespace aifsim
