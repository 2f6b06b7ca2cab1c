#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kGpus{.min = 1, .max = 1e7, .whole = true};
constexpr Limits kMeasuredTime{.min = 0, .above_min = true, .confidence = Confidence::measured};

// Any keys of a workload's training block, over those of the scenario's workload.
void read_override(Reader& reader, const Node& node, Variant& variant) {
  TrainingDescription training = reader.base_training ? *reader.base_training : TrainingDescription{};
  // The group size belongs to hsdp: another sharding drops the workload's.
  const Node* sharding = node.find("sharding");
  if (sharding && sharding->text != word_of(Sharding::hsdp)) training.shard_group = 0;
  read_object(reader, node, training, Presence::partial);
  variant.training = training;
}

}  // namespace

template <>
struct TableOf<Variant> {
  static Table<Variant> make() {
    Field<Variant> training = required("training", &Variant::training,
                                       "Keys of the workload's training block that this variant changes.");
    training.read = read_override;
    training.property.shape.front().all_optional = true;
    return {{required("label", &Variant::label, "Name of the variant in tables and charts."),
             std::move(training)},
            {}};
  }
};

template <>
struct TableOf<PlacementDescription> {
  static Table<PlacementDescription> make() {
    using T = PlacementDescription;
    return {
        {
            required("policy", &T::policy,
                     "Which nodes the job gets: contiguous, scattered over the fabric, or those of a list."),
            optional("nodes", &T::nodes, {.min = 0, .max = 1e6, .whole = true},
                     "With policy list, and only then: node indices from 0, one for each node of the job."),
        },
        [](Reader& reader, const Node& node, const PlacementDescription& placement) {
          const bool list = placement.policy == PlacementPolicy::list;
          if (list && placement.nodes.empty()) {
            reader.missing_key(node, "nodes", "policy list needs the node indices.");
          }
          if (!list && !placement.nodes.empty()) {
            reader.problem_in(node, "nodes",
                              fmt::format("belongs to policy list, this is {}", word_of(placement.policy)));
          }
        }};
  }
};

template <>
struct TableOf<MeasuredPoint> {
  static Table<MeasuredPoint> make() {
    using T = MeasuredPoint;
    return {{
                required("platform", &T::platform, "One of the scenario's platforms."),
                required("variant", &T::variant, "Label of one of the scenario's variants."),
                required("gpus", &T::gpus, kGpus, "GPUs of the measured job."),
                required("step_time", &T::step_time, kMeasuredTime, "Measured time of one training step."),
            },
            {}};
  }
};

namespace {

void expect_known(Reader& reader, const Node& point, std::string_view key, const std::string& found,
                  const std::vector<std::string_view>& known) {
  if (std::find(known.begin(), known.end(), found) != known.end()) return;
  reader.problem_in(point, key,
                    fmt::format("this scenario has no {} {}{}", key, quote(found), suggestion(found, known)));
}

void check_scenario(Reader& reader, const Node& root, const ScenarioDescription& scenario) {
  std::set<std::string> labels;
  for (std::size_t i = 0; i < scenario.variants.size(); ++i) {
    const std::string& label = scenario.variants[i].label;
    if (labels.insert(label).second) continue;
    reader.problem(root.find("variants")->items[i].place_of("label"),
                   fmt::format("variants[{}].label: {} labels two variants", i, quote(label)));
  }
  if (labels.empty() && !reader.base_training) return;
  if (labels.empty()) labels.emplace(word_of(reader.base_training->sharding));

  const std::vector<std::string_view> platforms(scenario.platforms.begin(), scenario.platforms.end());
  const std::vector<std::string_view> variants(labels.begin(), labels.end());
  const Reader::Step measured(reader, "measured");
  for (std::size_t i = 0; i < scenario.measured.size(); ++i) {
    const Reader::Step step(reader, i);
    const Node& point = root.find("measured")->items[i];
    expect_known(reader, point, "platform", scenario.measured[i].platform, platforms);
    expect_known(reader, point, "variant", scenario.measured[i].variant, variants);
  }
}

}  // namespace

Table<ScenarioDescription> TableOf<ScenarioDescription>::make() {
  using T = ScenarioDescription;
  return {
      {
          kind_field<T>({"scenario"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("question", &T::question, "What the scenario is to tell, in a sentence."),
          required_at("platforms", &T::platforms, &T::platform_places, {}, "Names of files in platforms/."),
          required_at("workload", &T::workload, &T::workload_place, {}, "Name of a file in workloads/."),
          required_at("gpus", &T::gpus, &T::gpus_places, kGpus, "GPU counts of the job, one run for each."),
          optional(
              "variants", &T::variants,
              "Changes to the workload's training, one run for each; none = the workload as it is, labelled "
              "by its sharding."),
          optional("placement", &T::placement, "Which nodes the job gets; contiguous when left out."),
          optional("fidelity", &T::fidelity, "analytical: closed forms; flow: transfers through the links."),
          optional("seed", &T::seed, "Of all random draws."),
          optional("measured", &T::measured, "Measured points to draw beside the predictions."),
      },
      check_scenario};
}

}  // namespace aifsim::catalog
