#include "report/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

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

// Bands of what follows from the step time.
Json draws_json(const Point& p) {
  const auto bands = [&](double value, double power) {
    const auto at = [&](Seconds step) { return value * std::pow(step / p.step_time, power); };
    const Seconds low = power > 0 ? p.step_time_p10 : p.step_time_p90;
    const Seconds high = power > 0 ? p.step_time_p90 : p.step_time_p10;
    return Json{{"p10", at(low)}, {"p50", at(p.step_time_p50)}, {"p90", at(high)}};
  };
  return {{"step_time_s", bands(p.step_time.value, 1)},
          {"tokens_per_s", bands(p.tokens_per_second, -1)},
          {"mfu", bands(p.mfu, -1)}};
}

// A point without an answer has the same keys, with null for each number.
Json point_json(const Point& point) {
  const bool ok = point.problem.empty();
  const auto number = [ok](double value) { return ok ? Json(value) : Json(nullptr); };
  const bool measured = point.measured.has_value();
  Json json{
      {"platform", point.platform}, {"variant", point.variant}, {"gpus", point.gpus}, {"nodes", point.nodes}};
  json["problem"] = ok ? Json(nullptr) : Json(point.problem);
  json["note"] = point.note.empty() ? Json(nullptr) : Json(point.note);
  json["step_time_s"] = number(point.step_time.value);
  json["step_time_p10_s"] = number(point.step_time_p10.value);
  json["step_time_p90_s"] = number(point.step_time_p90.value);
  json["draws"] = ok && point.step_time_p50.value > 0 ? draws_json(point) : Json(nullptr);
  json["tokens_per_s"] = number(point.tokens_per_second);
  json["tokens_per_step"] = number(point.tokens_per_step);
  json["mfu"] = number(point.mfu);
  json["compute_time_s"] = number(point.compute_time.value);
  json["communication_time_s"] = number(point.communication_time.value);
  json["exposed_communication_s"] = number(point.exposed_communication.value);
  const bool energy = ok && point.energy.value > 0;
  json["energy_per_step_j"] = energy ? Json(point.energy.value) : Json(nullptr);
  json["energy_per_token_j"] =
      energy ? Json(point.energy.value / (point.tokens_per_second * point.step_time.value)) : Json(nullptr);
  json["gpu_power_w"] = energy ? Json(gpu_power(point).value) : Json(nullptr);
  json["memory"] = ok ? memory_json(point.memory) : Json(nullptr);
  json["links"] = ok ? links_json(point.timeline) : Json::array();
  json["measured_step_time_s"] = measured ? Json(point.measured->value) : Json(nullptr);
  json["measured_source"] = measured ? Json(point.measured_source) : Json(nullptr);
  json["step_time_error"] = measured && ok ? Json(point.step_time / *point.measured - 1) : Json(nullptr);
  return json;
}

}  // namespace

std::string to_json(const Result& result) {
  Json json{{"scenario", result.scenario}, {"title", result.title},       {"question", result.question},
            {"version", result.version},   {"fidelity", result.fidelity}, {"seed", result.seed},
            {"draws", result.draws},       {"workload", result.workload}};
  const std::string work = unequal_work(result);
  json["unequal_work"] = work.empty() ? Json(nullptr) : Json(work);
  json["points"] = Json::array();
  for (const Point& point : result.points) json["points"].push_back(point_json(point));
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
