#include "factory/fidelity.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

FidelityRow compare(const TrainingJob& job, std::int64_t most_transfers) {
  FidelityRow row;
  std::int64_t transfers = 0;
  try {
    transfers = transfers_of(make_training_plan(job));
  } catch (const CannotAnswer&) {
    transfers = 0;  // every level says why
  }
  for (const Fidelity level : levels) {
    if (level == Fidelity::message && transfers > most_transfers) {
      LevelRun none;
      none.level = level;
      none.problem = fmt::format("{} transfers are more than {}", transfers, most_transfers);
      row.levels.push_back(std::move(none));
      continue;
    }
    row.levels.push_back(in_child(level, [&] { return run_training(job, level).timeline.duration; }));
  }
  return row;
}

}  // namespace

std::vector<FidelityRow> compare_levels(const ScenarioDescription& scenario, const Catalog& catalog,
                                        std::int64_t most_transfers) {
  std::vector<FidelityRow> rows;
  PlatformShelf shelf(catalog);
  for (const std::string& name : scenario.platforms) {
    const PlatformInstance* platform = shelf.find(name);
    if (!scenario.jobs.empty()) {
      FidelityRow row{name, "jobs", 0, {}};
      for (const JobDescription& job : scenario.jobs) row.gpus += job.gpus;
      for (const Fidelity level : levels)
        row.levels.push_back(in_child(level, [&] {
          ScenarioDescription at_level = scenario;
          at_level.fidelity = level;
          const FabricRun run = run_on_fabric(at_level, *platform, catalog);
          if (!run.problem.empty()) throw CannotAnswer(run.problem);
          return run.duration;
        }));
      rows.push_back(std::move(row));
      continue;
    }
    const WorkloadDescription workload = catalog.workload(scenario.workload, scenario.workload_place);
    for (const Variant& variant : scenario.variants)
      for (const std::int64_t gpus : scenario.gpus) {
        const TrainingJob job{platform, workload.model,     variant.training,
                              gpus,     scenario.placement, scenario.seed};
        FidelityRow row = compare(job, most_transfers);
        row.platform = name;
        row.variant = variant.label;
        row.gpus = gpus;
        rows.push_back(std::move(row));
      }
  }
  return rows;
}

}  // namespace aifsim
