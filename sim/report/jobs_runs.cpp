#include "report/jobs_runs.hpp"

#include <fmt/format.h>

#include "base/text_table.hpp"
#include "report/format.hpp"
#include "report/heat_map.hpp"
#include "report/site_totals.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_on_page = 24;  // runs; the others are in the table of points and in result.json

std::string slowed_by(const FabricJob& job) {
  std::string text;
  for (const SlowedBy& by : job.by)
    text += fmt::format("{}{} x{:.2f}", text.empty() ? "" : ", ", by.job, by.factor);
  return text;
}

std::string shares_of(const SharedLink& link) {
  std::string text;
  for (const auto& [job, share] : link.shares)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", job, percent(share));
  return text;
}

struct Cells {
  std::string job, what, gpus, steps, alone, together, slowdown, by, bottleneck;
};

Cells cells_of(const FabricJob& j) {
  const Seconds step{j.figures.metrics[Metric::step_time].or_zero()};
  const bool timed = step.value > 0;
  return {j.name,
          j.what,
          std::to_string(j.gpus),
          std::to_string(j.steps),
          timed && j.step_alone.value > 0 ? human_time(j.step_alone) : "",
          timed ? human_time(step) : "",
          timed && !j.endless ? fmt::format("x{:.3f}", j.slowdown) : "",
          slowed_by(j),
          j.bottleneck};
}

std::string with_variant(const std::string& text, const JobsRun& run) {
  return text + (run.variant.empty() ? "" : ", ") + run.variant;
}

// What the jobs draw; below their table.
void put_sites(std::string& out, const FabricRun& run) {
  const SiteTotals sites = site_totals_of(run);
  if (!sites.rows.empty()) {
    out += fmt::format("<h3>{}</h3><div class=\"scroll\"><table><thead><tr>", escape(sites.title));
    for (const std::string& head : sites.heads) out += fmt::format("<th>{}</th>", escape(head));
    out += "</tr></thead><tbody>\n";
    for (const std::vector<std::string>& row : sites.rows) {
      out += "<tr>";
      for (const std::string& text : row) out += fmt::format("<td>{}</td>", escape(text));
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
  for (const std::string& remark : sites.remarks) out += fmt::format("<p>{}.</p>\n", escape(remark));
}

std::string sites_text(const FabricRun& run, std::size_t width) {
  const SiteTotals sites = site_totals_of(run);
  std::string out;
  if (!sites.rows.empty()) {
    std::vector<TextColumn> heads;
    for (const std::string& head : sites.heads) heads.push_back({head, heads.empty()});
    TextTable table(heads);
    for (const std::vector<std::string>& row : sites.rows) table.row(row);
    out = "\n" + wrapped(sites.title, width, 2) + table.str(width, 2);
  }
  for (const std::string& remark : sites.remarks) out += wrapped(remark, width, 2);
  return out;
}

void put_run(std::string& out, const JobsRun& run) {
  out += fmt::format("<section><h2>{} <small>{}</small></h2>", escape(with_variant(run.platform_title, run)),
                     escape(run.platform));
  if (!run.problem.empty()) {
    out += fmt::format("<p>No answer: {}</p></section>\n", escape(run.problem));
    return;
  }
  out += "<div class=\"scroll\"><table><thead><tr>";
  for (const char* name : {"job", "what", "GPUs", "steps", "step alone", "step", "slowdown", "slowed by",
                           "busiest link that it shares"})
    out += fmt::format("<th>{}</th>", name);
  out += "</tr></thead><tbody>\n";
  for (const FabricJob& job : run.run.jobs) {
    const Cells c = cells_of(job);
    out += "<tr>";
    for (const std::string& text :
         {c.job, c.what, c.gpus, c.steps, c.alone, c.together, c.slowdown, c.by, c.bottleneck})
      out += fmt::format("<td>{}</td>", escape(text));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  put_sites(out, run.run);
  out += "<h3>Links that jobs share</h3>";
  if (run.run.shared.empty()) {
    out += "<p>None: the jobs do not meet.</p>";
  } else {
    out +=
        "<div class=\"scroll\"><table><thead><tr><th>busiest link of the class</th><th>capacity</th>"
        "<th>used</th><th>by</th></tr></thead><tbody>\n";
    for (const SharedLink& link : run.run.shared)
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape(link.name),
                         human_rate(link.capacity), percent(link.utilisation), escape(shares_of(link)));
    out += "</tbody></table></div>";
  }
  if (!run.run.timeline.heat.empty())
    out += "<h3>Heat map of the links</h3><div class=\"scroll\">" + heat_map_svg(run.run.timeline) + "</div>";
  out += "</section>\n";
}

}  // namespace

std::string runs_text(const Result& result, std::size_t width) {
  std::string out;
  for (const JobsRun& run : result.runs) {
    out += with_variant(fmt::format("{} ({})", run.platform_title, run.platform), run) + "\n";
    if (!run.problem.empty()) {
      out += wrapped("no answer: " + run.problem, width, 2);
      continue;
    }
    TextTable table({{"job", true},
                     {"what", true},
                     {"GPUs"},
                     {"steps"},
                     {"alone", true},
                     {"step", true},
                     {"slowed", true},
                     {"by", true},
                     {"busiest link that it shares", true}});
    for (const FabricJob& job : run.run.jobs) {
      Cells c = cells_of(job);
      table.row({shortened(c.job, 24), std::move(c.what), std::move(c.gpus), std::move(c.steps),
                 std::move(c.alone), std::move(c.together), std::move(c.slowdown), std::move(c.by),
                 std::move(c.bottleneck)});
    }
    out += table.str(width, 2);
    for (const SharedLink& link : run.run.shared)
      out += wrapped(fmt::format("{} ({}): {} used, {}", link.name, human_rate(link.capacity),
                                 percent(link.utilisation), shares_of(link)),
                     width, 2);
    out += sites_text(run.run, width);
  }
  return out;
}

void put_runs(std::string& out, const Result& result) {
  for (std::size_t i = 0; i < result.runs.size() && i < most_on_page; ++i) put_run(out, result.runs[i]);
  if (result.runs.size() > most_on_page)
    out += fmt::format("<p class=\"hint\">{} of {} runs; result.json has all.</p>\n", most_on_page,
                       result.runs.size());
}

}  // namespace aifsim
