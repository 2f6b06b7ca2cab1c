// What follows from a machine's parts, and how far it is from what was published.
//
//   peak        devices x peak of one, dense                          FLOP/s
//   injection   NICs x rate of one, of a node, per direction          B/s
//   bisection   least cut found among halves (bisection.hpp)          B/s, per direction
//   storage     read rate of the fastest tier, or what its NICs carry B/s
//   power       (devices x limit + sockets x busy + memory + NICs + drives + other + fabric) / conversion   W
//               all parts at their limits at once, without cooling
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "catalog/gpu.hpp"
#include "catalog/platform.hpp"

namespace aifsim {

struct ComparedFigure {
  std::string name, unit;
  double derived = 0;                 // in that unit; 0: it does not follow
  std::optional<double> published;    // in that unit
  Place place;                        // of what was published
  std::optional<double> off() const;  // derived / published - 1
};

struct MachineFigures {
  std::vector<ComparedFigure> figures;  // devices, peaks, injection, bisection, storage, power
  double bisection_share = 0;           // of half of all injection
};

// More than this off, and the file should say why.
inline constexpr double published_tolerance = 0.05;

// The last row of the equations above; 0 where the platform does not say what its nodes draw.
Watts power_at_limits(const PlatformDescription& platform, const GpuDescription& gpu);
// All parts of a node at their limits, its share of the fabric left out: but its boards, and these.
Watts node_but_boards(const PowerDescription& power, const NodeDescription& node);
Watts boards_of_node(const GpuDescription& gpu, const NodeDescription& node);
// What the file systems draw at the plug for each node of the partition ("" where all nodes are alike): a tier's power
// over all nodes that it serves.
Watts file_systems_of_node(const PlatformDescription& platform, const std::string& partition);
// As power_at_limits, with the file systems of its nodes, and boards capped to what rack and site give.
Watts power_with_file_systems(const PlatformDescription& platform, const GpuDescription& gpu);

// `with_bisection`: it takes a while on large machines.
MachineFigures machine_figures(const PlatformDescription& platform, const GpuDescription& gpu,
                               bool with_bisection);

}  // namespace aifsim
