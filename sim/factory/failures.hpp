// A scenario's events on links and switches, in order of time: what each leaves of the machine.
//
//   a trunk of n cables that has lost k of them keeps (n - k) / n of its capacity; with none left, or a link
//   of one cable, it is down, and transfers take other ways
//
// A switch takes all its links down, and those of the NICs that are plugged into it. Assumption: routes
// change at once; a real fabric manager takes up to seconds for that, in which transfers stand still.
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catalog/scenario.hpp"
#include "engine/engine.hpp"

namespace aifsim {

struct Failures {
  std::vector<LinkChange> changes;
  std::vector<std::pair<Seconds, std::vector<LinkId>>> down;  // all links that are down from then on
};

// InputError for a link or a switch that the machine does not have, and more cables than a link has.
Failures read_failures(std::span<const LinkEventDescription> events, const Topology& machine,
                       const std::string& name);

}  // namespace aifsim
