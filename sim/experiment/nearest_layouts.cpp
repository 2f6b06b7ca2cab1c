#include "experiment/nearest_layouts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "experiment/layout_space.hpp"
#include "factory/layout_bound.hpp"
#include "lowering/training/layout_memory.hpp"

namespace aifsim {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

LayoutChoice choice_of(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  LayoutChoice c;
  c.gpus = job.gpus;
  c.tensor = t.tensor_parallel;
  c.sequence_parallel = t.sequence_parallel;
  c.context = t.context_parallel;
  c.pipeline = t.pipeline_parallel;
  c.chunks = t.virtual_stages;
  c.expert = t.expert_parallel;
  c.micro_batch = t.micro_batch;
  c.schedule = t.pipeline_schedule;
  c.sharding = t.sharding;
  c.shard_group = t.shard_group;
  c.recompute = t.recompute;
  c.recompute_layers = t.recompute_layers;
  c.recompute_modules = modules_of(t);
  return c;
}

// Keys that differ. What follows from another key does not count by itself.
Pairs changed(const LayoutChoice& from, const LayoutChoice& to) {
  const Pairs before = settings_of(from), after = settings_of(to);
  const auto value = [](const Pairs& all, const std::string& key) {
    for (const auto& [k, v] : all)
      if (k == key) return v;
    return std::string("0");
  };
  Pairs found;
  for (const auto& [key, now] : after)
    if (value(before, key) != now && !(key == "recompute_layers" && now == "0")) found.emplace_back(key, now);
  return found;
}

// Not one that only goes with another.
bool counts(std::string_view key) {
  return key != "sequence_parallel" && key != "recompute_layers" && key != "recompute_modules" &&
         key != "shard_group";
}

std::vector<std::string> counted(const Pairs& keys) {
  std::vector<std::string> found;
  for (const auto& [key, value] : keys)
    if (counts(key)) found.push_back(key);
  return found;
}

std::string words(const Pairs& keys) {
  std::string text;
  for (const auto& [key, value] : keys)
    text += fmt::format("{}{} {}", text.empty() ? "" : " and ", key, value);
  return text;
}

struct Fitting {
  Pairs keys;
  bool away = false;  // state leaves the GPUs, which `step` does not count
  TrainingJob job;
  double step = 0;  // at least; of those that are told: at level analytical
};

// The quickest by their bounds: so many of each choice of keys, `all` together.
void keep_first(std::vector<Fitting>& fit, std::size_t of_keys, std::size_t all) {
  std::vector<Fitting> kept;
  for (Fitting& one : fit)
    if (kept.size() < all && std::ranges::count_if(kept, [&](const Fitting& other) {
                               return counted(one.keys) == counted(other.keys);
                             }) < static_cast<std::ptrdiff_t>(of_keys))
      kept.push_back(std::move(one));
  fit = std::move(kept);
}

class Nearest {
 public:
  explicit Nearest(const TrainingJob& job)
      : job_(job),
        now_(choice_of(job)),
        usable_((*job.platform->gpu.memory * *job.platform->gpu.usable_memory).value),
        bound_(job) {
    question_.model = &job.model;
    question_.training = job.training;
    question_.training.global_batch = static_cast<std::int64_t>(sequences_per_step(job));
    question_.training.gradient_accumulation = 1;
    question_.stack = &job.stack;
    question_.gpus_per_node = job.platform->topology.gpus_per_node();
  }

  std::string text() {
    question_.gpus = {job_.gpus};
    std::vector<LayoutChoice> all = layouts_of(question_);
    const std::size_t of_gpus = all.size();
    add_away(all, {now_});
    for (const std::size_t changes : {1, 2})
      if (const std::string found = best(
              all, [&](std::size_t n) { return n == changes; }, 3);
          !found.empty())
        return found;
    all.resize(of_gpus);
    if (const std::string found = frugal(all); !found.empty()) return found;
    for (std::int64_t gpus = 2 * job_.gpus; gpus <= job_.platform->topology.gpus(); gpus *= 2) {
      question_.gpus = {gpus};
      if (const std::string found = frugal(layouts_of(question_)); !found.empty())
        return fmt::format("{} GPUs with {}", gpus, found);
    }
    return "";
  }

 private:
  static void add_away(std::vector<LayoutChoice>& all, const std::vector<LayoutChoice>& of) {
    using To = OffloadTo;
    for (const LayoutChoice& choice : of)
      for (const OffloadChoice& away : {OffloadChoice{To::host, To::none}, OffloadChoice{To::none, To::host},
                                        OffloadChoice{To::host, To::host}}) {
        all.push_back(choice);
        all.back().offload = away;
      }
  }

  // Of those that keep least, first with all state on the GPUs.
  std::string frugal(std::vector<LayoutChoice> all) {
    std::erase_if(all, [](const LayoutChoice& choice) {
      return choice.micro_batch > 2 || choice.recompute != Recompute::full || choice.recompute_layers > 0;
    });
    const auto any = [](std::size_t) { return true; };
    if (const std::string found = best(all, any, 1); !found.empty()) return found;
    std::vector<LayoutChoice> away;
    add_away(away, all);
    return best(away, any, 1);
  }

  bool fits(const TrainingJob& other) const {
    try {
      if (layout_memory(job_.model, with_answers_that_fit(other), job_.stack, other.gpus).total().value >
          usable_)
        return false;
      check_expressible(other);
      return true;
    } catch (const CannotAnswer&) {
      return false;
    }
  }

  // The ones that a step takes least in, of those with a number of keys that goes.
  template <class Goes>
  std::string best(const std::vector<LayoutChoice>& all, Goes goes, std::size_t told) {
    constexpr std::size_t most_tried = 400;
    std::vector<Fitting> fit;
    std::size_t tried = 0;
    for (const LayoutChoice& choice : all) {
      Pairs keys = changed(now_, choice);
      if (!goes(counted(keys).size()) || tried == most_tried) continue;
      const bool away = choice.offload.has_value();
      if (away && !fit.empty() && fit.back().away) continue;  // the least of it
      ++tried;
      TrainingJob other = job_;
      other.gpus = choice.gpus;
      other.training = with_layout(question_.training, choice);
      if (!fits(other)) continue;
      try {
        const double least = bound_(other.training, other.gpus).step.value;
        fit.push_back({std::move(keys), away, std::move(other), least});
      } catch (const CannotAnswer&) {
      }
    }
    const auto by_step = [](const Fitting& a, const Fitting& b) {
      return std::pair(a.away, a.step) < std::pair(b.away, b.step);
    };
    std::stable_sort(fit.begin(), fit.end(), by_step);
    keep_first(fit, 2, 4 * told);
    std::erase_if(fit, [](Fitting& one) {
      try {
        one.step = run_training(one.job, Fidelity::analytical).timeline.duration.value;
        return false;
      } catch (const CannotAnswer&) {
        return true;
      }
    });
    std::stable_sort(fit.begin(), fit.end(), by_step);
    keep_first(fit, 1, told);
    std::string text;
    for (std::size_t i = 0; i < std::min(told, fit.size()); ++i)
      text += (text.empty() ? "" : "; ") + words(fit[i].keys);
    return text;
  }

  const TrainingJob& job_;
  LayoutChoice now_;
  double usable_;
  LayoutBound bound_;
  LayoutQuestion question_;
};

}  // namespace

std::string nearest_that_fit(const TrainingJob& job) { return Nearest(job).text(); }

}  // namespace aifsim
