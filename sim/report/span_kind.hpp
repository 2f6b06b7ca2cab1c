#pragma once
#include <cstddef>

#include "engine/timeline.hpp"

namespace aifsim {

const char* kind_name(SpanKind kind);  // "compute", "communication", "host", "wait"

// How many spans of each stream, from the first on, the database and the trace have of a timeline: a pipeline of many
// stages has millions.
std::size_t written_spans(const Timeline& timeline);

}  // namespace aifsim
