#include "factory/fidelity.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

#include "factory/shared_fabric.hpp"

namespace aifsim {
namespace {

constexpr std::array levels{Fidelity::analytical, Fidelity::flow, Fidelity::message};

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
}

// Runs `answer` in a child process, whose result, CPU time and peak memory come back.
LevelRun in_child(Fidelity level, const std::function<Seconds()>& answer) {
  LevelRun run;
  run.level = level;
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw CannotAnswer("no pipe to a process of its own");
  const pid_t child = fork();
  if (child < 0) throw CannotAnswer("no process of its own for a level");
  if (child == 0) {
    std::string text;
    try {
      text = fmt::format("={:.17g}", answer().value);
    } catch (const std::exception& error) {
      text = error.what();
    }
    text.resize(std::min<std::size_t>(text.size(), 4096));  // a pipe takes that much at once
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  close(ends[0]);
  rusage usage{};
  int status = 0;
  wait4(child, &status, 0, &usage);
  run.cpu = Seconds{seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime)};
  run.peak_megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  if (!text.empty() && text.front() == '=')
    run.time = Seconds{std::stod(text.substr(1))};
  else
    run.problem = text.empty() ? "the level's process ended without an answer" : text;
  return run;
}

// What is asked of every level, at one size.
struct Case {
  std::string platform, variant;
  std::int64_t gpus = 0;
  std::function<std::int64_t()> transfers;  // CannotAnswer: every level says why
  std::function<Seconds(Fidelity)> time;
};

class Comparison {
 public:
  Comparison(std::int64_t most_transfers,
             const std::function<void(std::size_t, std::size_t, const std::string&)>& progress)
      : most_transfers_(most_transfers), progress_(progress) {}

  void expect(std::size_t rows) { total_ += rows * levels.size(); }

  // `smaller` makes the case with its GPUs divided by 2, 4, 8 ...; nothing where there is none.
  void add(const Case& whole, const std::function<std::optional<Case>(std::int64_t divisor)>& smaller) {
    const std::int64_t transfers = transfers_or_none(whole);
    rows_.push_back(run(whole, transfers));
    if (transfers <= most_transfers_) return;
    for (std::int64_t divisor = 2;; divisor *= 2) {
      const std::optional<Case> part = smaller(divisor);
      if (!part) return;
      const std::int64_t fewer = transfers_or_none(*part);
      if (fewer == 0) return;  // nothing left to send, or a layout that does not divide these GPUs
      if (fewer > most_transfers_) continue;
      if (has(*part)) return;
      expect(1);
      rows_.push_back(run(*part, fewer));
      return;
    }
  }

  std::vector<FidelityRow> rows() && { return std::move(rows_); }

 private:
  static std::int64_t transfers_or_none(const Case& c) {
    try {
      return c.transfers();
    } catch (const CannotAnswer&) {
      return 0;
    }
  }

  bool has(const Case& c) const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const FidelityRow& row) {
      return row.platform == c.platform && row.variant == c.variant && row.gpus == c.gpus;
    });
  }

  FidelityRow run(const Case& c, std::int64_t transfers) {
    FidelityRow row{c.platform, c.variant, c.gpus, {}};
    for (const Fidelity level : levels) {
      if (progress_)
        progress_(done_, total_, fmt::format("{} {} GPUs, level {}", c.variant, c.gpus, name_of(level)));
      ++done_;
      if (level == Fidelity::message && transfers > most_transfers_) {
        LevelRun none;
        none.level = level;
        none.problem = fmt::format("{} transfers are more than {}", transfers, most_transfers_);
        row.levels.push_back(std::move(none));
        continue;
      }
      row.levels.push_back(in_child(level, [&] { return c.time(level); }));
    }
    return row;
  }

  std::int64_t most_transfers_;
  const std::function<void(std::size_t, std::size_t, const std::string&)>& progress_;
  std::size_t done_ = 0, total_ = 0;
  std::vector<FidelityRow> rows_;
};

Case training_case(TrainingJob job, const std::string& platform, const std::string& variant,
                   std::int64_t gpus) {
  job.gpus = gpus;
  return {platform, variant, gpus, [job] { return transfers_of(make_training_plan(job)); },
          [job](Fidelity level) { return run_training(job, level).timeline.duration; }};
}

Case fabric_case(ScenarioDescription scenario, const PlatformInstance& platform, const Catalog& catalog) {
  std::int64_t gpus = 0;
  for (const JobDescription& job : scenario.jobs) gpus += job.gpus;
  return {platform.description.name, "jobs", gpus,
          [scenario, &platform, &catalog] { return transfers_on_fabric(scenario, platform, catalog); },
          [scenario, &platform, &catalog](Fidelity level) {
            ScenarioDescription at_level = scenario;
            at_level.fidelity = level;
            return duration_on_fabric(at_level, platform, catalog);
          }};
}

// Every job on `divisor` times fewer GPUs. Nothing where one does not divide, would be alone, or has its
// nodes listed.
std::optional<ScenarioDescription> with_fewer(const ScenarioDescription& scenario, std::int64_t divisor) {
  ScenarioDescription part = scenario;
  for (JobDescription& job : part.jobs) {
    if (job.gpus % divisor != 0 || job.gpus < 2 * divisor || !job.placement.nodes.empty())
      return std::nullopt;
    job.gpus /= divisor;
  }
  return part;
}

}  // namespace

std::vector<FidelityRow> compare_levels(
    const ScenarioDescription& scenario, const Catalog& catalog, std::int64_t most_transfers,
    const std::function<void(std::size_t, std::size_t, const std::string&)>& progress) {
  Comparison comparison(most_transfers, progress);
  comparison.expect(scenario.platforms.size() *
                    (scenario.jobs.empty() ? scenario.variants.size() * scenario.gpus.size() : 1));
  PlatformShelf shelf(catalog);
  const std::vector<std::string> labels = scenario.platform_labels();
  for (std::size_t i = 0; i < scenario.platforms.size(); ++i) {
    const std::string& name = labels[i];
    const PlatformInstance* platform = shelf.find(scenario.platforms[i], scenario.platform_place(i));
    if (!scenario.jobs.empty()) {
      comparison.add(fabric_case(scenario, *platform, catalog),
                     [&](std::int64_t divisor) -> std::optional<Case> {
                       const auto part = with_fewer(scenario, divisor);
                       if (!part) return std::nullopt;
                       return fabric_case(*part, *platform, catalog);
                     });
      continue;
    }
    const WorkloadDescription workload = catalog.workload(scenario.workload, scenario.workload_place);
    for (const Variant& variant : scenario.variants)
      for (const std::int64_t gpus : scenario.gpus) {
        const TrainingJob job{platform, workload.model,     variant.training,
                              gpus,     scenario.placement, scenario.seed};
        comparison.add(training_case(job, name, variant.label, gpus),
                       [&](std::int64_t divisor) -> std::optional<Case> {
                         if (gpus % divisor != 0 || gpus < 2 * divisor) return std::nullopt;
                         return training_case(job, name, variant.label, gpus / divisor);
                       });
      }
  }
  return std::move(comparison).rows();
}

}  // namespace aifsim
