// aifsim status: how far a scenario is that runs elsewhere, from the small files that its tasks write.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text_table.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "experiment/slurm.hpp"
#include "experiment/store.hpp"
#include "experiment/tasks.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Status {
  std::size_t cases = 0, left = 0;
  std::size_t not_begun = 0;  // tasks of `run --task` that have told nothing
  double per_second = 0;      // of the tasks that have told something lately
  std::vector<TaskProgress> tasks;
  std::map<std::string, std::size_t> jobs;
};

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Between two signs of life lies a case; who gives none for much longer is no longer there, or waits.
bool alive(const TaskProgress& task) {
  const double wait = task.per_second() > 0 ? 5 / task.per_second() : 0;
  return task.ended < task.cases && now() - task.last < std::max(60.0, wait);
}

fs::path folder_of_run(const std::string& given) {
  std::error_code error;
  if (fs::is_directory(given, error)) return given;
  const fs::path usual = fs::path("out") / fs::path(given).stem();  // as `run` names it
  if (fs::is_directory(usual, error)) return usual;
  throw InputError(Place{given},
                   fmt::format("nothing has run here: there is neither this folder nor {}", usual.string()));
}

// Points of tasks that were started by hand: all that the scenario has, whatever tasks have begun.
void count_all_shares(Status& status, const fs::path& folder) {
  std::size_t all = 0, ended = 0;
  bool tasks = false, here = false;
  std::map<std::size_t, std::size_t> begun;  // by the number of tasks
  for (const TaskProgress& task : status.tasks) {
    all = std::max(all, task.all);
    ended += task.ended + task.kept;
    if (const auto share = share_of_task(task.task)) ++begun[share->count];
    (task.task.empty() ? here : tasks) = true;
  }
  if (!tasks || all == 0) return;
  if (!here) ended += answered_at_rest(folder).size();
  status.cases = all;
  status.left = all - std::min(all, ended);
  if (status.left > 0 && begun.size() == 1) status.not_begun = begun.begin()->first - begun.begin()->second;
}

Status status_of(const fs::path& folder) {
  Status status;
  const auto plan = plan_of(folder);
  std::map<std::size_t, std::size_t> left;
  if (plan) {
    status.cases = plan->cases;
    try {
      status.jobs = job_states(*plan);
    } catch (const CannotAnswer&) {  // Slurm does not tell; the tasks' files do
      status.jobs["UNKNOWN"] = plan->jobs.size();
    }
    left = plan->left;
  }
  for (TaskProgress& task : progress_below(folder)) {
    if (!plan) {
      status.cases += task.cases + task.kept;
      status.left += task.cases - task.ended;
    } else if (task.task.ends_with(fmt::format("-of-{}", plan->tasks))) {
      left[std::strtoull(task.task.c_str(), nullptr, 10)] = task.cases - task.ended;
    }
    if (alive(task)) status.per_second += task.per_second();
    status.tasks.push_back(std::move(task));
  }
  for (const auto& [task, cases] : left) status.left += cases;
  if (!plan) count_all_shares(status, folder);
  status.left = std::min(status.left, status.cases);
  if (!plan && status.tasks.empty()) status.cases = answered_at_rest(folder).size();
  if (status.cases == 0)
    throw InputError(Place{folder.string()},
                     "nothing has run here: the folder holds no points; that of `aifsim run --out` would");
  return status;
}

// To the second.
std::string whole_seconds(double seconds) { return human_time(Seconds{std::max(0.0, std::round(seconds))}); }

void print(const fs::path& folder, const Status& s) {
  const std::size_t done = s.cases - s.left;
  std::cout << fmt::format("{}: {} of {} points have ended", folder.string(), done, s.cases);
  if (s.left > 0 && s.per_second > 0)
    std::cout << fmt::format(", {:.3g} a second, about {} left", s.per_second,
                             whole_seconds(static_cast<double>(s.left) / s.per_second));
  if (s.not_begun > 0) std::cout << "; tasks that have not begun: " << s.not_begun;
  std::cout << '\n';
  if (!s.jobs.empty()) {
    std::cout << "Slurm's jobs:";
    for (const auto& [state, count] : s.jobs) std::cout << ' ' << count << ' ' << state;
    std::cout << '\n';
  }
  if (s.tasks.empty()) return;
  TextTable table({{"task", true},
                   {"points", false},
                   {"ended", false},
                   {"a second", false},
                   {"last sign of life", false}});
  for (const TaskProgress& task : s.tasks)
    table.row({task.task.empty() ? "here" : task.task, std::to_string(task.cases + task.kept),
               std::to_string(task.ended + task.kept), fmt::format("{:.3g}", task.per_second()),
               task.ended == task.cases ? "has ended" : whole_seconds(now() - task.last) + " ago"});
  std::cout << table.str(output_width());
}

void print_json(const fs::path& folder, const Status& s) {
  Json all{{"folder", folder.string()}, {"points", s.cases}, {"ended", s.cases - s.left}};
  all["points_per_s"] = s.per_second;
  all["seconds_left"] = s.left == 0        ? Json(0)
                        : s.per_second > 0 ? Json(static_cast<double>(s.left) / s.per_second)
                                           : Json(nullptr);
  all["slurm_jobs"] = s.jobs;
  all["tasks_not_begun"] = s.not_begun;
  all["tasks"] = Json::array();
  for (const TaskProgress& task : s.tasks)
    all["tasks"].push_back({{"task", task.task.empty() ? Json(nullptr) : Json(task.task)},
                            {"points", task.cases + task.kept},
                            {"ended", task.ended + task.kept},
                            {"points_per_s", task.per_second()},
                            {"seconds_since_sign_of_life", std::max(0.0, now() - task.last)}});
  std::cout << all.dump(2) << '\n';
}

}  // namespace

void register_status(const Command& app, const Context&) {
  struct Options {
    std::string run;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  const Command command =
      app.add_subcommand("status", "How far a scenario is that runs elsewhere, over all its tasks");
  command
      ->add_option("RUN", options->run,
                   "The folder of its results, or the scenario where that is the usual one")
      ->required()
      ->type_name("DIR");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim status out/first-look");
  command->callback([options] {
    const fs::path folder = folder_of_run(options->run);
    const Status status = status_of(folder);
    options->json ? print_json(folder, status) : print(folder, status);
  });
}

}  // namespace aifsim
