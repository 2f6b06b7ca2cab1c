#include "report/heat_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/format.hpp"

namespace aifsim {
namespace {

constexpr double label_width = 190, strip_width = 640, link_height = 22, note_width = 130;
constexpr std::size_t most_links = 16;

// From nearly white over orange to dark red, at 0, 1/2 and 1.
std::string colour(double utilisation) {
  constexpr std::array<std::array<double, 3>, 3> stops{{{244, 244, 240}, {240, 150, 60}, {140, 10, 30}}};
  const double x = 2 * std::clamp(utilisation, 0.0, 1.0);
  const std::size_t low = x < 1 ? 0 : 1;
  std::array<int, 3> rgb{};
  for (std::size_t c = 0; c < 3; ++c)
    rgb[c] = static_cast<int>(stops[low][c] +
                              (x - static_cast<double>(low)) * (stops[low + 1][c] - stops[low][c]));
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

// In steps of 2 %, which no eye tells apart.
std::string shade(double utilisation) { return colour(std::round(utilisation * 50) / 50); }

}  // namespace

std::string heat_map_svg(const Timeline& timeline) {
  const std::size_t rows = std::min(most_links, timeline.heat.size());
  if (rows == 0) return "";
  const double height = static_cast<double>(rows) * link_height + 30;
  std::string out = fmt::format(
      "<svg class=\"heat\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "font-size=\"12\"><title>Utilisation of links by class</title>\n",
      label_width + strip_width + note_width, height);
  for (std::size_t r = 0; r < rows; ++r) {
    const LinkHeat& heat = timeline.heat[r];
    const double y = static_cast<double>(r) * link_height;
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"currentColor\">{}</text>\n",
                       label_width - 8, y + 15,
                       escape(fmt::format("{} ({})", shortened(heat.name, 20), heat.links)));
    const double width = strip_width / static_cast<double>(heat.bins.size());
    for (std::size_t i = 0, next = 0; i < heat.bins.size(); i = next) {  // one rectangle for alike neighbours
      const std::string fill = shade(heat.bins[i]);
      for (next = i + 1; next < heat.bins.size() && shade(heat.bins[next]) == fill;) ++next;
      out += fmt::format("<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"/>",
                         label_width + width * static_cast<double>(i), y + 2,
                         width * static_cast<double>(next - i), link_height - 4, fill);
    }
    const auto [least, most] = std::minmax_element(heat.bins.begin(), heat.bins.end());
    out += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"currentColor\">{} to {}</text>\n",
                       label_width + strip_width + 8, y + 15, percent(*least), percent(*most));
  }
  const double y = static_cast<double>(rows) * link_height + 8;
  for (int i = 0; i <= 10; ++i)
    out += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"20\" height=\"10\" fill=\"{}\"/>",
                       label_width + 20 * i, y, colour(0.1 * i));
  out += fmt::format(
      "<text x=\"{}\" y=\"{}\" fill=\"currentColor\">0 to 100 % of capacity, over the whole run</text></svg>",
      label_width + 230, y + 10);
  return out;
}

}  // namespace aifsim
