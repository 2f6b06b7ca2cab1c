#include "report/fabric_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/atomic_folder.hpp"
#include "base/text_table.hpp"
#include "report/chart.hpp"
#include "report/format.hpp"
#include "report/heat_map.hpp"
#include "report/page_assets.hpp"
#include "report/perfetto.hpp"
#include "report/write.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

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
  const bool timed = j.step.value > 0;
  return {j.name,
          j.what,
          std::to_string(j.gpus),
          std::to_string(j.steps),
          timed && j.step_alone.value > 0 ? human_time(j.step_alone) : "",
          timed ? human_time(j.step) : "",
          timed && !j.endless ? fmt::format("x{:.3f}", j.slowdown) : "",
          slowed_by(j),
          j.bottleneck};
}

Json job_json(const FabricJob& job) {
  Json by = Json::array();
  for (const SlowedBy& b : job.by) by.push_back({{"job", b.job}, {"factor", b.factor}});
  const auto of_ended = [&](double value) { return job.endless ? Json(nullptr) : Json(value); };
  return {{"name", job.name},
          {"what", job.what},
          {"gpus", job.gpus},
          {"nodes", job.nodes},
          {"start_s", job.start.value},
          {"end_s", job.end.value},
          {"steps", job.steps},
          {"step_alone_s", of_ended(job.step_alone.value)},
          {"step_s", job.steps > 0 ? Json(job.step.value) : Json(nullptr)},
          {"slowdown", of_ended(job.slowdown)},
          {"slowed_by", by},
          {"shared_bottleneck", job.bottleneck.empty() ? Json(nullptr) : Json(job.bottleneck)}};
}

Json run_json(const FabricRun& run) {
  Json json{{"platform", run.platform}};
  json["problem"] = run.problem.empty() ? Json(nullptr) : Json(run.problem);
  json["duration_s"] = run.problem.empty() ? Json(run.duration.value) : Json(nullptr);
  json["jobs"] = Json::array();
  for (const FabricJob& job : run.jobs) json["jobs"].push_back(job_json(job));
  json["shared_links"] = Json::array();
  for (const SharedLink& link : run.shared) {
    Json shares = Json::object();
    for (const auto& [job, share] : link.shares) shares[job] = share;
    json["shared_links"].push_back({{"name", link.name},
                                    {"class", link.class_name},
                                    {"capacity_bytes_per_s", link.capacity.value},
                                    {"utilisation", link.utilisation},
                                    {"shares", shares}});
  }
  json["links"] = Json::array();
  for (const LinkUse& link : run.timeline.links)
    json["links"].push_back({{"name", link.name},
                             {"capacity_bytes_per_s", link.capacity.value},
                             {"carried_bytes", link.carried.value},
                             {"utilisation", link.utilisation}});
  return json;
}

Result as_result(const FabricAnswer& answer) {
  Result result;
  result.scenario = answer.scenario;
  result.title = answer.title;
  for (const FabricRun& run : answer.runs) {
    Point point;
    point.platform = run.platform;
    point.variant = "jobs";
    point.problem = run.problem;
    point.timeline = run.timeline;
    for (const FabricJob& job : run.jobs) point.gpus += job.gpus;
    result.points.push_back(std::move(point));
  }
  return result;
}

void put_run(std::string& out, const FabricRun& run) {
  out += fmt::format("<section><h2>{}</h2>", escape(run.platform));
  if (!run.problem.empty()) {
    out += fmt::format("<p>No answer: {}</p></section>\n", escape(run.problem));
    return;
  }
  out += "<div class=\"scroll\"><table><thead><tr>";
  for (const char* name : {"job", "what", "GPUs", "steps", "step alone", "step", "slowdown", "slowed by",
                           "busiest link that it shares"})
    out += fmt::format("<th>{}</th>", name);
  out += "</tr></thead><tbody>\n";
  for (const FabricJob& job : run.jobs) {
    const Cells c = cells_of(job);
    out += "<tr>";
    for (const std::string& text :
         {c.job, c.what, c.gpus, c.steps, c.alone, c.together, c.slowdown, c.by, c.bottleneck})
      out += fmt::format("<td>{}</td>", escape(text));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n<h3>Links that jobs share</h3>";
  if (run.shared.empty()) {
    out += "<p>None: the jobs do not meet.</p>";
  } else {
    out +=
        "<div class=\"scroll\"><table><thead><tr><th>busiest link of the class</th><th>capacity</th>"
        "<th>used</th><th>by</th></tr></thead><tbody>\n";
    for (const SharedLink& link : run.shared)
      out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", escape(link.name),
                         human_rate(link.capacity), percent(link.utilisation), escape(shares_of(link)));
    out += "</tbody></table></div>";
  }
  out += "<h3>Heat map of the links</h3><div class=\"scroll\">" + heat_map_svg(run.timeline) +
         "</div></section>\n";
}

}  // namespace

FabricAnswer answer_jobs(const ScenarioDescription& scenario, const Catalog& catalog,
                         const std::string& version) {
  FabricAnswer answer{scenario.name,
                      scenario.title,
                      scenario.question,
                      version,
                      name_of(scenario.fidelity),
                      scenario.seed,
                      {}};
  PlatformShelf shelf(catalog);
  const std::vector<std::string> labels = scenario.platform_labels();
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i) {
    answer.runs.push_back(
        run_on_fabric(scenario, *shelf.find(scenario.platforms[i], scenario.platform_place(i)), catalog));
    answer.runs.back().platform = labels[i];
  }
  return answer;
}

std::string text_table(const FabricAnswer& answer, std::size_t width) {
  std::string out;
  for (const FabricRun& run : answer.runs) {
    out += run.platform + "\n";
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
    for (const FabricJob& job : run.jobs) {
      Cells c = cells_of(job);
      table.row({shortened(c.job, 24), std::move(c.what), std::move(c.gpus), std::move(c.steps),
                 std::move(c.alone), std::move(c.together), std::move(c.slowdown), std::move(c.by),
                 std::move(c.bottleneck)});
    }
    out += table.str(width, 2);
    for (const SharedLink& link : run.shared)
      out += wrapped(fmt::format("{} ({}): {} used, {}", link.name, human_rate(link.capacity),
                                 percent(link.utilisation), shares_of(link)),
                     width, 2);
  }
  return out;
}

std::string to_json(const FabricAnswer& answer) {
  Json json{{"scenario", answer.scenario}, {"title", answer.title},       {"question", answer.question},
            {"version", answer.version},   {"fidelity", answer.fidelity}, {"seed", answer.seed}};
  json["runs"] = Json::array();
  for (const FabricRun& run : answer.runs) json["runs"].push_back(run_json(run));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string to_html(const FabricAnswer& answer) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{0} - aifsim</title>\n<style>{1}{2}</style></head>\n<body>\n"
      "<header><p class=\"brand\">aifsim report</p><h1>{0}</h1><p class=\"question\">{3}</p>\n"
      "<ul class=\"facts\"><li>scenario <b>{4}</b></li><li>fidelity <b>{5}</b></li><li>seed <b>{6}</b></li>"
      "<li>aifsim <b>{7}</b></li></ul></header>\n<main>\n",
      escape(answer.title), page_chart_css(), page_css, escape(answer.question), escape(answer.scenario),
      escape(answer.fidelity), answer.seed, escape(answer.version));
  for (const FabricRun& run : answer.runs) put_run(out, run);
  out +=
      "<section><h2>What the figures mean</h2><dl>"
      "<dt>Step alone</dt><dd>Mean time of a step on the same nodes with no other job; link events and "
      "jitter stay.</dd>"
      "<dt>Slowed by</dt><dd>The job's step with only that neighbour, over its step alone.</dd>"
      "<dt>Used</dt><dd>Bytes that the link carried over capacity x the whole run.</dd></dl></section>\n"
      "</main></body></html>\n";
  return out;
}

void write_all(const FabricAnswer& answer, const std::filesystem::path& out_dir) {
  write_folder(out_dir,
               {{"result.json", to_json(answer)},
                {"report.html", to_html(answer)},
                {"trace.perfetto", to_perfetto(as_result(answer))}},
               result_files());
}

}  // namespace aifsim
