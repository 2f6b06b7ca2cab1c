#include "catalog/scenario.hpp"

#include <algorithm>
#include <filesystem>

#include "catalog/search.hpp"
#include "catalog/words.hpp"

namespace aifsim {

const char* name_of(Fidelity fidelity) { return catalog::word_of(fidelity).data(); }
const char* name_of(Precision precision) { return catalog::word_of(precision).data(); }
const char* name_of(TrafficPattern pattern) { return catalog::word_of(pattern).data(); }

Place ScenarioDescription::platform_place(std::size_t index) const {
  return index < platform_places.size() ? platform_places[index] : Place{};
}

std::vector<std::string> ScenarioDescription::platform_labels() const {
  std::vector<std::string> labels;
  for (const std::string& platform : platforms)
    labels.push_back(is_description_file(platform) ? std::filesystem::path(platform).stem().string()
                                                   : platform);
  const std::vector<std::string> stems = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::count(stems.begin(), stems.end(), stems[i]) > 1) labels[i] = platforms[i];
  return labels;
}

}  // namespace aifsim
