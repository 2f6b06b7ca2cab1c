#include "catalog/scenario.hpp"

#include <algorithm>
#include <filesystem>

#include "catalog/partitions.hpp"
#include "catalog/search.hpp"
#include "catalog/words.hpp"

namespace aifsim {

const char* name_of(Fidelity fidelity) { return catalog::word_of(fidelity).data(); }
const char* name_of(Precision precision) { return catalog::word_of(precision).data(); }
const char* name_of(TrafficPattern pattern) { return catalog::word_of(pattern).data(); }

Place ScenarioDescription::platform_place(std::size_t index) const {
  return index < platform_places.size() ? platform_places[index] : Place{};
}

ScenarioDescription::PlatformOfJob ScenarioDescription::platform_of(std::size_t index,
                                                                    const JobDescription& job) const {
  return {with_partition(platforms[index], job.partition),
          job.partition.empty() ? platform_place(index) : job.partition_place};
}

std::vector<ScenarioDescription::PlatformOfJob> ScenarioDescription::platforms_of_jobs(
    std::size_t index) const {
  if (jobs.empty()) return {{platforms[index], platform_place(index)}};
  std::vector<PlatformOfJob> found;
  for (const JobDescription& job : jobs) {
    PlatformOfJob one = platform_of(index, job);
    if (std::none_of(found.begin(), found.end(), [&](const auto& known) { return known.name == one.name; }))
      found.push_back(std::move(one));
  }
  return found;
}

std::vector<std::string> ScenarioDescription::platform_labels() const {
  std::vector<std::string> labels;
  for (const std::string& platform : platforms) {
    const PlatformName parts = split_platform_name(platform);
    labels.push_back(
        is_description_file(parts.platform)
            ? with_partition(std::filesystem::path(parts.platform).stem().string(), parts.partition)
            : platform);
  }
  const std::vector<std::string> stems = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::count(stems.begin(), stems.end(), stems[i]) > 1) labels[i] = platforms[i];
  return labels;
}

}  // namespace aifsim
