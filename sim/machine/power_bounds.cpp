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

Bound bound_by(PowerBound by, const PlatformDescription& platform, const GpuDescription& gpu) {
  const PowerDescription& p = *platform.power;
  const NodeDescription& node = platform.node;
  const Watts boards = *gpu.power_limit * node.gpus;
  Watts others = *p.cpu_busy * node.cpus + *p.memory + *p.nic * node.nics + *p.storage + *p.other, each;
  Bound bound;
  if (by == PowerBound::rack) {
    each = *p.rack * (p.conversion / p.rack_nodes);
    bound.place = p.rack.place;
    bound.gives = print(*p.rack);
    bound.of = fmt::format("a rack of {:g} nodes", *p.rack_nodes);
    bound.keeps = "a rack keeps to " + bound.gives;
  } else {
    const FacilityDescription& site = *platform.facility;
    others += *p.fabric;
    each = (*site.power / (std::max(1.0, *site.cooling.pue) * platform.nodes) -
            file_systems_of_node(platform, platform.partition)) *
           p.conversion;
    bound.place = site.power.place;
    bound.gives = print(*site.power);
    bound.of = fmt::format("a machine of {:g} nodes", *platform.nodes);
    bound.keeps = "the site keeps to " + bound.gives;
  }
  if (boards.value > 0) bound.cap = (each - others) / boards;
  return bound;
}

// Of several the tightest.
Bound tightest(const PlatformDescription& platform, const GpuDescription& gpu) {
  Bound found;
  if (!platform.power) return found;
  for (const PowerBound by : platform.power->cap_gpus_to)
    if (Bound one = bound_by(by, platform, gpu); one.cap < found.cap) found = std::move(one);
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
  if (bound.cap >= 1) return "";
  return fmt::format("boards are held to {:.3g} % of their limit, so that {}", 100 * *gpu.power_cap,
                     bound.keeps);
}

}  // namespace aifsim
