// Timelines as bytes, to the last bit, for another process or the store of the same build.
#pragma once
#include "engine/engine.hpp"

namespace aifsim {

std::string to_bytes(const Timeline& timeline);
Timeline timeline_from(std::string_view bytes);

std::string to_bytes(const JobsTimeline& timelines);
JobsTimeline jobs_timeline_from(std::string_view bytes);

}  // namespace aifsim
