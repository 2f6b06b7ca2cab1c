#include "experiment/nearest_layouts.hpp"

#include <fmt/format.h>

#include <algorithm>
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

std::size_t weight(const Pairs& keys) {
  std::size_t n = 0;
  for (const auto& [key, value] : keys)
    n += key != "sequence_parallel" && key != "recompute_layers" && key != "recompute_modules" &&
         key != "shard_group";
  return n;
}

std::string words(const Pairs& keys) {
  std::string text;
  for (const auto& [key, value] : keys)
    text += fmt::format("{}{} {}", text.empty() ? "" : " and ", key, value);
  return text;
}

struct Fitting {
  Pairs keys;
  bool away = false;  // state leaves the GPUs, which `least` does not count
  double least = 0;
};

}  // namespace

std::string nearest_that_fit(const TrainingJob& job) {
  constexpr std::size_t told = 3, most_tried = 400;
  const LayoutChoice now = choice_of(job);
  LayoutQuestion question;
  question.model = &job.model;
  question.training = job.training;
  question.training.global_batch = static_cast<std::int64_t>(sequences_per_step(job));
  question.training.gradient_accumulation = 1;
  question.stack = &job.stack;
  question.gpus = {job.gpus};
  question.gpus_per_node = job.platform->topology.gpus_per_node();
  const double usable = (*job.platform->gpu.memory * *job.platform->gpu.usable_memory).value;
  LayoutBound bound(job);
  std::vector<LayoutChoice> all = layouts_of(question);
  constexpr OffloadTo none = OffloadTo::none, host = OffloadTo::host;
  for (const OffloadChoice& away :
       {OffloadChoice{host, none}, OffloadChoice{none, host}, OffloadChoice{host, host}}) {
    all.push_back(now);
    all.back().offload = away;
  }
  for (const std::size_t changes : {1, 2}) {
    std::vector<Fitting> fit;
    std::size_t tried = 0;
    for (const LayoutChoice& choice : all) {
      Pairs keys = changed(now, choice);
      if (weight(keys) != changes || tried == most_tried) continue;
      const bool away = choice.offload.has_value();
      if (away && !fit.empty() && fit.back().away) continue;  // the least of it
      ++tried;
      const TrainingDescription training = with_layout(question.training, choice);
      try {
        TrainingJob other = job;
        other.training = training;
        if (layout_memory(job.model, with_answers_that_fit(other), job.stack, job.gpus).total().value >
            usable)
          continue;
        check_expressible(other);
        fit.push_back({std::move(keys), away, bound(training, job.gpus).step.value});
      } catch (const CannotAnswer&) {
      }
    }
    std::stable_sort(fit.begin(), fit.end(), [](const Fitting& a, const Fitting& b) {
      return std::pair(a.away, a.least) < std::pair(b.away, b.least);
    });
    std::string text;
    for (std::size_t i = 0; i < std::min(told, fit.size()); ++i)
      text += (text.empty() ? "" : "; ") + words(fit[i].keys);
    if (!text.empty()) return text;
  }
  return "";
}

}  // namespace aifsim
