#include "report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "report/account_chart.hpp"
#include "report/bars.hpp"
#include "report/curves.hpp"
#include "report/format.hpp"
#include "report/headline.hpp"
#include "report/html_details.hpp"
#include "report/html_table.hpp"
#include "report/jobs_runs.hpp"
#include "report/page_assets.hpp"
#include "report/site_table.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

std::vector<const Point*> answered_points(const Result& result) {
  std::vector<const Point*> points;
  for (const Point& p : result.points) {
    if (p.problem.empty() && p.metrics.has(Metric::step_time)) points.push_back(&p);
  }
  return points;
}

// Those of training, whose time and memory have parts.
std::vector<const Point*> trained(std::vector<const Point*> points) {
  std::erase_if(points, [](const Point* p) { return p->memory.capacity.value <= 0; });
  return points;
}

void put_head(std::string& out, const Result& r) {
  put_page_head(out, r.title);
  out += fmt::format(
      "<header><p class=\"brand\">aifsim report</p><h1>{}</h1><p class=\"question\">{}</p>\n<ul "
      "class=\"facts\">"
      "<li>scenario <b>{}</b></li>{}<li>fidelity <b>{}</b></li><li>points <b>{}</b></li>"
      "<li>seed <b>{}</b></li><li>aifsim <b>{}</b></li></ul></header>\n<main>\n",
      escape(r.title), escape(r.question), escape(r.scenario),
      r.runs.empty()
          ? fmt::format("<li>workload <b>{}</b></li><li>nodes <b>{}</b></li>",
                        escape(r.workload_title.empty() ? r.workload : r.workload_title), escape(r.placement))
          : "",
      escape(r.fidelity), r.points.size(), r.seed, escape(r.version));
}

void put_headline(std::string& out, const Result& r) {
  const std::vector<std::string> sentences = headline(r);
  if (sentences.empty()) return;
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
  out += "<section><h2>Scaling</h2><p class=\"hint\">" + curves_hint(r) +
         "Lines are predictions, the shade around them the 80 % "
         "band; hollow "
         "markers are measured runs. Point at a marker for its figures.</p>\n"
         "<div class=\"tabs\" hidden><button data-tab=\"curve-mfu\">MFU</button>"
         "<button data-tab=\"curve-time\">Step time</button>"
         "<button data-tab=\"curve-exposed\">Exposed communication</button>";
  const std::string energy = chart_svg(energy_chart(r), ChartUse::in_page);
  if (!energy.empty()) out += "<button data-tab=\"curve-energy\">Energy</button>";
  out += "</div>\n";
  const auto tab = [&](const char* id, const char* name, const std::string& chart) {
    out += fmt::format("<div class=\"tab scroll\" id=\"{}\"><h4 class=\"print-only\">{}</h4>{}</div>\n", id,
                       name, chart);
  };
  tab("curve-mfu", "MFU", chart_svg(mfu_chart(r), ChartUse::in_page));
  tab("curve-time", "Step time", chart_svg(step_time_chart(r), ChartUse::in_page));
  tab("curve-exposed", "Exposed communication", chart_svg(exposed_chart(r), ChartUse::in_page));
  if (!energy.empty()) tab("curve-energy", "Energy", energy);
  out += "</section>\n";
}

constexpr std::size_t most_bars = 40;

// Of more points than bars can show, the largest of each platform and variant, and of those the first.
std::vector<const Point*> barred(const Result& r, const std::vector<const Point*>& points) {
  if (points.size() <= most_bars) return points;
  std::vector<const Point*> largest;
  for (const Sweep& s : sweeps_of(r))
    if (largest.size() < most_bars) largest.push_back(s.answered.back());
  return largest;
}

std::string bars_hint(std::size_t shown, std::size_t all) {
  return shown == all ? ""
                      : fmt::format(" {} of {} points: the largest of each platform and variant{}.", shown,
                                    all, shown == most_bars ? ", as far as there is room" : "");
}

// One drawing for each platform and variant, so that a printed page need not cut one; `chart` comes without rows.
template <class Row>
std::string bars_by_group(const BarChart& chart, const std::vector<const Point*>& points, Row row) {
  double full = chart.full;
  std::vector<BarChart> charts;
  std::string group;
  for (const Point* p : points) {
    if (charts.empty() || group_of(*p) != group) {
      charts.push_back(chart);
      charts.back().title += ", " + group_of(*p);
      charts.back().legend = charts.size() == 1;
    }
    group = group_of(*p);
    charts.back().rows.push_back(row(*p));
    const BarRow& made = charts.back().rows.back();
    full = std::max({full, std::accumulate(made.parts.begin(), made.parts.end(), 0.0), made.mark});
  }
  std::string out;
  for (BarChart& one : charts) {
    one.full = full;
    out += bars_svg(one);
  }
  return "<div class=\"scroll\">" + out + "</div>";
}

void put_step_parts(std::string& out, const std::vector<const Point*>& points, std::size_t all) {
  const BarChart chart{.title = "Where the time of a step goes",
                       .parts = account_bar_parts(),
                       .text = [](double v) { return human_time(Seconds{v}); }};
  out += fmt::format(
      "<section><h2>Where the time goes</h2><p class=\"hint\">One training step, on average over the GPUs. "
      "Exchanges "
      "between ranks (TP, CP, EP, DP) are drawn only where kernels wait for them; `aifsim explain` says what "
      "would "
      "help.{}</p>",
      bars_hint(points.size(), all));
  out += bars_by_group(chart, points, [](const Point& p) {
    return BarRow{
        .group = group_of(p),
        .label = gpus_of(p),
        .parts = account_bar(p.account),
        .note = fmt::format("{}, {} exposed", human_time(p.step_time()), percent(exposed_share(p)))};
  });
  out += "</section>\n";
}

void put_memory(std::string& out, const std::vector<const Point*>& points, std::size_t all) {
  const BarChart chart{
      .title = "Peak memory per GPU by what holds it, against the capacity",
      .parts = {{"parameters", 0}, {"gradients", 1}, {"optimizer", 2}, {"activations", 3}, {"buffers", 5}},
      .mark_name = "capacity",
      .text = [](double v) { return gibibytes(Bytes{v}); }};
  out += fmt::format(
      "<section><h2>Memory per GPU</h2><p class=\"hint\">At its peak, against what a framework can "
      "allocate.{}</p>",
      bars_hint(points.size(), all));
  const auto row = [](const Point& p, const std::string& label, const MemoryUse& m) {
    return BarRow{.group = group_of(p),
                  .label = label,
                  .parts = {m.parameters.value, m.gradients.value, m.optimizer.value, m.activations.value,
                            m.buffers.value},
                  .mark = m.capacity.value,
                  .note = fmt::format("{} of {}", gibibytes(m.total()), gibibytes(m.capacity))};
  };
  out += bars_by_group(chart, points, [&](const Point& p) { return row(p, gpus_of(p), p.memory); });
  constexpr std::size_t most_pipelines = 8;
  std::size_t drawn = 0;
  for (const Point* p : points) {
    if (p->stages.empty() || drawn++ >= most_pipelines) continue;
    BarChart stages = chart;
    stages.title = fmt::format("Peak memory per GPU by stage, {}, {}", group_of(*p), gpus_of(*p));
    stages.legend = false;
    stages.full = std::max(p->memory.total().value, p->memory.capacity.value);
    for (const StageMemory& stage : p->stages) stages.rows.push_back(row(*p, stage.stage, stage.use));
    out += "<div class=\"scroll\">" + bars_svg(stages) + "</div>";
  }
  if (drawn > most_pipelines)
    out += fmt::format("<p class=\"hint\">Stages of {} of {} pipelines; result.json has all.</p>",
                       most_pipelines, drawn);
  out += "</section>\n";
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
      "<dt>Power per GPU</dt><dd>Of GPU boards alone: kernels at their modelled power, idle power for the "
      "rest of the step. Fitted for three GPUs, carried over to the others.</dd>"
      "<dt>At the site's meter</dt><dd>Boards, CPUs, memory, NICs, drives, switches, file systems, "
      "conversion and cooling, as the platform's file says them, most of them as guesses; carbon and price "
      "of the grid over the "
      "hours of the run, or of a whole year.</dd>"
      "<dt>Exposed communication</dt><dd>Time in which a collective runs while the compute stream idles.</dd>"
      "<dt>Step alone</dt><dd>Of a job among others: mean time of a step on the same nodes with no other "
      "job; "
      "link events and jitter stay.</dd>"
      "<dt>Slowed by</dt><dd>The job's step with only that neighbour, over its step alone.</dd>"
      "<dt>Used</dt><dd>Bytes that a link carried over capacity x the whole run.</dd>"
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
  put_runs(out, r);
  put_point_table(out, r);
  put_site_tables(out, r);
  const std::vector<const Point*> points = answered_points(r);
  if (!points.empty()) {
    const std::vector<const Point*> all = trained(points), bars = trained(barred(r, all));
    if (!bars.empty()) {
      put_step_parts(out, bars, all.size());
      put_memory(out, bars, all.size());
    }
    put_details(out, r, points);
  }
  put_input_table(out, r);
  put_explanations(out);
  put_page_end(
      out,
      fmt::format("Made by aifsim {}. The same result as data: result.json, result.sqlite; its timelines "
                  "for ui.perfetto.dev: trace.perfetto.",
                  escape(r.version)));
  return out;
}

}  // namespace aifsim
