#include "report/json.hpp"

#include <nlohmann/json.hpp>

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
  json["tokens_per_s"] = number(point.tokens_per_second);
  json["mfu"] = number(point.mfu);
  json["compute_time_s"] = number(point.compute_time.value);
  json["communication_time_s"] = number(point.communication_time.value);
  json["exposed_communication_s"] = number(point.exposed_communication.value);
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
            {"workload", result.workload}};
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
