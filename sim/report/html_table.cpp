#include "report/html_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "report/format.hpp"
#include "report/input_groups.hpp"
#include "report/note_groups.hpp"
#include "report/placement_note.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_in_page = 1000;

std::string cell(const std::string& text) { return "<td>" + escape(text) + "</td>"; }

struct Columns {
  bool energy = false, measured = false;
  int count() const { return 9 + (energy ? 3 : 0) + (measured ? 2 : 0); }
};

// Notes stand once below the table, by number.
class Notes {
 public:
  explicit Notes(const std::vector<Point>& points)
      : groups_(note_groups(points, [](const Point& p) { return p.problem.empty() ? p.note : ""; })) {
    for (std::size_t i = 0; i < groups_.size(); ++i)
      for (const Point* p : groups_[i].points) numbers_[p] = i + 1;
  }
  std::string mark(const Point& p) const {
    const auto found = numbers_.find(&p);
    return found == numbers_.end() ? "" : fmt::format("<sup>{}</sup>", found->second);
  }
  void put(std::string& out) const {
    if (groups_.empty()) return;
    out += "<ol class=\"notes\">";
    for (const NoteGroup& group : groups_) out += "<li>" + escape(group.text) + "</li>";
    out += "</ol>";
  }

 private:
  std::vector<NoteGroup> groups_;
  std::map<const Point*, std::size_t> numbers_;
};

std::string point_row(const Point& p, const Columns& columns, const Notes& notes) {
  if (!p.problem.empty())
    return fmt::format("<tr class=\"problem\"><td><b>{}</b></td><td colspan=\"{}\">No answer: {}</td></tr>\n",
                       p.gpus, columns.count() - 1, escape(p.problem));
  std::string row = fmt::format("<tr><td><b>{}</b>{}</td>", p.gpus, notes.mark(p));
  const auto shown = [&](Metric metric, const std::string& text) {
    return p.metrics.has(metric) ? text : "-";
  };
  row += cell(shown(Metric::step_time, human_time(p.step_time()))) +
         cell(has_band(p) ? band(p.step_time_p10(), p.step_time_p90()) : "-");
  row += cell(shown(Metric::tokens_per_second, human_count(p.tokens_per_second()))) + "<td><b>" +
         shown(Metric::mfu, percent(p.mfu())) + "</b></td>";
  row += cell(shown(Metric::exposed_communication, human_time(p.exposed_communication()))) +
         cell(shown(Metric::exposed_communication, percent(exposed_share(p))));
  if (columns.energy) {
    const bool known = p.energy().value > 0;
    row += cell(known ? fmt::format("{:.0f} W", gpu_power(p).value) : "-");
    row += cell(known ? human_energy(p.energy()) : "-");
    row += cell(shown(Metric::energy_per_token, human_energy(energy_per_token(p))));
  }
  row += cell(p.memory.capacity.value > 0 ? fmt::format("{:.1f} / {}", p.memory.total().value / 1073741824.0,
                                                        gibibytes(p.memory.capacity))
                                          : "-");
  row += p.timeline.links.empty()
             ? "<td class=\"link\">-</td>"
             : fmt::format("<td class=\"link\">{} {}</td>", escape(link_class(p.timeline.links.front().name)),
                           percent(p.timeline.links.front().utilisation));
  if (columns.measured) {
    row += cell(p.measured ? human_time(*p.measured) : "-");
    row += cell(p.measured ? signed_percent(p.step_time() / *p.measured - 1) : "-");
  }
  return row + "</tr>\n";
}

void put_placements(std::string& out, const Result& r) {
  constexpr std::size_t most = 40;
  std::string list;
  std::size_t told = 0;
  for (const Point& p : r.points) {
    const std::string text = placement_note(p);
    if (text.empty() || ++told > most) continue;
    list += fmt::format("<li>{}, {} GPUs: {}</li>", escape(group_of(p)), p.gpus, text);
  }
  if (told == 0) return;
  out += fmt::format("<h3>{}</h3><ul class=\"notes\">{}", placement_title, list);
  if (told > most) out += fmt::format("<li>and {} points more, in result.json</li>", told - most);
  out += "</ul>";
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

std::string figures_of(const InputRow& row) {
  std::string text;
  for (const auto& [path, value] : row.figures)
    text += fmt::format("{}{} <b>{}</b>", text.empty() ? "" : ", ", escape(path), escape(value));
  return text;
}

}  // namespace

void put_point_table(std::string& out, const Result& r) {
  if (r.points.empty()) return;
  const auto any = [&](auto has) { return std::any_of(r.points.begin(), r.points.end(), has); };
  const Columns columns{any([](const Point& p) { return p.problem.empty() && p.energy().value > 0; }),
                        any([](const Point& p) { return p.measured.has_value(); })};
  out +=
      "<section><h2>The points</h2><div class=\"scroll\"><table "
      "class=\"points\"><thead><tr><th>GPUs</th><th>step "
      "time</th><th>80 % band</th><th>tokens/s</th><th>MFU</th><th colspan=\"2\">exposed communication</th>";
  if (columns.energy) out += "<th>power per GPU</th><th>energy per step</th><th>energy per token</th>";
  out += "<th>memory per GPU</th><th>busiest link</th>";
  if (columns.measured) out += "<th>measured</th><th>error</th>";
  out += "</tr></thead>\n";
  const Notes notes(r.points);
  std::string group;
  bool open = false;
  for (const Point& p : std::span(r.points).first(std::min(r.points.size(), most_in_page))) {
    const std::string own = p.platform + ", " + label_of(p);
    if (!open || own != group) {
      if (open) out += "</tbody>\n";
      out += fmt::format("<tbody class=\"group\"><tr><th colspan=\"{}\">{}", columns.count(),
                         escape(group_of(p)));
      if (title_of(p) != p.platform) out += fmt::format(" <small>{}</small>", escape(p.platform));
      out += "</th></tr>\n";
      group = own;
      open = true;
    }
    out += point_row(p, columns, notes);
  }
  out += "</tbody></table></div>";
  if (r.points.size() > most_in_page)
    out += fmt::format("<p class=\"hint\">{} of {} points; result.json and result.sqlite have all.</p>",
                       most_in_page, r.points.size());
  notes.put(out);
  put_placements(out, r);
  out += "</section>\n";
}

void put_input_table(std::string& out, const Result& r) {
  if (r.inputs.empty()) return;
  const std::vector<InputGroup> groups = input_groups(r.inputs);
  std::size_t printed = 0;  // rows and characters
  for (const InputGroup& group : groups)
    for (const InputRow& row : group.rows) printed += 90 + figures_of(row).size() + row.source.size();
  constexpr std::size_t most_printed = 24000;
  const bool print = printed <= most_printed;
  out += fmt::format("<section><h2>Inputs, with source and confidence</h2><p class=\"hint\">{}: {}.</p>",
                     plural(r.inputs.size(), "input"), escape(confidence_summary(r)));
  if (!print)
    out +=
        "<p class=\"hint print-only\">Too many to print; the page on a screen, result.json and `aifsim show` "
        "have "
        "them.</p>";
  out += fmt::format(
      "<div{}><p class=\"filter\"><label for=\"filter\">Show only rows with </label><input id=\"filter\" "
      "type=\"search\"></p>"
      "<div class=\"scroll\"><table class=\"inputs\"><thead><tr><th class=\"text\">figures</th>"
      "<th class=\"text\">confidence</th><th class=\"text\">source</th></tr></thead>\n",
      print ? "" : " class=\"no-print\"");
  for (const InputGroup& group : groups) {
    out += fmt::format("<tbody class=\"group\"><tr><th colspan=\"3\">{} <small>{}</small></th></tr>\n",
                       escape(group.title.empty() ? group.object : group.title),
                       escape(group.title.empty() ? "" : group.object));
    for (const InputRow& row : group.rows)
      out += fmt::format(
          "<tr><td class=\"text\">{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td></tr>\n",
          figures_of(row), badge(row.confidence), escape(row.source));
    if (group.fitted > 0)
      out += fmt::format(
          "<tr><td class=\"text\" colspan=\"3\">and {} of fitted models, with their ranges and spreads: "
          "<b>aifsim "
          "show {}</b></td></tr>\n",
          plural(group.fitted, "constant"), escape(group.object));
    out += "</tbody>\n";
  }
  out += "</table></div></div></section>\n";
}

}  // namespace aifsim
