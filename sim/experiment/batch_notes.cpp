#include "experiment/batch_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "lowering/training/layout.hpp"

namespace aifsim {
namespace {

constexpr double mostly_empty = 0.5;     // of the usable memory in use, and no more
constexpr double told_apart = 1.01;      // of tokens per second: less is no order
constexpr std::int64_t most_steps = 16;  // micro-steps of a trial; more would take long to simulate

double share_used(const TrainingJob& job) {
  const MemoryCheck memory = check_memory(job);
  return memory.use.total() / memory.usable;
}

TrainingJob with_micro_batch(TrainingJob job, std::int64_t micro_batch) {
  job.training.micro_batch = micro_batch;
  return job;
}

bool can_run(const TrainingJob& job) {
  try {
    check_expressible(job);
    check_memory(job);
    return true;
  } catch (const CannotAnswer&) {
    return false;
  }
}

std::optional<double> tokens_per_second(const TrainingJob& job) {
  try {
    const Seconds step = run_training(job, Fidelity::analytical).timeline.duration;
    return sequences_per_step(job) * static_cast<double>(job.training.sequence) / step.value;
  } catch (const CannotAnswer&) {
    return std::nullopt;
  }
}

// One global batch that all variants can run, each with its micro-batch: the one that they give, or the least
// that all divide. 0: there is none that is quick to try.
std::int64_t common_batch(const std::vector<VariantJob>& variants, const std::vector<std::int64_t>& micro) {
  std::int64_t batch = 1, given = variants.front().job.training.global_batch;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    const TrainingJob& job = variants[i].job;
    if (job.training.global_batch != given) return 0;
    const std::int64_t at_once = layout_of(job.model, job.training, job.gpus).data * micro[i];
    batch = std::lcm(batch, at_once);
    if (given % at_once != 0 || batch / at_once > most_steps || given / at_once > most_steps) return 0;
  }
  return given > 0 ? given : batch;
}

struct Trial {
  std::int64_t micro_batch = 0;
  std::optional<double> as_given, at_largest;  // tokens per second
};

std::string turned(const std::vector<VariantJob>& variants, const std::vector<Trial>& trials, std::size_t i,
                   std::int64_t batch) {
  const auto faster = [](double a, double b) { return a > told_apart * b; };
  std::string ahead, behind;
  for (std::size_t j = 0; j < trials.size(); ++j) {
    if (j == i || !trials[i].as_given || !trials[j].as_given || !trials[i].at_largest ||
        !trials[j].at_largest)
      continue;
    const auto add = [&](std::string& to) {
      to += fmt::format("{}\"{}\" ({})", to.empty() ? "" : ", ", variants[j].label, trials[j].micro_batch);
    };
    if (faster(*trials[j].as_given, *trials[i].as_given) &&
        faster(*trials[i].at_largest, *trials[j].at_largest))
      add(ahead);
    if (faster(*trials[i].as_given, *trials[j].as_given) &&
        faster(*trials[j].at_largest, *trials[i].at_largest))
      add(behind);
  }
  if (ahead.empty() && behind.empty()) return "";
  return fmt::format(
      "the ranking turns with the largest micro_batch that fits ({} here, at global batch {}): {}{}{}",
      trials[i].micro_batch, batch, ahead.empty() ? "" : "faster than " + ahead,
      ahead.empty() || behind.empty() ? "" : ", ", behind.empty() ? "" : "slower than " + behind);
}

}  // namespace

std::int64_t largest_micro_batch(const TrainingJob& job) {
  std::int64_t micro_batch = job.training.micro_batch;
  while (micro_batch < (std::int64_t{1} << 20) && can_run(with_micro_batch(job, 2 * micro_batch)))
    micro_batch *= 2;
  return micro_batch;
}

std::string batch_note(const TrainingJob& job) {
  const double used = share_used(job);
  if (used >= mostly_empty) return "";
  std::string note = fmt::format("uses {:.0f} % of the usable memory", 100 * used);
  const std::int64_t largest = largest_micro_batch(job);
  if (largest > job.training.micro_batch)
    note += fmt::format("; micro_batch {} would use {:.0f} %", largest,
                        100 * share_used(with_micro_batch(job, largest)));
  return note;
}

std::vector<std::string> ranking_notes(const std::vector<VariantJob>& variants) {
  std::vector<std::string> notes(variants.size());
  std::vector<std::int64_t> micro;
  bool larger = false;
  for (const VariantJob& v : variants) {
    micro.push_back(largest_micro_batch(v.job));
    larger = larger || micro.back() > v.job.training.micro_batch;
  }
  const std::int64_t batch = larger && variants.size() > 1 ? common_batch(variants, micro) : 0;
  if (batch == 0) return notes;
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    TrainingJob full = with_micro_batch(variants[i].job, micro[i]);
    full.training.global_batch = batch;
    trials.push_back({micro[i], tokens_per_second(variants[i].job), tokens_per_second(full)});
  }
  for (std::size_t i = 0; i < variants.size(); ++i) notes[i] = turned(variants, trials, i, batch);
  return notes;
}

}  // namespace aifsim
