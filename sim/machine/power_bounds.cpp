#include "machine/power_bounds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "machine/machine_figures.hpp"

namespace aifsim {
namespace {

struct Bound {
  double cap = 1;
  Place place;
  std::string of, gives;  // "a rack of 18 nodes", "100kW"
  std::string keeps;      // "a rack keeps to 100kW"
};

// Of nodes that draw from one meter: the machine's, or of a job on "a+b" one part's.
template <class Part>
Bound bound_by(PowerBound by, const PlatformDescription& platform, const Part& part,
               const std::string& partition, const GpuDescription& gpu) {
  const PowerDescription& p = *part.power;
  Watts others = node_but_boards(p, platform.node), each;
  Bound bound;
  if (by == PowerBound::rack) {
    each = *p.rack * (p.conversion / p.rack_nodes);
    bound.place = p.rack.place;
    bound.gives = print(*p.rack);
    bound.of = fmt::format("a rack of {:g} nodes", *p.rack_nodes);
    bound.keeps = "a rack keeps to " + bound.gives;
  } else {
    const FacilityDescription& site = *part.facility;
    others += *p.fabric;
    each = (*site.power / (std::max(1.0, *site.cooling.pue) * part.nodes) -
            file_systems_of_node(platform, partition)) *
           p.conversion;
    bound.place = site.power.place;
    bound.gives = print(*site.power);
    bound.of = fmt::format("a machine of {:g} nodes", *part.nodes);
    bound.keeps = "the site keeps to " + bound.gives;
  }
  const Watts boards = *gpu.power_limit * platform.node.gpus;
  if (boards.value > 0) bound.cap = (each - others) / boards;
  return bound;
}

// Of several the tightest.
Bound tightest(const PlatformDescription& platform, const GpuDescription& gpu) {
  Bound found;
  const auto bind = [&](const auto& part, const std::string& partition) {
    if (!part.power) return;
    for (const PowerBound by : part.power->cap_gpus_to)
      if (Bound one = bound_by(by, platform, part, partition, gpu); one.cap < found.cap)
        found = std::move(one);
  };
  if (platform.spanned.empty()) bind(platform, platform.partition);
  for (const SpannedPartition& part : platform.spanned) bind(part, part.name);
  return found;
}

}  // namespace

GpuDescription capped(GpuDescription gpu, const PlatformDescription& platform) {
  const Bound bound = tightest(platform, gpu);
  if (bound.cap >= gpu.power_cap) return gpu;
  if (bound.cap <= gpu.power.idle)
    throw InputError(
        bound.place,
        fmt::format("{} gets {}, which leaves {:.0f} % of their limit to its {} boards, and idle "
                    "they draw {:.0f} %: fewer nodes, or more power",
                    bound.of, bound.gives, 100 * std::max(0.0, bound.cap), gpu.name, 100 * *gpu.power.idle));
  gpu.power_cap = {bound.cap, "what the machine can be given", Confidence::derived, bound.place};
  return gpu;
}

std::string cap_note(const PlatformDescription& platform, const GpuDescription& gpu) {
  const Bound bound = tightest(platform, gpu);
  if (bound.cap >= 1 || gpu.power_cap < bound.cap) return "";
  return fmt::format("boards are held to {:.3g} % of their limit, so that {}", 100 * *gpu.power_cap,
                     bound.keeps);
}

}  // namespace aifsim
