// The parts of a machine's drawing; each begins at `y` and returns where it ends.
#pragma once
#include <string>
#include <vector>

#include "base/quantity.hpp"
#include "catalog/platform.hpp"
#include "machine/topology.hpp"
#include "report/drawing/svg.hpp"

namespace aifsim {

namespace page {
inline constexpr double width = 1160, margin = 40;
inline constexpr double captions = 830;  // where the column of captions begins
inline constexpr double right = width - margin;
inline constexpr const char* ink = "#2b3440";
inline constexpr const char* faint = "#6b7683";
inline constexpr const char* switch_fill = "#e6eef9";
inline constexpr const char* switch_edge = "#5b7fb5";
}  // namespace page

double draw_fabric(Svg& svg, const PlatformDescription& platform, const FatTreeDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const LeafSpineDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const RailTreeDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const MultiPlaneDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const DragonflyPlusDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const DragonflyDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const TorusDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const HyperXDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const OpticalDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const GraphDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const SitesDescription& fabric,
                   const Topology& machine, double y);
double draw_fabric(Svg& svg, const PlatformDescription& platform, const JoinedDescription& fabric,
                   const Topology& machine, double y);
double draw_node(Svg& svg, const PlatformDescription& platform, const NodeWiring& wiring, double y);

// "450 GB/s": with a space before the unit.
std::string spaced(std::string quantity);
template <class Tag>
std::string shown(Quantity<Tag> quantity) {
  return spaced(print(quantity));
}
std::string counted(std::int64_t count, const char* noun);  // "1 node", "2 nodes"
std::string word(Confidence confidence);

void heading(Svg& svg, double y, std::string_view text);
// Lines of text, the first bold; returns where they end.
double caption(Svg& svg, PagePoint at, const std::vector<std::string>& lines);

// The nodes below one leaf switch, and their caption.
double draw_leaf_nodes(Svg& svg, const PlatformDescription& platform, const Box& leaf, std::int64_t nodes,
                       double left, double right, double y);

// Boxes in a row: the first of so many, at most `most`, and what stands for the rest.
struct Row {
  std::vector<Box> boxes;   // of the things that are shown
  std::int64_t hidden = 0;  // how many are not; they have one more box, `rest`
  Box rest;
};
Row row_of(std::int64_t count, std::size_t most, double left, double right, double y, double height,
           double widest);
void draw_row(Svg& svg, const Row& row, std::string_view fill, std::string_view stroke,
              const std::vector<std::string>& names);

}  // namespace aifsim
