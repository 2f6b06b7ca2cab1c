#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text_table.hpp"
#include "report/format.hpp"
#include "report/sweep.hpp"
#include "report/unequal_work.hpp"

namespace aifsim {
namespace {

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
  std::vector<std::string> row{
      std::to_string(p.gpus),
      human_time(p.step_time),
      band(p.step_time_p10, p.step_time_p90),
      human_count(p.tokens_per_second),
      percent(p.mfu),
      human_time(p.exposed_communication) + " " + fmt::format("{:>5}", percent(exposed_share(p))),
      p.energy.value > 0 ? fmt::format("{:.0f}", gpu_power(p).value) : "-",
      gib(p.memory.total()) + "/" + gibibytes(p.memory.capacity),
      link};
  if (measured) {
    row.push_back(p.measured ? human_time(*p.measured) : "-");
    row.push_back(p.measured ? signed_percent(p.step_time / *p.measured - 1) : "-");
  }
  return row;
}

std::string title_of(const Point& p) { return p.platform + ", " + p.variant; }

// What is said of points below the table; what is the same for several GPU counts is said once.
template <class Text>
void list(std::string& out, const char* head, const Result& result, std::size_t width, Text text) {
  std::vector<std::pair<std::string, std::string>> lines;  // of which points, and what
  const Point* last = nullptr;
  for (const Point& p : result.points) {
    if (text(p).empty()) continue;
    if (last && title_of(*last) == title_of(p) && text(*last) == text(p))
      lines.back().first += fmt::format(", {}", p.gpus);
    else
      lines.emplace_back(fmt::format("{}, {}", title_of(p), p.gpus), text(p));
    last = &p;
  }
  if (!lines.empty()) out += fmt::format("\n{}:\n", head);
  for (const auto& [points, what] : lines) out += wrapped(fmt::format("{} GPUs: {}", points, what), width, 2);
}

}  // namespace

std::string text_table(const Result& result, std::size_t width) {
  const bool measured = std::any_of(result.points.begin(), result.points.end(),
                                    [](const Point& p) { return p.measured.has_value(); });
  TextTable table(columns(measured));
  std::string group;
  bool any = false;
  for (const Point& p : result.points) {
    if (!p.problem.empty()) continue;
    if (title_of(p) != group) table.heading(group = title_of(p));
    table.row(cells(p, measured));
    any = true;
  }
  std::string out = fmt::format("{}\n{} on {}, fidelity {}, seed {}\n", result.title, result.workload,
                                plural(result.points.size(), "point"), result.fidelity, result.seed);
  if (const std::string work = unequal_work(result); !work.empty()) out += wrapped(work, width);
  if (any) out += "\n" + table.str(width, 1);
  list(out, "Notes", result, width, [](const Point& p) { return p.note; });
  list(out, "No answer", result, width, [](const Point& p) { return p.problem; });
  return out;
}

}  // namespace aifsim
