#include "report/html_details.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/bars.hpp"
#include "report/format.hpp"
#include "report/heat_map.hpp"
#include "report/sweep.hpp"
#include "report/timeline_view.hpp"

namespace aifsim {
namespace {

// Keep a page of any result under 1.5 MB; a span costs 35 bytes and its share of the labels.
constexpr std::size_t spans_per_page = 12000;
constexpr std::size_t most_details = 32;

std::string link_bars(const Point& p) {
  BarChart chart{.title = "Utilisation of the busiest links",
                 .parts = {{"carried over capacity, whole step", 2}},
                 .full = 1,
                 .text = [](double v) { return percent(v); }};
  for (const LinkUse& link : p.timeline.links) {
    if (chart.rows.size() == 12) break;
    chart.rows.push_back(
        {.label = link.name,
         .parts = {link.utilisation},
         .note = fmt::format("{} of {}", percent(link.utilisation), human_rate(link.capacity))});
  }
  if (chart.rows.empty()) return "<p>No link carried anything.</p>";
  return "<div class=\"scroll\">" + bars_svg(chart) + "</div>";
}

std::string swatch(const char* css, const char* name) {
  return fmt::format(
      "<span><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><path class=\"{}\" d=\"M0 "
      "0h1v1h-1z\"/></svg>{}</span>",
      css, name);
}

std::string point_facts(const Point& p) {
  std::string text = fmt::format("A step takes {}", human_time(p.step_time()));
  if (has_band(p)) text += fmt::format(" (80 % band {})", band(p.step_time_p10(), p.step_time_p90()));
  if (p.metrics.has(Metric::tokens_per_second))
    text +=
        fmt::format(": {} tokens/s, {} MFU, {} of exposed communication", human_count(p.tokens_per_second()),
                    percent(p.mfu()), human_time(p.exposed_communication()));
  if (p.metrics.has(Metric::bus_bandwidth))
    text += fmt::format(": {} of bus bandwidth", human_rate(BytesPerSecond{p.of(Metric::bus_bandwidth)}));
  if (p.metrics.has(Metric::storage_bandwidth))
    text += fmt::format(": {}", human_rate(BytesPerSecond{p.of(Metric::storage_bandwidth)}));
  text += ".";
  if (p.energy().value > 0) {
    text += fmt::format(" A GPU board draws {:.0f} W on average, {} per step", gpu_power(p).value,
                        human_energy(p.energy()));
    if (p.metrics.has(Metric::energy_per_token))
      text += fmt::format(" and {} per token", human_energy(energy_per_token(p)));
    text += " over all GPUs.";
  }
  if (p.measured) {
    text += fmt::format(" Measured: {} (the prediction is {} off); {}.", human_time(*p.measured),
                        signed_percent(p.step_time() / *p.measured - 1), p.measured_source);
  }
  return escape(text);
}

const Point* most_exposed(const std::vector<const Point*>& points) {
  return *std::max_element(points.begin(), points.end(), [](const Point* a, const Point* b) {
    return exposed_share(*a) < exposed_share(*b);
  });
}

// Those whose details a page has room for: the one that communication holds up most, then the largest of each
// platform and variant, then the rest.
std::vector<const Point*> detailed(const Result& r, const std::vector<const Point*>& points) {
  if (points.size() <= most_details) return points;
  std::vector<const Point*> kept;
  const auto keep = [&](const Point* p) {
    if (kept.size() < most_details && std::find(kept.begin(), kept.end(), p) == kept.end()) kept.push_back(p);
  };
  keep(most_exposed(points));
  for (const Sweep& s : sweeps_of(r)) keep(s.answered.back());
  for (const Point* p : points) keep(p);
  std::vector<const Point*> in_order;
  for (const Point* p : points)
    if (std::find(kept.begin(), kept.end(), p) != kept.end()) in_order.push_back(p);
  return in_order;
}

}  // namespace

void put_details(std::string& out, const Result& r, const std::vector<const Point*>& all) {
  const std::vector<const Point*> points = detailed(r, all);
  const Point* chosen = most_exposed(points);
  out += "<section><h2>One point in detail</h2><p><label for=\"point\">Point </label><select id=\"point\">";
  for (std::size_t i = 0; i < points.size(); ++i) {
    out += fmt::format("<option value=\"{}\"{}>{}, {} on {} nodes</option>", i,
                       points[i] == chosen ? " selected" : "", escape(group_of(*points[i])),
                       gpus_of(*points[i]), points[i]->nodes);
  }
  out += "</select></p>\n";
  if (points.size() < all.size())
    out += fmt::format("<p class=\"hint\">{} of {} points; result.sqlite and trace.perfetto have all.</p>\n",
                       points.size(), all.size());
  out +=
      "<p class=\"hint no-print\">Point at a slice for its name. Drag to move; Ctrl or Shift and the wheel, "
      "or a double "
      "click, to zoom.</p><div class=\"tools\"><button data-zoom=\"all\">Whole step</button>"
      "<button data-zoom=\"first\">Its start</button><button data-zoom=\"last\">Its end</button>"
      "<button data-zoom=\"in\">Zoom in</button><button data-zoom=\"out\">Zoom out</button>"
      "<button data-zoom=\"earlier\">Earlier</button><button data-zoom=\"later\">Later</button></div>\n";
  TimelineView view(spans_per_page / points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Point& p = *points[i];
    out +=
        fmt::format("<div class=\"point-panel\" id=\"point-{}\"{}><h3>{}, {}</h3><p class=\"hint\">{}</p>\n",
                    i, &p == chosen ? "" : " hidden", escape(group_of(p)), gpus_of(p), point_facts(p));
    out += view.tracks(p, i);
    out += "<p class=\"keys\">" + swatch("compute", "compute") + swatch("communication", "communication") +
           swatch("host", "host") + swatch("wait", "wait") + "</p>";
    if (p.job.empty())  // else the links are of all jobs together, above
      out += "<h3>Link utilisation</h3>" + link_bars(p) + "<div class=\"scroll\">" +
             heat_map_svg(p.timeline) + "</div>";
    out += "</div>\n";
  }
  out += "<script type=\"application/json\" id=\"timelines\">" + view.data() + "</script></section>\n";
}

}  // namespace aifsim
