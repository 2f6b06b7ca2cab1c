#include "program/walk.hpp"

namespace aifsim {

void Walk::settle() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.at == level.operations->size()) {
      if (++level.run < level.times && !level.operations->empty()) {
        level.at = 0;
        continue;
      }
      levels_.pop_back();
      if (!levels_.empty()) ++levels_.back().at;
      continue;
    }
    const auto* repeat = std::get_if<Repeat>(&(*level.operations)[level.at].what);
    if (!repeat) return;
    if (repeat->times > 0)
      levels_.push_back({&repeat->body, 0, 0, repeat->times});
    else
      ++level.at;
  }
}

}  // namespace aifsim
