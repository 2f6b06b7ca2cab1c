#include "report/placement_note.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/words.hpp"
#include "report/format.hpp"

namespace aifsim {

std::string placement_note(const Point& point) {
  constexpr double telling = 0.02;  // a relative change of the step time below this is none
  const bool differs = std::any_of(
      point.other_placements.begin(), point.other_placements.end(),
      [&](const PlacementTime& t) { return std::abs(t.step_time / point.step_time() - 1) >= telling; });
  if (!differs) return "";
  std::string text = point.placement + " " + human_time(point.step_time());
  for (const PlacementTime& t : point.other_placements)
    text += fmt::format(", {} {}", catalog::word_of(t.policy), human_time(t.step_time));
  return text;
}

}  // namespace aifsim
