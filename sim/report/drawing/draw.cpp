#include "report/drawing/draw.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/words.hpp"
#include "report/drawing/draw_parts.hpp"

namespace aifsim {

std::string spaced(std::string quantity) {
  const std::size_t unit = quantity.find_first_not_of("0123456789.+-e");
  return unit == std::string::npos || quantity[unit] == ' ' ? quantity : quantity.insert(unit, " ");
}

std::string counted(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun,
                     count == 1                               ? ""
                     : std::string_view(noun).ends_with("ch") ? "es"
                                                              : "s");
}

std::string word(Confidence confidence) {
  if (confidence == Confidence::low) return "low confidence";
  return std::string(catalog::word_of(confidence));
}

void heading(Svg& svg, double y, std::string_view text) {
  svg.line({page::margin, y + 8}, {page::right, y + 8}, {"#d5dbe2", 1});
  svg.text({page::margin, y}, text, 16, page::ink, Anchor::start, true);
}

double caption(Svg& svg, PagePoint at, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i, at.y += 17)
    svg.text(at, lines[i], i == 0 ? 14 : 12.5, i == 0 ? page::ink : page::faint, Anchor::start, i == 0);
  return at.y;
}

Row row_of(std::int64_t count, std::size_t most, double left, double right, double y, double height,
           double widest) {
  Row row;
  const auto all = static_cast<std::size_t>(count);
  const std::size_t shown = all <= most ? all : most - 1;
  const std::size_t slots = std::min(all, most);
  row.hidden = static_cast<std::int64_t>(all - shown);
  const double pitch = (right - left) / static_cast<double>(slots);
  const double box = std::min(widest, pitch * 0.84);
  for (std::size_t i = 0; i < slots; ++i) {
    const Box at{left + pitch * (static_cast<double>(i) + 0.5) - box / 2, y, box, height};
    if (i < shown)
      row.boxes.push_back(at);
    else
      row.rest = at;
  }
  return row;
}

void draw_row(Svg& svg, const Row& row, std::string_view fill, std::string_view stroke,
              const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < row.boxes.size(); ++i)
    svg.box_with_text(row.boxes[i], fill, stroke, names[i], 12);
  if (row.hidden > 0) svg.box_with_text(row.rest, "#ffffff", "#c4ccd5", fmt::format("… +{}", row.hidden), 12);
}

namespace {

std::string about(const PlatformDescription& platform, const Topology& topology) {
  const NodeDescription& node = platform.node;
  const std::string nodes = fmt::format("{}{}", platform.partition.empty() ? "" : platform.partition + ": ",
                                        counted(topology.nodes(), "node"));
  const std::string network = fmt::format("{} × {} network per node and direction", node.nics.value,
                                          shown(*platform.fabric.injection));
  if (node.gpu.empty()) return nodes + ", " + network;
  return fmt::format("{}, {} ({} × {} per node), {}", nodes, counted(topology.gpus(), "GPU"), node.gpus.value,
                     node.gpu, network);
}

}  // namespace

std::string draw_svg(const std::vector<PlatformDescription>& partitions) {
  const PlatformDescription& platform = partitions.front();
  const Topology topology(platform);
  const std::string& title = !platform.machine_title.empty() ? platform.machine_title
                             : !platform.title.empty()       ? platform.title
                                                             : platform.name;
  Svg svg;
  svg.text({page::margin, 46}, title, 24, page::ink, Anchor::start, true);
  double y = 70;
  for (const PlatformDescription& one : partitions) {
    svg.text({page::margin, y},
             (one.site.empty() ? "" : one.site + " · ") + about(one, topology.partition(one.partition)), 13.5,
             page::faint);
    y += 20;
  }
  y += 22;
  y = std::visit([&](const auto& fabric) { return draw_fabric(svg, platform, fabric, topology, y); },
                 platform.fabric.topology);
  for (const PlatformDescription& one : partitions)
    y = draw_node(svg, one, topology.partition(one.partition).wiring(), y + 40);
  svg.text(
      {page::margin, y + 26},
      "Bandwidths are per direction; every link is full duplex. A trunk is the sum of its parallel links.",
      12, page::faint);
  return svg.document(page::width, y + 50, title);
}

}  // namespace aifsim
