#include "experiment/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/hash.hpp"
#include "base/packed.hpp"
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

// What a case's process answers: its outcome, and how long it took.
std::string packed(const Outcome& outcome) {
  Packer all;
  all.add(outcome.wall_time.value, outcome.problem, to_bytes(outcome));
  return all.take();
}

class Answering {
 public:
  Answering(const Experiment& experiment, const CaseProgress& progress)
      : experiment_(experiment),
        catalog_(experiment.catalog.reading_once()),
        progress_(progress),
        inputs_(catalog_),
        build_(experiment.version + " " + build_id()),
        cases_(
            cases_of(catalog_, experiment.scenario_file, experiment.settings, experiment.options, build_)) {
    std::unordered_set<std::string> hashes;
    std::string all;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      all += cases_[i].hash;
      if (hashes.insert(cases_[i].hash).second) distinct_.push_back(i);
    }
    hash_ = fmt::format("{:016x}{:016x}", hash_of(all), hash_of("again " + all));
  }

  Result answer(Store& store) {
    take_tasks(store);
    std::vector<std::size_t> missing;
    const auto answered = store.answered();
    for (const std::size_t i : distinct_)
      if (!answered.contains(cases_[i].hash)) missing.push_back(i);
    run_cases(store, missing, cases_.size() - missing.size()).remove();
    std::vector<Outcome> outcomes;
    for (const Case& c : cases_) {
      const Store::Row row = *store.find(c.hash);
      outcomes.push_back(outcome_from(row.outcome));
      outcomes.back().wall_time = Seconds{row.seconds};
    }
    add_ranking_notes(store, outcomes);
    store.keep_only(build_);
    return result_of(experiment_, catalog_, cases_, std::move(outcomes));
  }

  CasesDone run_task(const TaskShare& share, const std::filesystem::path& folder) {
    Store store(task_folder(folder, share), Store::Use::alone);
    check_cases(store);
    store.set_cases(hash_);
    const auto elsewhere = answered_at_rest(folder), here = store.answered();
    std::vector<std::size_t> missing;
    for (std::size_t n = share.index; n < distinct_.size(); n += share.count) {
      const std::string& hash = cases_[distinct_[n]].hash;
      if (!elsewhere.contains(hash) && !here.contains(hash)) missing.push_back(distinct_[n]);
    }
    try {
      run_cases(store, missing, here.size());
    } catch (const InputError&) {
      store.discard();  // of what it has made: the scenario must change, and so will its cases
      ProgressFile(store.folder(), 0).remove();
      throw;
    }
    return done_;
  }

  CasesLeft left(Store& store, bool gather) {
    if (gather) take_tasks(store);
    CasesLeft left{distinct_.size(), {}};
    const auto run = store.answered(true);
    for (std::size_t n = 0; n < distinct_.size(); ++n)
      if (!run.contains(cases_[distinct_[n]].hash)) left.never_run.push_back(n);
    return left;
  }

 private:
  // Rows that this scenario does not ask for would be lost among its own.
  void check_cases(Store& store) const {
    const std::string found = store.cases();
    if (found.empty() || found == hash_) return;
    throw InputError(Place{store.file().string()},
                     "holds outcomes of other cases: of another scenario, of files or options that have "
                     "changed since, or of another build of aifsim; remove the folder " +
                         store.folder().parent_path().string() + ", or choose another with --out");
  }

  // All are looked at before the first is taken. A task that ended in between is taken once more, to no effect.
  void take_tasks(Store& store) {
    const std::vector<std::filesystem::path> tasks = task_stores(store.folder());
    for (const auto& folder : tasks) {
      Store task(folder, Store::Use::alone);
      check_cases(task);
    }
    for (const auto& folder : tasks) store.merge(folder, build_);
    std::error_code ignored;
    for (const auto& folder : tasks) std::filesystem::remove_all(folder, ignored);
  }

  ProgressFile run_cases(Store& store, const std::vector<std::size_t>& missing, std::size_t kept) {
    done_ = {0, missing.size(), kept};
    ProgressFile file(store.folder(), distinct_.size());
    if (progress_ && !missing.empty()) progress_(done_, name_of(cases_[missing.front()]));
    run_in_workers(
        missing.size(), {.workers = experiment_.workers},
        [&](std::size_t task) { return packed(run_case(cases_[missing[task]], inputs_)); },
        [&](std::size_t task, TaskEnd&& end) {
          const Case& c = cases_[missing[task]];
          Store::Row row{build_, name_of(c), {}, {}, !end.died.empty(), 0};
          if (row.died) {
            Outcome none;
            none.problem = row.problem = end.died;
            row.outcome = to_bytes(none);
          } else {
            Unpacker(end.bytes).get(row.seconds, row.problem, row.outcome);
          }
          store.add(c.hash, row);
          ++done_.ended;
          file.tell(done_.to_run, done_.ended, done_.kept);
          if (progress_) progress_(done_, name_of(c));
        });
    return file;
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

  void add_ranking_notes(Store& store, std::vector<Outcome>& outcomes) {
    if (cases_.empty() || !cases_.front().scenario->jobs.empty()) return;
    const std::vector<Comparison> all = comparisons(outcomes);
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!store.has(all[i].hash)) missing.push_back(i);
    run_in_workers(
        missing.size(), {.workers = experiment_.workers},
        [&](std::size_t task) { return ranking(all[missing[task]]); },
        [&](std::size_t task, TaskEnd&& end) {
          const Comparison& one = all[missing[task]];
          const bool died = !end.died.empty();
          if (died) end.bytes = nlohmann::json(std::vector<std::string>(one.cases.size())).dump();
          store.add(one.hash, {build_, Store::no_case, end.died, std::move(end.bytes), died});
        });
    for (const Comparison& one : all) {
      const auto notes = nlohmann::json::parse(store.find(one.hash)->outcome).get<std::vector<std::string>>();
      for (std::size_t i = 0; i < notes.size(); ++i)
        if (std::string& note = outcomes[one.cases[i]].run.jobs.front().figures.note; !notes[i].empty())
          note += (note.empty() ? "" : "; ") + notes[i];
    }
  }

  const Experiment& experiment_;
  Catalog catalog_;
  const CaseProgress& progress_;
  InputReader inputs_;
  std::string build_;
  std::vector<Case> cases_;
  std::vector<std::size_t>
      distinct_;      // the first case of each hash: its place here is its number among tasks
  std::string hash_;  // over all cases
  CasesDone done_;
};

}  // namespace

Result answer(const Experiment& experiment, Store& store, const CaseProgress& progress) {
  return Answering(experiment, progress).answer(store);
}

CasesDone run_task(const Experiment& experiment, const TaskShare& share, const std::filesystem::path& folder,
                   const CaseProgress& progress) {
  return Answering(experiment, progress).run_task(share, folder);
}

CasesLeft cases_left(const Experiment& experiment, Store& store, bool gather) {
  const CaseProgress none;
  return Answering(experiment, none).left(store, gather);
}

}  // namespace aifsim
