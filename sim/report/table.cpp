#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/format.hpp"
#include "report/placement_note.hpp"
#include "report/sweep.hpp"

namespace aifsim {
namespace {

struct Column {
  std::string head;
  bool left = false;
};

std::vector<Column> columns(bool measured) {
  std::vector<Column> heads{{"GPUs"},         {"step"},  {"80 % band"},  {"tokens/s"},          {"MFU"},
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

void put_row(std::string& out, const std::vector<Column>& heads, const std::vector<std::size_t>& widths,
             const std::vector<std::string>& row) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string fill(widths[i] - width_of(row[i]), ' ');
    line += (i == 0 ? " " : "  ") + (heads[i].left ? row[i] + fill : fill + row[i]);
  }
  out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string group_of(const Point& p) {
  const std::string id = title_of(p) == p.platform ? "" : " (" + p.platform + ")";
  return title_of(p) + id + ", " + p.variant;
}
std::string short_name(const Point& p) { return p.platform + ", " + p.variant; }

}  // namespace

std::string text_table(const Result& result) {
  const bool measured = std::any_of(result.points.begin(), result.points.end(),
                                    [](const Point& p) { return p.measured.has_value(); });
  const std::vector<Column> heads = columns(measured);

  std::vector<std::string> head_row;
  for (const Column& column : heads) head_row.push_back(column.head);
  std::vector<std::size_t> widths;
  for (const std::string& head : head_row) widths.push_back(width_of(head));
  std::vector<std::vector<std::string>> rows;
  for (const Point& p : result.points) {
    rows.push_back(p.problem.empty() ? cells(p, measured) : std::vector<std::string>{});
    for (std::size_t i = 0; i < rows.back().size(); ++i)
      widths[i] = std::max(widths[i], width_of(rows.back()[i]));
  }

  std::string out = fmt::format("{}\n{} on {}, fidelity {}, seed {}\n", result.title, result.workload,
                                plural(result.points.size(), "point"), result.fidelity, result.seed);
  const bool any = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.empty(); });
  if (any) {
    out += "\n";
    put_row(out, heads, widths, head_row);
  }
  std::string group;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].empty()) continue;
    if (group_of(result.points[i]) != group) {
      group = group_of(result.points[i]);
      out += group + "\n";
    }
    put_row(out, heads, widths, rows[i]);
  }
  bool first = true;
  for (const Point& p : result.points) {
    if (p.note.empty()) continue;
    if (first) out += "\nNotes:\n";
    first = false;
    out += fmt::format("  {}, {} GPUs: {}\n", short_name(p), p.gpus, p.note);
  }
  first = true;
  for (const Point& p : result.points) {
    const std::string text = placement_note(result, p);
    if (text.empty()) continue;
    if (first) out += "\nWhich nodes a job gets, in which order, changes its step:\n";
    first = false;
    out += fmt::format("  {}, {} GPUs: {}\n", short_name(p), p.gpus, text);
  }
  first = true;
  for (const Point& p : result.points) {
    if (p.problem.empty()) continue;
    if (first) out += "\nNo answer:\n";
    first = false;
    out += fmt::format("  {}, {} GPUs: {}\n", short_name(p), p.gpus, p.problem);
  }
  return out;
}

}  // namespace aifsim
