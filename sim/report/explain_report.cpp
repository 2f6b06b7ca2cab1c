#include "report/explain_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/atomic_folder.hpp"
#include "base/text_table.hpp"
#include "metrics/time.hpp"
#include "report/account_chart.hpp"
#include "report/format.hpp"
#include "report/json_values.hpp"
#include "report/page_assets.hpp"

namespace aifsim {
namespace {

constexpr double tells = 0.002;  // of the step: less is no help

const JobFigures& figures(const ExplainReport& r) { return r.explanation.outcome.run.jobs.front().figures; }
Seconds step(const ExplainReport& r) { return Seconds{figures(r).metrics[Metric::step_time].value}; }

std::string point_name(const ExplainReport& r) {
  return fmt::format("{}{}{}, {} GPUs", r.point.platform_label, r.point.variant_label.empty() ? "" : ", ",
                     r.point.variant_label, r.point.gpus);
}

double change(const ExplainReport& r, const Lever& lever) { return lever.step / step(r) - 1; }

struct Part {
  std::string name, key;
  Seconds time;
  bool work = false;  // matrix products and attention: the work itself
};

// The longest first. Of a trace, whose kernels are not told apart: what they take, and what they do not hide.
std::vector<Part> parts_of(const ExplainReport& r) {
  std::vector<Part> parts;
  for (const auto& [part, time] : longest_parts(figures(r).account))
    parts.push_back({name_of(part), key_of(part), time,
                     part == StepPart::products || part == StepPart::attention || part == StepPart::experts});
  if (!parts.empty()) return parts;
  const double compute = figures(r).metrics[Metric::compute_time].or_zero(),
               exposed = figures(r).metrics[Metric::exposed_communication].or_zero();
  parts = {{"kernels", "compute_s", Seconds{compute}, true},
           {"communication that no kernel hides", "exposed_communication_s", Seconds{exposed}},
           {"pauses of the host, and waiting", "pauses_s",
            Seconds{std::max(0.0, step(r).value - compute - exposed)}}};
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.time > b.time; });
  return parts;
}

// The part that takes longest besides matrix products and attention, which are the work itself.
std::string verdict(const ExplainReport& r) {
  const std::vector<Part> parts = parts_of(r);
  std::string text =
      fmt::format("{} of the step are {}", percent(parts.front().time / step(r)), parts.front().name);
  for (const Part& part : parts)
    if (!part.work) {
      if (part.key != parts.front().key)
        text += fmt::format("; most of the rest goes into {} ({})", part.name, percent(part.time / step(r)));
      break;
    }
  if (!r.explanation.levers.empty() && r.explanation.levers.front().problem.empty() &&
      change(r, r.explanation.levers.front()) < -tells)
    text += fmt::format(". What helps most: {} ({})", r.explanation.levers.front().what,
                        signed_percent(change(r, r.explanation.levers.front())));
  return text + ".";
}

}  // namespace

std::string explain_text(const ExplainReport& r, std::size_t width) {
  const Measure& mfu = figures(r).metrics[Metric::mfu];
  const std::string phases = phases_in_a_line(figures(r).metrics);
  std::string out =
      fmt::format("{}\n{}: a step of {}{}{}\n\n", r.title, point_name(r), human_time(step(r)),
                  mfu.known() ? ", MFU " + percent(mfu.value) : "", phases.empty() ? "" : "; " + phases);
  out += wrapped(verdict(r), width) + "\n";
  TextTable parts({{"where the time goes", true}, {"time"}, {"share"}, {"", true}});
  for (const auto& [name, key, time, work] : parts_of(r)) {
    const double share = time / step(r);
    if (share < 0.0005) continue;
    const std::string bar(static_cast<std::size_t>(std::max(0L, std::lround(40 * share))), '#');
    parts.row({name, human_time(time), fmt::format("{:.1f} %", 100 * share), bar});
  }
  out += parts.str(width) + "\n";
  TextTable levers(
      {{"what would help, each alone", true}, {"step"}, {"change"}, {"of", true}, {"figure", true}});
  std::size_t idle = 0;
  for (const Lever& lever : r.explanation.levers) {
    if (!lever.problem.empty())
      levers.remark({lever.what}, "no answer: " + lever.problem);
    else if (std::abs(change(r, lever)) < tells)
      ++idle;
    else
      levers.row({lever.what, human_time(lever.step), signed_percent(change(r, lever)), name_of(lever.kind),
                  lever.path});
  }
  out += levers.str(width);
  if (idle > 0) {
    std::string names;
    for (const Lever& lever : r.explanation.levers)
      if (lever.problem.empty() && std::abs(change(r, lever)) < tells)
        names += (names.empty() ? "" : ", ") + lever.what;
    out += wrapped("No help: " + names + ".", width, 0);
  }
  return out;
}

namespace {

using Json = nlohmann::ordered_json;

// Of a step with rollouts; else null.
Json phases_json(const Metrics& metrics) {
  if (!metrics.has(Metric::generation_time)) return nullptr;
  Json phases = Json::object();
  for (const Metric m : {Metric::generation_time, Metric::scoring_time, Metric::training_time})
    phases[about(m).name] = metrics[m].value;
  return phases;
}

}  // namespace

std::string explain_json(const ExplainReport& r) {
  Json parts = Json::object(), levers = Json::array();
  for (const Part& part : parts_of(r)) parts[part.key] = part.time.value;
  for (const Lever& lever : r.explanation.levers)
    levers.push_back({{"kind", name_of(lever.kind)},
                      {"what", lever.what},
                      {"path", lever.path},
                      {"problem", text_or_null(lever.problem)},
                      {"step_time_s", lever.problem.empty() ? Json(lever.step.value) : Json(nullptr)},
                      {"change", lever.problem.empty() ? Json(change(r, lever)) : Json(nullptr)}});
  const Json all{{"platform", r.point.platform_label},
                 {"variant", r.point.variant_label},
                 {"gpus", r.point.gpus},
                 {"version", r.version},
                 {"fidelity", name_of(r.point.scenario->fidelity)},
                 {"step_time_s", step(r).value},
                 {"verdict", verdict(r)},
                 {"phases", phases_json(figures(r).metrics)},
                 {"time_goes", std::move(parts)},
                 {"levers", std::move(levers)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string explain_html(const ExplainReport& r) {
  std::string out;
  const Measure& mfu = figures(r).metrics[Metric::mfu];
  const std::string phases = phases_in_a_line(figures(r).metrics);
  put_page_head(out, r.title);
  out += fmt::format(
      "<header><p class=\"brand\">aifsim explain</p><h1>{}</h1><p class=\"question\">{}</p>\n<ul "
      "class=\"facts\">"
      "<li>step <b>{}</b></li>{}{}<li>fidelity <b>{}</b></li><li>aifsim "
      "<b>{}</b></li></ul></header>\n"
      "<main>\n<section class=\"headline\"><h2>In short</h2><p class=\"lede\">{}</p></section>\n",
      escape(r.title), escape(point_name(r)), human_time(step(r)),
      mfu.known() ? "<li>MFU <b>" + percent(mfu.value) + "</b></li>" : "",
      phases.empty() ? "" : "<li>phases <b>" + phases + "</b></li>", name_of(r.point.scenario->fidelity),
      escape(r.version), escape(verdict(r)));
  if (const std::string drawing = waterfall_svg(figures(r).account); !drawing.empty())
    out +=
        "<section><h2>Where the time of a step goes</h2><p class=\"hint\">On average over the GPUs. "
        "Communication "
        "counts only where kernels wait for it; a wait for a partner that is not there yet counts as bubble "
        "or "
        "as "
        "waiting.</p><div class=\"scroll\">" +
        drawing + "</div></section>\n";
  BarChart chart{.title = "Step with one figure changed",
                 .parts = {{"step", 0}},
                 .mark_name = "as it is",
                 .text = [](double v) { return human_time(Seconds{v}); }};
  std::string kind;
  for (const LeverKind k : {LeverKind::gpu, LeverKind::node, LeverKind::fabric, LeverKind::software})
    for (const Lever& lever : r.explanation.levers)
      if (lever.kind == k && lever.problem.empty())
        chart.rows.push_back({.group = name_of(k),
                              .label = lever.path.substr(lever.path.find('.') + 1),
                              .parts = {lever.step.value},
                              .mark = step(r).value,
                              .note = fmt::format("{}: {}", lever.what, signed_percent(change(r, lever)))});
  out +=
      "<section><h2>What would help</h2><p class=\"hint\">One figure at a time is doubled, or halved where "
      "less is "
      "better, and the step simulated again; all else stays, fitted efficiencies too.</p><div "
      "class=\"scroll\">" +
      bars_svg(chart) + "</div></section>\n";
  put_page_end(out, fmt::format("Made by aifsim {}. The same as data: explanation.json.", escape(r.version)));
  return out;
}

void write_explanation(const ExplainReport& report, const std::filesystem::path& folder) {
  const std::vector<std::pair<std::string, std::string>> files{{"explanation.json", explain_json(report)},
                                                               {"explanation.html", explain_html(report)}};
  write_folder(folder, files, {"explanation.json", "explanation.html"});
}

}  // namespace aifsim
