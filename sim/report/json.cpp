#include "report/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "catalog/words.hpp"
#include "report/json_values.hpp"
#include "report/site_totals.hpp"
#include "report/sweep.hpp"
#include "report/unequal_work.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

Json links_json(const Timeline& timeline) {
  Json links = Json::array();
  for (const LinkUse& link : timeline.links) {
    links.push_back({{"name", link.name},
                     {"capacity_bytes_per_s", link.capacity.value},
                     {"carried_bytes", link.carried.value},
                     {"utilisation", link.utilisation}});
  }
  return links;
}

Json memory_json(const MemoryUse& memory) {
  return {{"parameters_bytes", memory.parameters.value}, {"gradients_bytes", memory.gradients.value},
          {"optimizer_bytes", memory.optimizer.value},   {"activations_bytes", memory.activations.value},
          {"buffers_bytes", memory.buffers.value},       {"total_bytes", memory.total().value},
          {"capacity_bytes", memory.capacity.value}};
}

Json account_json(const StepAccount& account) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < step_parts; ++i) parts[key_of(static_cast<StepPart>(i))] = account.parts[i];
  return parts;
}

Json energy_json(const EnergyAccount& account) {
  Json parts = Json::object();
  for (std::size_t i = 0; i < energy_parts; ++i) parts[key_of(static_cast<EnergyPart>(i))] = account.parts[i];
  return parts;
}

// What a job draws at each site.
Json draws_json(const std::vector<SiteDraw>& draws) {
  constexpr double kwh = 3.6e6;  // J
  Json sites = Json::array();
  for (const SiteDraw& draw : draws)
    sites.push_back({{"site", draw.site},
                     {"partition", draw.partition},
                     {"nodes", draw.nodes},
                     {"power_w", number_or_null(draw.power.value)},
                     {"power_at_most_w", number_or_null(draw.at_most.value)},
                     {"carbon_g_per_kwh", number_or_null(draw.carbon.value * kwh)},
                     {"price_eur_per_kwh", number_or_null(draw.price.value * kwh)},
                     {"why", text_or_null(draw.why)}});
  return sites;
}

void add_figures(Json& json, const SiteFigures& figures) {
  for (const SiteFigureKeys& keys : site_figure_keys) {
    json[keys.key] = number_or_null((figures.*keys.figure).least);
    json[keys.at_most] = number_or_null((figures.*keys.figure).most);
  }
}

Json figures_json(const SiteFigures& figures) {
  Json json = Json::object();
  add_figures(json, figures);
  return json;
}

Json total_json(const SiteTotal& total) {
  Json json{{"site", total.site},
            {"partitions", total.partitions},
            {"limit_w", total.limit.value > 0 ? Json(total.limit.value) : Json(nullptr)}};
  json["jobs"] = figures_json(total.jobs);
  json["idle_nodes"] = total.idle_nodes;
  json["idle"] = figures_json(total.idle);
  json["power_with_idle_w"] = number_or_null(total.with_idle.least);
  json["power_with_idle_at_most_w"] = number_or_null(total.with_idle.most);
  json["without"] = total.without;
  json["note"] = text_or_null(site_power_note(total, "all jobs together draw"));
  return json;
}

Json values_json(const SweptValues& values) {
  Json json = Json::object();
  for (const auto& [path, value] : values) json[path] = value;
  return json;
}

void add_metrics(Json& json, const Metrics& metrics) {
  Json draws = nullptr;
  for (std::size_t m = 0; m < metric_count; ++m) {
    const MetricInfo& info = about(static_cast<Metric>(m));
    const Measure& measure = metrics[static_cast<Metric>(m)];
    json[info.name] = number_or_null(measure.value);
    if (info.p10[0] == '\0') continue;
    json[info.p10] = number_or_null(measure.p10);
    json[info.p90] = number_or_null(measure.p90);
    if (!std::isnan(measure.p50))
      draws[info.name] = {{"p10", measure.p10}, {"p50", measure.p50}, {"p90", measure.p90}};
  }
  json["draws"] = std::move(draws);
}

// A point without an answer has the same keys, with null for each number.
Json point_json(const Point& point) {
  const bool ok = point.problem.empty();
  const bool measured = point.measured.has_value();
  Json json{{"platform", point.platform},
            {"variant", text_or_null(point.variant)},
            {"job", text_or_null(point.job)},
            {"sweep", values_json(point.values)},
            {"gpus", point.gpus},
            {"nodes", point.nodes}};
  json["problem"] = text_or_null(point.problem);
  json["note"] = text_or_null(point.note);
  add_metrics(json, point.metrics);
  json["memory"] = point.memory.capacity.value > 0 ? memory_json(point.memory) : Json(nullptr);
  json["memory_by_stage"] = Json::array();
  for (const StageMemory& stage : point.stages) {
    Json one{{"stage", stage.stage}};
    one.update(memory_json(stage.use));
    json["memory_by_stage"].push_back(std::move(one));
  }
  json["time_goes"] = point.account.step.value > 0 ? account_json(point.account) : Json(nullptr);
  json["energy_goes"] = point.energy_goes.total().value > 0 ? energy_json(point.energy_goes) : Json(nullptr);
  json["sites"] = draws_json(point.energy_goes.sites);
  json["other_placements"] = Json::array();
  for (const PlacementTime& other : point.other_placements)
    json["other_placements"].push_back(
        {{"policy", catalog::word_of(other.policy)}, {"step_time_s", other.step_time.value}});
  json["other_hashes"] = Json::array();
  for (const HashTime& other : point.other_hashes)
    json["other_hashes"].push_back({{"hash", other.hash}, {"step_time_s", other.step_time.value}});
  json["links"] = ok ? links_json(point.timeline) : Json::array();
  json["measured_step_time_s"] = measured ? Json(point.measured->value) : Json(nullptr);
  json["measured_source"] = measured ? Json(point.measured_source) : Json(nullptr);
  json["step_time_error"] = measured && ok ? Json(point.step_time() / *point.measured - 1) : Json(nullptr);
  return json;
}

Json job_json(const FabricJob& job, Seconds duration) {
  Json sites = Json::array();
  for (const SiteDraw& draw : job.figures.energy.sites) {
    Json& one =
        sites.emplace_back(Json{{"site", draw.site}, {"partition", draw.partition}, {"nodes", draw.nodes}});
    add_figures(one, figures_of(draw, time_of(job, duration)));
    one["why"] = text_or_null(draw.why);
  }
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
          {"step_s",
           job.steps > 0 ? number_or_null(job.figures.metrics[Metric::step_time].value) : Json(nullptr)},
          {"slowdown", of_ended(job.slowdown)},
          {"slowed_by", by},
          {"shared_bottleneck", text_or_null(job.bottleneck)},
          {"sites", sites}};
}

// How the jobs of a case met; their figures are points.
Json run_json(const JobsRun& run) {
  Json json{
      {"platform", run.platform}, {"variant", text_or_null(run.variant)}, {"sweep", values_json(run.values)}};
  json["problem"] = text_or_null(run.problem);
  json["duration_s"] = run.problem.empty() ? Json(run.run.duration.value) : Json(nullptr);
  json["jobs"] = Json::array();
  for (const FabricJob& job : run.run.jobs) json["jobs"].push_back(job_json(job, run.run.duration));
  json["sites"] = Json::array();
  for (const SiteTotal& total : run.run.sites) json["sites"].push_back(total_json(total));
  json["shared_links"] = Json::array();
  for (const SharedLink& link : run.run.shared) {
    Json shares = Json::object();
    for (const auto& [job, share] : link.shares) shares[job] = share;
    json["shared_links"].push_back({{"name", link.name},
                                    {"class", link.class_name},
                                    {"capacity_bytes_per_s", link.capacity.value},
                                    {"utilisation", link.utilisation},
                                    {"shares", shares}});
  }
  json["links"] = links_json(run.run.timeline);
  return json;
}

}  // namespace

std::string to_json(const Result& result) {
  Json json{{"scenario", result.scenario},
            {"title", result.title},
            {"question", result.question},
            {"version", result.version},
            {"fidelity", result.fidelity},
            {"seed", result.seed},
            {"draws", result.draws},
            {"workload", text_or_null(result.workload)},
            {"placement", text_or_null(result.placement)}};
  const std::string work = unequal_work(result);
  json["unequal_work"] = work.empty() ? Json(nullptr) : Json(work);
  json["points"] = Json::array();
  for (const Point& point : result.points) json["points"].push_back(point_json(point));
  json["runs"] = Json::array();
  for (const JobsRun& run : result.runs) json["runs"].push_back(run_json(run));
  json["inputs"] = Json::array();
  for (const InputFigure& input : result.inputs) {
    json["inputs"].push_back({{"object", input.object},
                              {"path", input.path},
                              {"value", input.value},
                              {"source", input.source},
                              {"confidence", input.confidence}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aifsim
