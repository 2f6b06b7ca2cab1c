#include "report/chart_style.hpp"

#include <fmt/format.h>

#include <array>

#include "report/chart.hpp"

namespace aifsim {
namespace {

// Eight hues that stay apart for the common kinds of colour blindness and reach a contrast of 4.5 on the
// paper.
constexpr std::array<const char*, 8> light{"#0b5fc0", "#c2410c", "#0f766e", "#8b2fc9",
                                           "#b4133a", "#4d7312", "#0e6c8c", "#525b6b"};
constexpr std::array<const char*, 8> dark{"#6cb0ff", "#ff9a62", "#4fd1c0", "#cf9fff",
                                          "#ff8098", "#b4d455", "#5fd3ee", "#b3bccb"};

struct Ink {
  std::string paper, text, soft, grid;
};

std::string chart_rules(const Ink& ink, const std::array<std::string, 8>& series) {
  std::string css = fmt::format(
      ".chart text{{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu "
      "Sans',sans-serif;fill:{text}}}"
      ".chart .name{{fill:{soft}}}.chart .title{{font-size:17px;font-weight:600}}"
      ".chart .series{{fill:currentColor;font-weight:600}}.chart .paper{{fill:{paper}}}"
      ".chart .grid{{stroke:{grid};fill:none}}.chart .axis{{stroke:{soft};fill:none}}"
      ".chart .line{{stroke:currentColor;fill:none;stroke-width:2.4;stroke-linejoin:round}}"
      ".chart .band{{fill:currentColor;fill-opacity:.14}}.chart .dot{{fill:currentColor}}"
      ".chart .ring{{fill:{paper};fill-opacity:.75;stroke:currentColor;stroke-width:2.2}}"
      ".chart .leader{{stroke:currentColor;fill:none;stroke-width:1;stroke-opacity:.45}}"
      ".chart .part{{fill:currentColor}}.chart .inside{{fill:{paper};font-size:12px}}"
      ".chart .track{{fill:{grid};fill-opacity:.5}}.chart .mark{{stroke:{text};stroke-width:2.5;fill:none}}"
      ".chart .group{{font-weight:600}}.chart .hit{{fill:transparent}}.chart .key{{color:{soft}}}",
      fmt::arg("text", ink.text), fmt::arg("soft", ink.soft), fmt::arg("paper", ink.paper),
      fmt::arg("grid", ink.grid));
  for (std::size_t i = 0; i < series.size(); ++i) css += fmt::format(".chart .c{}{{color:{}}}", i, series[i]);
  return css;
}

std::string custom_properties(const std::array<const char*, 8>& colours) {
  std::string css;
  for (std::size_t i = 0; i < colours.size(); ++i) css += fmt::format("--series-{}:{};", i, colours[i]);
  return css;
}

}  // namespace

std::string standalone_chart_css() {
  return chart_rules({"#ffffff", "#17202e", "#525b6b", "#e3e7ee"},
                     {light[0], light[1], light[2], light[3], light[4], light[5], light[6], light[7]});
}

std::string page_chart_css() {
  std::array<std::string, 8> variables;
  for (std::size_t i = 0; i < variables.size(); ++i) variables[i] = fmt::format("var(--series-{})", i);
  return ":root{" + custom_properties(light) + "}\n@media screen and (prefers-color-scheme:dark){:root{" +
         custom_properties(dark) + "}}\n" +
         chart_rules({"var(--paper)", "var(--text)", "var(--soft)", "var(--grid)"}, variables) + "\n";
}

}  // namespace aifsim
