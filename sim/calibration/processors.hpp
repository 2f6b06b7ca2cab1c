// Independent pieces of work on all processors.
#pragma once
#include <cstddef>
#include <functional>

namespace aifsim {

// Calls `work` with 0 ... count - 1, in any order. The first exception is thrown again when all have ended.
void on_all_processors(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace aifsim
