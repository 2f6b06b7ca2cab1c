#include "report/placement_note.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "catalog/words.hpp"
#include "report/format.hpp"

namespace aifsim {

std::string placement_note(const Point& point) {
  constexpr double telling = 0.02;  // a relative change of the step time below this is none
  const auto differs = [&](const auto& t) {
    return std::abs(t.step_time / point.step_time() - 1) >= telling;
  };
  const bool by_nodes = std::ranges::any_of(point.other_placements, differs),
             by_hash = std::ranges::any_of(point.other_hashes, differs);
  if (!by_nodes && !by_hash) return "";
  std::string text = point.placement + " " + human_time(point.step_time());
  if (by_nodes)
    for (const PlacementTime& t : point.other_placements)
      text += fmt::format(", {} {}", catalog::word_of(t.policy), human_time(t.step_time));
  if (by_hash) {
    const auto [least, most] = std::ranges::minmax(point.other_hashes, {}, &HashTime::step_time);
    text += fmt::format(", {} other hashes {} to {}", point.other_hashes.size(), human_time(least.step_time),
                        human_time(most.step_time));
  }
  return text;
}

}  // namespace aifsim
