#include "report/html_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/format.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

std::string cell(const std::string& text) { return "<td>" + escape(text) + "</td>"; }

std::string point_row(const Point& p, bool measured) {
  std::string row = "<tr><td><b>" + std::to_string(p.gpus) + "</b></td>";
  if (!p.problem.empty()) {
    return fmt::format("<tr class=\"problem\"><td><b>{}</b></td><td colspan=\"{}\">No answer: {}</td></tr>\n",
                       p.gpus, measured ? 10 : 8, escape(p.problem));
  }
  row += cell(human_time(p.step_time)) + cell(band(p.step_time_p10, p.step_time_p90));
  row += cell(human_count(p.tokens_per_second)) + "<td><b>" + percent(p.mfu) + "</b></td>";
  row += cell(human_time(p.exposed_communication)) + cell(percent(exposed_share(p)));
  row +=
      cell(fmt::format("{:.1f} / {}", p.memory.total().value / 1073741824.0, gibibytes(p.memory.capacity)));
  row += p.timeline.links.empty() ? cell("-")
                                  : cell(link_class(p.timeline.links.front().name) + " " +
                                         percent(p.timeline.links.front().utilisation));
  if (measured) {
    row += cell(p.measured ? human_time(*p.measured) : "-");
    row += cell(p.measured ? signed_percent(p.step_time / *p.measured - 1) : "-");
  }
  row += "</tr>\n";
  if (!p.note.empty())
    row += fmt::format("<tr class=\"problem\"><td></td><td colspan=\"{}\">{} GPUs: {}</td></tr>\n",
                       measured ? 10 : 8, p.gpus, escape(p.note));
  return row;
}

// How often each confidence occurs, in the order of the first.
std::string confidence_summary(const Result& r) {
  std::vector<std::pair<std::string, int>> counts;
  for (const InputFigure& i : r.inputs) {
    if (i.confidence.empty()) continue;
    auto found =
        std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == i.confidence; });
    if (found == counts.end()) found = counts.insert(counts.end(), {i.confidence, 0});
    ++found->second;
  }
  std::string text;
  for (const auto& [name, n] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, name);
  return text;
}

// The class that colours the badge; an unknown word is shown like a plain setting.
std::string badge(const std::string& confidence) {
  static const std::map<std::string, const char*> known{
      {"measured", "measured"}, {"published", "published"}, {"announced", "announced"},
      {"derived", "derived"},   {"fitted", "fitted"},       {"low", "low"},
      {"assumed", "assumed"}};
  const auto found = known.find(confidence);
  return fmt::format("<span class=\"badge {}\">{}</span>", found == known.end() ? "setting" : found->second,
                     confidence.empty() ? "setting" : escape(confidence));
}

}  // namespace

void put_point_table(std::string& out, const Result& r) {
  if (r.points.empty()) return;
  const bool measured =
      std::any_of(r.points.begin(), r.points.end(), [](const Point& p) { return p.measured.has_value(); });
  out +=
      "<section><h2>The points</h2><div class=\"scroll\"><table><thead><tr><th>GPUs</th><th>step "
      "time</th><th>80 % "
      "band</th><th>tokens/s</th><th>MFU</th><th colspan=\"2\">exposed communication</th><th>memory per "
      "GPU</th>"
      "<th>busiest link</th>";
  if (measured) out += "<th>measured</th><th>error</th>";
  out += "</tr></thead>\n";
  std::string group;
  bool open = false;
  for (const Point& p : r.points) {
    const std::string own = p.platform + ", " + p.variant;
    if (!open || own != group) {
      if (open) out += "</tbody>\n";
      out += fmt::format("<tbody class=\"group\"><tr><th colspan=\"{}\">{}</th></tr>\n", measured ? 11 : 9,
                         escape(own));
      group = own;
      open = true;
    }
    out += point_row(p, measured);
  }
  out += "</tbody></table></div></section>\n";
}

void put_input_table(std::string& out, const Result& r) {
  if (r.inputs.empty()) return;
  out += fmt::format(
      "<section><h2>Inputs, with source and confidence</h2><p class=\"hint\">{}: {}.</p>"
      "<p class=\"filter\"><label for=\"filter\">Show only rows with </label><input id=\"filter\" "
      "type=\"search\"></p>"
      "<div class=\"scroll\"><table class=\"inputs\"><thead><tr><th class=\"text\">figure</th><th>value</th>"
      "<th class=\"text\">confidence</th><th class=\"text\">source</th></tr></thead>\n",
      plural(r.inputs.size(), "input"), escape(confidence_summary(r)));
  std::string object;
  bool open = false;
  for (const InputFigure& i : r.inputs) {
    if (!open || i.object != object) {
      if (open) out += "</tbody>\n";
      out += fmt::format("<tbody class=\"group\"><tr><th colspan=\"4\">{}</th></tr>\n", escape(i.object));
      object = i.object;
      open = true;
    }
    out += fmt::format(
        "<tr><td class=\"text\">{}</td><td>{}</td><td class=\"text\">{}</td><td "
        "class=\"text\">{}</td></tr>\n",
        escape(i.path), escape(i.value), badge(i.confidence), escape(i.source));
  }
  out += "</tbody></table></div></section>\n";
}

}  // namespace aifsim
