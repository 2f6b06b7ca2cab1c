#include "report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "report/bars.hpp"
#include "report/curves.hpp"
#include "report/format.hpp"
#include "report/headline.hpp"
#include "report/heat_map.hpp"
#include "report/html_table.hpp"
#include "report/page_assets.hpp"
#include "report/sweep.hpp"
#include "report/timeline_view.hpp"

namespace aifsim {
namespace {

// Keeps a page of any result well under 3 MB; a span costs 35 bytes and its share of the labels.
constexpr std::size_t spans_per_page = 40000;

std::string group_of(const Point& p) { return p.platform + ", " + p.variant; }
std::string gpus_of(const Point& p) { return plural(static_cast<std::size_t>(p.gpus), "GPU"); }

std::vector<const Point*> answered_points(const Result& result) {
  std::vector<const Point*> points;
  for (const Point& p : result.points) {
    if (p.problem.empty()) points.push_back(&p);
  }
  return points;
}

void put_head(std::string& out, const Result& r) {
  out += fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{} - aifsim</title>\n<style>{}{}</style></head>\n<body>\n",
      escape(r.title), page_chart_css(), page_css);
  out += fmt::format(
      "<header><p class=\"brand\">aifsim report</p><h1>{}</h1><p class=\"question\">{}</p>\n<ul "
      "class=\"facts\">"
      "<li>scenario <b>{}</b></li><li>workload <b>{}</b></li><li>fidelity <b>{}</b></li><li>points "
      "<b>{}</b></li>"
      "<li>seed <b>{}</b></li><li>aifsim <b>{}</b></li></ul></header>\n<main>\n",
      escape(r.title), escape(r.question), escape(r.scenario), escape(r.workload), escape(r.fidelity),
      r.points.size(), r.seed, escape(r.version));
}

void put_headline(std::string& out, const Result& r) {
  const std::vector<std::string> sentences = headline(r);
  out += "<section class=\"headline\"><h2>In short</h2>";
  out += "<p class=\"lede\">" + escape(sentences.front()) + "</p>";
  if (sentences.size() > 1) {
    out += "<ul>";
    for (std::size_t i = 1; i < sentences.size(); ++i) out += "<li>" + escape(sentences[i]) + "</li>";
    out += "</ul>";
  }
  out += "</section>\n";
}

void put_curves(std::string& out, const Result& r) {
  if (!sweeps_gpus(r)) return;
  out +=
      "<section><h2>Scaling</h2><p class=\"hint\">Lines are predictions, the shade around them the 80 % "
      "band; hollow "
      "markers are measured runs. Point at a marker for its figures.</p>\n"
      "<div class=\"tabs\" hidden><button data-tab=\"curve-mfu\">MFU</button>"
      "<button data-tab=\"curve-time\">Step time</button>"
      "<button data-tab=\"curve-exposed\">Exposed communication</button></div>\n";
  const auto tab = [&](const char* id, const LineChart& chart) {
    out += fmt::format("<div class=\"tab scroll\" id=\"{}\">{}</div>\n", id,
                       chart_svg(chart, ChartUse::in_page));
  };
  tab("curve-mfu", mfu_chart(r));
  tab("curve-time", step_time_chart(r));
  tab("curve-exposed", exposed_chart(r));
  out += "</section>\n";
}

void put_step_parts(std::string& out, const std::vector<const Point*>& points) {
  BarChart chart{.title = "Where the time of a step goes, for each point",
                 .parts = {{"compute", 0}, {"exposed communication", 1}, {"host and idle", 7}},
                 .text = [](double v) { return human_time(Seconds{v}); }};
  for (const Point* p : points) {
    const Seconds rest = p->step_time - p->compute_time - p->exposed_communication;
    chart.rows.push_back(
        {.group = group_of(*p),
         .label = gpus_of(*p),
         .parts = {p->compute_time.value, p->exposed_communication.value, std::max(0.0, rest.value)},
         .note = fmt::format("{}, {} exposed", human_time(p->step_time), percent(exposed_share(*p)))});
  }
  out +=
      "<section><h2>Where the time goes</h2><p class=\"hint\">One training step. Communication that runs "
      "beside compute is not drawn, only what makes the GPU wait.</p><div class=\"scroll\">" +
      bars_svg(chart) + "</div></section>\n";
}

void put_memory(std::string& out, const std::vector<const Point*>& points) {
  BarChart chart{
      .title = "Peak memory per GPU by what holds it, against the capacity, for each point",
      .parts = {{"parameters", 0}, {"gradients", 1}, {"optimizer", 2}, {"activations", 3}, {"buffers", 5}},
      .mark_name = "capacity",
      .text = [](double v) { return gibibytes(Bytes{v}); }};
  for (const Point* p : points) {
    const MemoryUse& m = p->memory;
    chart.rows.push_back({.group = group_of(*p),
                          .label = gpus_of(*p),
                          .parts = {m.parameters.value, m.gradients.value, m.optimizer.value,
                                    m.activations.value, m.buffers.value},
                          .mark = m.capacity.value,
                          .note = fmt::format("{} of {}", gibibytes(m.total()), gibibytes(m.capacity))});
  }
  out +=
      "<section><h2>Memory per GPU</h2><p class=\"hint\">At its peak, against what a framework can "
      "allocate.</p><div class=\"scroll\">" +
      bars_svg(chart) + "</div></section>\n";
}

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
  std::string text =
      fmt::format("A step takes {} (80 % band {}): {} tokens/s, {} MFU, {} of exposed communication.",
                  human_time(p.step_time), band(p.step_time_p10, p.step_time_p90),
                  human_count(p.tokens_per_second), percent(p.mfu), human_time(p.exposed_communication));
  if (p.energy.value > 0) {
    text += fmt::format(" A GPU board draws {:.0f} W on average, {:.3g} J per token over all GPUs.",
                        gpu_power(p).value, p.energy.value / (p.tokens_per_second * p.step_time.value));
  }
  if (p.measured) {
    text += fmt::format(" Measured: {} (the prediction is {} off); {}.", human_time(*p.measured),
                        signed_percent(p.step_time / *p.measured - 1), p.measured_source);
  }
  return escape(text);
}

void put_points(std::string& out, const std::vector<const Point*>& points) {
  const auto chosen = std::max_element(points.begin(), points.end(), [](const Point* a, const Point* b) {
    return exposed_share(*a) < exposed_share(*b);
  });
  out += "<section><h2>One point in detail</h2><p><label for=\"point\">Point </label><select id=\"point\">";
  for (std::size_t i = 0; i < points.size(); ++i) {
    out += fmt::format("<option value=\"{}\"{}>{}, {} on {} nodes</option>", i,
                       points[i] == *chosen ? " selected" : "", escape(group_of(*points[i])),
                       gpus_of(*points[i]), points[i]->nodes);
  }
  out += "</select></p>\n";
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
                    i, &p == *chosen ? "" : " hidden", escape(group_of(p)), gpus_of(p), point_facts(p));
    out += view.lanes(p, i);
    out += "<p class=\"keys\">" + swatch("compute", "compute") + swatch("communication", "communication") +
           swatch("host", "host") + swatch("wait", "wait") + "</p>";
    out += "<h3>Link utilisation</h3>" + link_bars(p) + "<div class=\"scroll\">" + heat_map_svg(p.timeline) +
           "</div></div>\n";
  }
  out += "<script type=\"application/json\" id=\"timelines\">" + view.data() + "</script></section>\n";
}

void put_explanations(std::string& out) {
  out +=
      "<section><h2>What the figures mean</h2><dl>"
      "<dt>MFU</dt><dd>Model FLOPs utilisation: the FLOPs of the model itself (no recomputation) over step "
      "time x "
      "dense peak x GPUs.</dd>"
      "<dt>80 % band</dt><dd>Four of five measured step times should lie inside; its width comes from how "
      "well the "
      "platform's calibration met measured runs. With draws, it also holds what the fits of the GPU model "
      "leave "
      "open: its constants and each kernel's own miss.</dd>"
      "<dt>Power</dt><dd>Of GPU boards alone: kernels at their modelled power, idle power for the rest of "
      "the "
      "step. Not counted: what links draw, CPUs, memory of the host, network, cooling. Fitted for three "
      "GPUs, "
      "carried over to the others.</dd>"
      "<dt>Exposed communication</dt><dd>Time in which a collective runs while the compute stream idles.</dd>"
      "<dt>Busiest link</dt><dd>Bytes carried over capacity x step time, for the link that carried the "
      "most.</dd>"
      "<dt>Error</dt><dd>Predicted over measured step time, less one: positive means predicted too slow.</dd>"
      "</dl></section>\n";
}

}  // namespace

std::string to_html(const Result& r) {
  std::string out;
  put_head(out, r);
  put_headline(out, r);
  put_curves(out, r);
  put_point_table(out, r);
  const std::vector<const Point*> points = answered_points(r);
  if (!points.empty()) {
    put_step_parts(out, points);
    put_points(out, points);
    put_memory(out, points);
  }
  put_input_table(out, r);
  put_explanations(out);
  out += fmt::format(
      "</main><footer>Made by aifsim {}. The same result as data: result.json, result.sqlite; its timelines "
      "for "
      "ui.perfetto.dev: trace.perfetto.</footer>\n<div id=\"tooltip\" role=\"status\" hidden></div>\n"
      "<script>{}</script>\n</body></html>\n",
      escape(r.version), page_script);
  return out;
}

}  // namespace aifsim
