#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "machine/count.hpp"
#include "report/drawing/draw_parts.hpp"

namespace aifsim {
namespace {

constexpr const char* node_fill = "#f7f1e3";
constexpr const char* node_edge = "#b99a55";
constexpr const char* zoom = "#f2f5f9";
constexpr Stroke trunk{"#5b7fb5", 2.4, 0.75};
constexpr Stroke cable{"#5b7fb5", 1, 0.45};
constexpr std::size_t most_in_row = 8, most_beside_ring = 6;
constexpr double box_height = 30;

// The light wedge from one box to the row that shows its inside.
void draw_zoom(Svg& svg, const Box& from, double left, double right, double y) {
  svg.polygon(
      {{from.x, from.y + from.height}, {from.x + from.width, from.y + from.height}, {right, y}, {left, y}},
      zoom);
}

std::vector<std::string> numbered(const std::string& name, std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{} {}", name, i));
  return names;
}

void join(Svg& svg, const Box& upper, const Row& lower, const Stroke& stroke) {
  for (const Box& box : lower.boxes) svg.line(upper.bottom(), box.top(), stroke);
  if (lower.hidden > 0) svg.line(upper.bottom(), lower.rest.top(), stroke);
}

struct CellsSummary {
  std::int64_t cells = 0;
  std::vector<std::string> lines;   // one for each shape
  std::vector<std::int64_t> nodes;  // of each cell
};

// Of one cell, leaf by leaf.
std::vector<double> nodes_on_leaves(const CellGroup& group) {
  if (!group.nodes_on_leaves.empty()) return group.nodes_on_leaves;
  return std::vector<double>(static_cast<std::size_t>(whole(group.leaf_switches, "leaf_switches", 1)),
                             group.nodes_per_leaf);
}

CellsSummary summary_of(const DragonflyPlusDescription& dragonfly) {
  CellsSummary sum;
  for (const CellGroup& group : dragonfly.cells) {
    const std::int64_t count = whole(group.count, "count", 1);
    const auto leaves = whole(group.leaf_switches, "leaf_switches", 1);
    const std::vector<double> each = nodes_on_leaves(group);
    const auto nodes = static_cast<std::int64_t>(std::accumulate(each.begin(), each.end(), 0.0));
    sum.cells += count;
    sum.nodes.insert(sum.nodes.end(), static_cast<std::size_t>(count), nodes);
    const std::string per_leaf = group.nodes_on_leaves.empty() ? fmt::format("{}", each.front())
                                                               : fmt::format("{}", fmt::join(each, ", "));
    sum.lines.push_back(fmt::format("{} × {} ({} of {}), {}", count, counted(nodes, "node"),
                                    counted(leaves, "leaf switch"), per_leaf,
                                    word(group.leaf_switches.confidence)));
  }
  return sum;
}

// Cells on a circle, each pair joined. Beyond the most that stay legible, the rest is one pale cell.
void draw_ring_of_cells(Svg& svg, const CellsSummary& cells, PagePoint centre, double radius) {
  constexpr std::int64_t most = 28;
  const std::int64_t shown = std::min(cells.cells, most);
  const auto at = [&](std::int64_t i) {
    const double angle =
        2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(shown) - std::numbers::pi / 2;
    return PagePoint{centre.x + radius * std::cos(angle), centre.y + radius * std::sin(angle)};
  };
  for (std::int64_t i = 0; i < shown; ++i)
    for (std::int64_t j = i + 1; j < shown; ++j) svg.line(at(i), at(j), {"#5b7fb5", 1, 0.28});
  const double size = shown > 12 ? 29 : 40;
  for (std::int64_t i = 0; i < shown; ++i) {
    const bool rest = i == shown - 1 && cells.cells > most;
    const bool smaller = cells.nodes[static_cast<std::size_t>(i)] < cells.nodes.front();
    svg.box_with_text({at(i).x - size / 2, at(i).y - 11, size, 22},
                      rest      ? "#ffffff"
                      : smaller ? node_fill
                                : page::switch_fill,
                      page::switch_edge,
                      rest ? fmt::format("+{}", cells.cells - most + 1) : std::to_string(i), 11.5);
  }
}

}  // namespace

double draw_leaf_nodes(Svg& svg, const PlatformDescription& platform, const Box& leaf, std::int64_t nodes,
                       double left, double right, double y) {
  draw_zoom(svg, leaf, left, right, y);
  const Row row =
      row_of(nodes, right - left > 500 ? most_in_row : most_beside_ring, left, right, y, box_height, 86);
  join(svg, leaf, row, cable);
  draw_row(svg, row, node_fill, node_edge, numbered("node", row.boxes.size()));
  const double nics = *platform.node.nics;
  return caption(svg, {page::captions, y + 4},
                 {counted(nodes, "node") + " per leaf",
                  fmt::format("{} of {} each: {} per node", counted(static_cast<std::int64_t>(nics), "NIC"),
                              shown(*platform.fabric.injection), shown(*platform.fabric.injection * nics)),
                  fmt::format("{} NIC to leaf, {} per further hop", shown(*platform.fabric.nic_latency),
                              shown(*platform.fabric.hop_latency))});
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const FatTreeDescription& tree,
                   const Topology& machine, double y) {
  heading(svg, y, "Fabric: fat tree of " + counted(std::ssize(tree.levels), "level"));
  constexpr double left = page::margin, right = page::captions - 40;
  y += 34;
  std::int64_t machine_nodes = 0;
  for (const NodeRow& row : machine.rows()) machine_nodes += row.serves ? 0 : row.nodes;
  BytesPerSecond uplink = *platform.fabric.injection * *platform.node.nics;
  std::vector<BytesPerSecond> uplinks;
  std::int64_t below = 1;
  for (std::size_t i = 0; i + 1 < tree.levels.size(); ++i) {  // the topmost level has no uplink
    const std::int64_t nodes = whole(tree.levels[i].nodes, "nodes", 1);
    uplink =
        uplink * (static_cast<double>(nodes) / static_cast<double>(below) / *tree.levels[i].oversubscription);
    uplinks.push_back(uplink);
    below = nodes;
  }

  const Box top{left + 120, y, right - left - 240, box_height};
  svg.box_with_text(top, page::switch_fill, page::switch_edge, tree.levels.back().name);
  caption(svg, {page::captions, y + 4},
          {fmt::format("{}: {}", tree.levels.back().name, counted(machine_nodes, "node")),
           fmt::format("room for {}", *tree.levels.back().nodes)});
  Box parent = top;
  std::int64_t nodes = machine_nodes;  // below the parent
  for (std::size_t i = tree.levels.size() - 1; i-- > 0;) {
    const FatTreeLevel& level = tree.levels[i];
    const std::int64_t size = whole(level.nodes, "nodes", 1), groups = (nodes + size - 1) / size;
    y += 84;
    if (i + 2 < tree.levels.size()) draw_zoom(svg, parent, left, right, y);
    const Row row = row_of(groups, most_in_row, left, right, y, box_height, 100);
    join(svg, parent, row, trunk);
    draw_row(svg, row, page::switch_fill, page::switch_edge, numbered(level.name, row.boxes.size()));
    caption(svg, {page::captions, y + 4},
            {i + 2 == tree.levels.size()
                 ? fmt::format("{} × {}", groups, level.name)
                 : fmt::format("{} × {} per {}", groups, level.name, tree.levels[i + 1].name),
             fmt::format("{} each; trunk of {}", counted(size, "node"), shown(uplinks[i])),
             fmt::format("oversubscription {:g} : 1, {}", *level.oversubscription,
                         word(level.oversubscription.confidence))});
    parent = row.boxes.front();
    nodes = std::min(nodes, size);
  }
  return draw_leaf_nodes(svg, platform, parent, nodes, left, right, y + 84);
}

double draw_fabric(Svg& svg, const PlatformDescription& platform, const DragonflyPlusDescription& dragonfly,
                   const Topology&, double y) {
  heading(svg, y, "Fabric: Dragonfly+");
  const CellsSummary cells = summary_of(dragonfly);
  constexpr double radius = 150, ring_width = 2 * radius + 60;
  const double top = y + 34;
  draw_ring_of_cells(svg, cells, {page::margin + ring_width / 2, top + radius + 16}, radius);

  constexpr double left = page::margin + ring_width + 40, right = page::captions - 40;
  const std::int64_t spines = whole(dragonfly.spine_switches, "spine_switches", 1);
  const CellGroup& first = dragonfly.cells.front();
  const std::int64_t leaves = whole(first.leaf_switches, "leaf_switches", 1),
                     per_leaf = static_cast<std::int64_t>(nodes_on_leaves(first).front());

  y = top;
  const auto pairs = fmt::format(
      "each two joined by {} × {} = {}, {}", *dragonfly.global_links, shown(*dragonfly.global_bandwidth),
      shown(*dragonfly.global_bandwidth * *dragonfly.global_links), word(dragonfly.global_links.confidence));
  std::vector<std::string> about{counted(cells.cells, "cell")};
  about.insert(about.end(), cells.lines.begin(), cells.lines.end());
  if (cells.cells > 1) about.push_back(pairs);
  const double below_caption = caption(svg, {left, y + 8}, about) + 14;

  y = std::max(below_caption, top + 96);
  const Row spine_row = row_of(spines, most_beside_ring, left, right, y, box_height, 84);
  const Row leaf_row = row_of(leaves, most_beside_ring, left, right, y + 92, box_height, 84);
  svg.box({left - 12, y - 14, right - left + 24, 92 + box_height + 28}, "#fafbfd", "#d5dbe2", 10);
  for (const Box& s : spine_row.boxes)
    for (const Box& l : leaf_row.boxes) svg.line(s.bottom(), l.top(), cable);
  draw_row(svg, spine_row, page::switch_fill, page::switch_edge, numbered("spine", spine_row.boxes.size()));
  draw_row(svg, leaf_row, page::switch_fill, page::switch_edge, numbered("leaf", leaf_row.boxes.size()));
  const BytesPerSecond up = *dragonfly.leaf_spine_bandwidth * static_cast<double>(spines);
  const BytesPerSecond in =
      *platform.fabric.injection * (*platform.node.nics * static_cast<double>(per_leaf));
  caption(svg, {page::captions, y + 4},
          {"Inside cell 0: " + counted(spines, "spine"), "one link from every leaf to every spine,",
           fmt::format("{} each, {}", shown(*dragonfly.leaf_spine_bandwidth),
                       word(dragonfly.leaf_spine_bandwidth.confidence))});
  caption(svg, {page::captions, y + 92 + 4},
          {counted(leaves, "leaf switch"), fmt::format("{} up, {} from below", shown(up), shown(in)),
           fmt::format("oversubscription {:.3g} : 1", in.value / up.value)});
  y += 92 + 96;
  const double end = draw_leaf_nodes(svg, platform, leaf_row.boxes.front(), per_leaf, left, right, y);
  return std::max(end, top + 2 * radius + 40);
}

}  // namespace aifsim
