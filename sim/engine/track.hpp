// From plan steps to the timeline's tracks and spans.
#pragma once
#include "engine/plan.hpp"
#include "engine/timeline.hpp"

namespace aifsim {

RoleTrack empty_track(const PlanRole& role);  // one track per stream, no spans
Span span_of(const PlanStep& step, Seconds start, Seconds end);

}  // namespace aifsim
