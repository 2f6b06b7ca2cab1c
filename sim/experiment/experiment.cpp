#include "experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/hash.hpp"
#include "experiment/batch_notes.hpp"
#include "experiment/build_id.hpp"
#include "experiment/result_of.hpp"
#include "experiment/run_case.hpp"

namespace aifsim {
namespace {

std::string name_of(const Case& c) {
  return fmt::format("{}{}{}, {} GPUs", c.platform_label, c.variant_label.empty() ? "" : ", ",
                     c.variant_label, c.gpus);
}

// Points that differ in their variant alone, whose order another micro-batch may turn.
struct Comparison {
  std::vector<std::size_t> cases;
  std::string hash;
};

class Answering {
 public:
  Answering(const Experiment& experiment, Store& store, const CaseProgress& progress)
      : experiment_(experiment),
        catalog_(experiment.catalog.reading_once()),
        store_(store),
        progress_(progress),
        inputs_(catalog_),
        build_(experiment.version + " " + build_id()),
        cases_(
            cases_of(catalog_, experiment.scenario_file, experiment.settings, experiment.options, build_)) {}

  Result answer() {
    run_cases();
    std::vector<Outcome> outcomes;
    for (const Case& c : cases_) outcomes.push_back(outcome_from(store_.find(c.hash)->outcome));
    add_ranking_notes(outcomes);
    store_.keep_only(build_);
    return result_of(experiment_, catalog_, cases_, std::move(outcomes));
  }

 private:
  void run_cases() {
    std::vector<std::size_t> missing;  // each hash once
    std::set<std::string> hashes;
    for (std::size_t i = 0; i < cases_.size(); ++i)
      if (hashes.insert(cases_[i].hash).second && !store_.has(cases_[i].hash)) missing.push_back(i);
    CasesDone all{0, missing.size(), cases_.size() - missing.size()};
    if (progress_ && !missing.empty()) progress_(all, name_of(cases_[missing.front()]));
    run_in_workers(
        missing.size(), {.workers = experiment_.workers},
        [&](std::size_t task) { return to_bytes(run_case(cases_[missing[task]], inputs_)); },
        [&](std::size_t task, TaskEnd&& end) {
          const Case& c = cases_[missing[task]];
          const bool died = !end.died.empty();
          if (died) {
            Outcome none;
            none.problem = end.died;
            end.bytes = to_bytes(none);
          }
          store_.add(c.hash,
                     {build_, name_of(c), outcome_from(end.bytes).problem, std::move(end.bytes), died});
          ++all.ended;
          if (progress_) progress_(all, name_of(c));
        });
  }

  std::vector<Comparison> comparisons(const std::vector<Outcome>& outcomes) const {
    std::map<std::tuple<std::size_t, const SweepPoint*, std::int64_t>, Comparison> groups;
    for (std::size_t i = 0; i < cases_.size(); ++i)
      if (outcomes[i].problem.empty() && cases_[i].options.details)
        groups[{cases_[i].platform, cases_[i].point.get(), cases_[i].gpus}].cases.push_back(i);
    std::vector<Comparison> all;
    for (auto& [key, group] : groups) {
      if (group.cases.size() < 2) continue;
      std::string text = "comparison of variants";
      for (const std::size_t i : group.cases) text += " " + cases_[i].variant_label + " " + cases_[i].hash;
      group.hash = fmt::format("{:016x}{:016x}", hash_of(text), hash_of("again " + text));
      all.push_back(std::move(group));
    }
    return all;
  }

  std::string ranking(const Comparison& comparison) {
    std::vector<VariantJob> variants;
    std::vector<CaseInputs> keep;  // the platforms of the jobs
    for (const std::size_t i : comparison.cases) {
      keep.push_back(inputs_(cases_[i]));
      const FabricInputs& fabric = keep.back().fabric;
      variants.push_back({cases_[i].scenario->variants[cases_[i].variant].label,
                          training_job({fabric.platform, &fabric.jobs.front(), {}, fabric.seed, 0})});
    }
    return nlohmann::json(ranking_notes(variants)).dump();
  }

  void add_ranking_notes(std::vector<Outcome>& outcomes) {
    if (cases_.empty() || !cases_.front().scenario->jobs.empty()) return;
    const std::vector<Comparison> all = comparisons(outcomes);
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!store_.has(all[i].hash)) missing.push_back(i);
    run_in_workers(
        missing.size(), {.workers = experiment_.workers},
        [&](std::size_t task) { return ranking(all[missing[task]]); },
        [&](std::size_t task, TaskEnd&& end) {
          const Comparison& one = all[missing[task]];
          const bool died = !end.died.empty();
          if (died) end.bytes = nlohmann::json(std::vector<std::string>(one.cases.size())).dump();
          store_.add(one.hash, {build_, "comparison of variants", end.died, std::move(end.bytes), died});
        });
    for (const Comparison& one : all) {
      const auto notes =
          nlohmann::json::parse(store_.find(one.hash)->outcome).get<std::vector<std::string>>();
      for (std::size_t i = 0; i < notes.size(); ++i)
        if (std::string& note = outcomes[one.cases[i]].run.jobs.front().figures.note; !notes[i].empty())
          note += (note.empty() ? "" : "; ") + notes[i];
    }
  }

  const Experiment& experiment_;
  Catalog catalog_;
  Store& store_;
  const CaseProgress& progress_;
  InputReader inputs_;
  std::string build_;
  std::vector<Case> cases_;
};

}  // namespace

Result answer(const Experiment& experiment, Store& store, const CaseProgress& progress) {
  return Answering(experiment, store, progress).answer();
}

}  // namespace aifsim
