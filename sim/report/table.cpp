#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text_table.hpp"
#include "report/format.hpp"
#include "report/jobs_runs.hpp"
#include "report/note_groups.hpp"
#include "report/placement_note.hpp"
#include "report/site_table.hpp"
#include "report/sweep.hpp"
#include "report/unequal_work.hpp"

namespace aifsim {
namespace {

// For a terminal; more than this is for the files.
constexpr std::size_t most_rows = 600, most_lines = 60;

std::vector<TextColumn> columns(bool measured) {
  std::vector<TextColumn> heads{{"GPUs"},         {"step"},  {"80 % band"},  {"tokens/s"},          {"MFU"},
                                {"exposed comm"}, {"W/GPU"}, {"memory/GPU"}, {"busiest link", true}};
  if (measured) heads.insert(heads.end(), {{"measured"}, {"error"}});
  return heads;
}

std::vector<std::string> cells(const Point& p, bool measured) {
  const auto gib = [](Bytes b) { return fmt::format("{:.1f}", b.value / 1073741824.0); };
  std::string link = "-";
  if (!p.timeline.links.empty()) {
    const LinkUse& busiest = p.timeline.links.front();
    link = shortened(link_class(busiest.name), 14) + " " + percent(busiest.utilisation);
  }
  const auto shown = [&](Metric metric, std::string text) {
    return p.metrics.has(metric) ? std::move(text) : "-";
  };
  std::vector<std::string> row{
      std::to_string(p.gpus),
      shown(Metric::step_time, human_time(p.step_time())),
      has_band(p) ? band(p.step_time_p10(), p.step_time_p90()) : "-",
      shown(Metric::tokens_per_second, human_count(p.tokens_per_second())),
      shown(Metric::mfu, percent(p.mfu())),
      shown(Metric::exposed_communication,
            human_time(p.exposed_communication()) + " " + fmt::format("{:>5}", percent(exposed_share(p)))),
      shown(Metric::gpu_power, fmt::format("{:.0f}", gpu_power(p).value)),
      p.memory.capacity.value > 0 ? gib(p.memory.total()) + "/" + gibibytes(p.memory.capacity) : "-",
      link};
  if (measured) {
    row.push_back(p.measured ? human_time(*p.measured) : "-");
    row.push_back(p.measured ? signed_percent(p.step_time() / *p.measured - 1) : "-");
  }
  return row;
}

std::string heading_of(const Point& p) {
  const std::string id = title_of(p) == p.platform ? "" : " (" + p.platform + ")";
  return title_of(p) + id + (label_of(p).empty() ? "" : ", ") + label_of(p);
}
// What is said of points below the table.
template <class Text>
void list(std::string& out, const char* head, const Result& result, std::size_t width, Text text,
          std::size_t most_apart = 0) {
  const std::vector<NoteGroup> groups = note_groups(result.points, text, most_apart);
  if (!groups.empty()) out += fmt::format("\n{}:\n", head);
  for (std::size_t i = 0; i < groups.size() && i < most_lines; ++i)
    out += wrapped(points_of(groups[i]) + ": " + groups[i].text, width, 2);
  if (groups.size() > most_lines)
    out += fmt::format("  and {} more; result.json has all\n", groups.size() - most_lines);
}

}  // namespace

std::string text_table(const Result& result, std::size_t width) {
  const bool measured = std::any_of(result.points.begin(), result.points.end(),
                                    [](const Point& p) { return p.measured.has_value(); });
  TextTable table(columns(measured));
  std::string group;
  bool any = false;
  std::size_t left_out = 0;
  for (const Point& p : result.points) {
    if (!p.problem.empty()) continue;
    if (static_cast<std::size_t>(&p - result.points.data()) >= most_rows) {
      ++left_out;
      continue;
    }
    if (heading_of(p) != group) table.heading(group = heading_of(p));
    table.row(cells(p, measured));
    any = true;
  }
  std::string out = fmt::format(
      "{}\n{} on {}, fidelity {}, seed {}\n", result.title, result.runs.empty() ? result.workload : "jobs",
      result.runs.empty() ? plural(result.points.size(), "point") : plural(result.runs.size(), "run"),
      result.fidelity, result.seed);
  if (!result.runs.empty()) out += runs_text(result, width);
  if (const std::string work = unequal_work(result); !work.empty()) out += wrapped(work, width);
  if (any) out += "\n" + table.str(width, 1);
  if (left_out > 0)
    out += fmt::format("and {}; result.json and result.sqlite have all\n", plural(left_out, "more point"));
  out += text_of(run_table(result), width);
  if (result.points.size() <= most_lines) out += text_of(meter_table(result), width);
  list(out, "Notes", result, width, [](const Point& p) { return p.note; });
  list(
      out, placement_title, result, width, [](const Point& p) { return placement_note(p); }, 12);
  if (result.runs.empty()) list(out, "No answer", result, width, [](const Point& p) { return p.problem; });
  return out;
}

}  // namespace aifsim
