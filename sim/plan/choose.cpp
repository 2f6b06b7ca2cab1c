#include "plan/choose.hpp"

namespace aifsim {

std::vector<Choice> choices_for(const PlatformDescription& platform, const Collective& c,
                                const RoutedGroup& group, bool idle_fabric) {
  const GroupShape& shape = group.shape;
  Algorithm wanted = c.algorithm;
  // What training runs showed, of large buffers on a busy machine.
  if (wanted == Algorithm::automatic && c.kind == CollectiveKind::all_reduce && !idle_fabric)
    wanted = platform.communication.all_reduce;
  const bool law = shape.nodes() == 1 || idle_fabric;
  auto candidates = gpu_algorithms_for(c.kind, shape);
  if (find_schedule(c.kind, wanted, shape)) {
    candidates = {wanted};
  } else if (const auto own = library_choices(platform, c.kind, shape, c.bytes, group.whole_nodes);
             law && !own.empty()) {
    candidates = own;
  }
  std::vector<Choice> found;
  for (const Algorithm a : candidates) {
    Choice choice{a, {}, {}};
    if (law) choice.law = law_of(platform, c.kind, a, shape, c.bytes, group.whole_nodes);
    if (!choice.law) choice.least_transfer = least_transfer(platform, c.kind, a, shape, c.bytes);
    found.push_back(choice);
  }
  return found;
}

}  // namespace aifsim
