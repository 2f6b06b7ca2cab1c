#pragma once
#include "engine/timeline.hpp"

namespace aifsim {

const char* kind_name(SpanKind kind);  // "compute", "communication", "host", "wait"

}  // namespace aifsim
