#include "report/errors_json.hpp"

#include <nlohmann/json.hpp>

namespace aifsim {

std::string errors_json(const std::vector<Problem>& problems, int exit_code,
                        const std::vector<Problem>& warnings) {
  using Json = nlohmann::ordered_json;
  const auto list = [](const std::vector<Problem>& found) {
    Json entries = Json::array();
    for (const Problem& problem : found) {
      const Place& place = problem.place;
      const auto counted = [](int n) { return n > 0 ? Json(n) : Json(nullptr); };
      entries.push_back({{"file", place.file.empty() ? Json(nullptr) : Json(place.file)},
                         {"line", counted(place.line)},
                         {"column", counted(place.column)},
                         {"message", problem.message}});
    }
    return entries;
  };
  Json all{{"errors", list(problems)}};
  if (!warnings.empty()) all["warnings"] = list(warnings);
  all["exit"] = exit_code;
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace aifsim
