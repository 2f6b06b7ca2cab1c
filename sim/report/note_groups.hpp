// What is said of many points, said once: texts that differ in their numbers alone become one with ranges.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

struct NoteGroup {
  std::string text;  // "uses 31 to 49 % of the usable memory"
  std::vector<const Point*> points;
};

// In the order of their first points; points without a text are in none. Equal texts alone become one where there are
// at most `most_apart` of them.
std::vector<NoteGroup> note_groups(const std::vector<Point>& points,
                                   const std::function<std::string(const Point&)>& text,
                                   std::size_t most_apart = 0);

// "leonardo_booster, full sharding, 64, 128 GPUs; mn5_acc, 64 GPUs", or how many, the first and the last.
std::string points_of(const NoteGroup& group);

}  // namespace aifsim
