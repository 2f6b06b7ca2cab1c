#include "cli/run_tasks.hpp"

#include <fmt/format.h>

#include <iostream>

#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "experiment/slurm.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

// A task may be ended before its first point by chance, and be the only one of its array; not so often in a row.
constexpr std::size_t kFruitlessArrays = 3;

std::string states_text(const std::map<std::string, std::size_t>& states) {
  std::string text;
  for (const auto& [state, count] : states)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

std::vector<std::string> sbatch_options(const TaskOptions& o) {
  std::vector<std::string> all;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.find_first_of(" \t\r\n#'\"\\") != std::string::npos)
      throw InputError(Place{fmt::format("--{}", name)},
                       fmt::format("found \"{}\"; expected one word, without quotes and #", value));
    if (!value.empty()) all.push_back(fmt::format("--{}={}", name, value));
  };
  add("partition", o.partition);
  add("account", o.account);
  add("time", o.time);
  all.insert(all.end(), o.sbatch.begin(), o.sbatch.end());
  for (const std::string& option : all)
    if (!option.starts_with("-") || option.find('\n') != std::string::npos)
      throw InputError(
          Place{"--sbatch"},
          fmt::format("found \"{}\"; expected an option of sbatch, as --sbatch=--qos=long", option));
  return all;
}

std::vector<std::string> closing_words(const TaskOptions& o, const std::vector<std::string>& options) {
  std::vector<std::string> all{"--slurm", "--tasks", std::to_string(o.tasks)};
  for (const std::string& option : options) all.push_back("--sbatch=" + option);
  return all;
}

}  // namespace

void add_task_options(const Command& command, TaskOptions& o) {
  const Option slurm = command->add_flag(
      "--slurm", o.slurm, "Run the points as a Slurm job array, with a job behind it that writes the report");
  command
      ->add_option("--tasks", o.tasks,
                   "With --slurm: tasks of the array, each with --workers cores (default 4)")
      ->check(between(std::int64_t{1}, std::int64_t{100000}));
  command->add_option("--partition", o.partition, "With --slurm: Slurm's partition")->type_name("TEXT");
  command->add_option("--account", o.account, "With --slurm: who pays")->type_name("TEXT");
  command
      ->add_option("--time", o.time,
                   "With --slurm: time limit of each job; what it cuts short goes on in the next")
      ->type_name("TEXT");
  command
      ->add_option("--sbatch", o.sbatch,
                   "With --slurm: a further option of sbatch (--sbatch=--qos=long); may be repeated")
      ->type_name("OPTION")
      ->one_each();
  command->add_flag("--dry-run", o.dry_run, "With --slurm: print the scripts, and do nothing");
  command
      ->add_option(
          "--if-fewer-than", o.if_fewer_than,
          "With --slurm: give up after three arrays in a row that left no fewer points than this; the "
          "job behind the array uses it")
      ->check(between(std::int64_t{1}, std::int64_t{1} << 53));
  command
      ->add_option("--task", o.task,
                   "Run the points of one task, I/N from 0/N on, into a store of its own below the folder")
      ->type_name("I/N")
      ->excludes(slurm);
}

TaskShare share_of(const TaskOptions& o) {
  TaskShare share;
  int length = 0;
  if (std::sscanf(o.task.c_str(), "%zu/%zu%n", &share.index, &share.count, &length) != 2 ||
      o.task.size() != static_cast<std::size_t>(length) || share.index >= share.count)
    throw InputError(
        Place{"--task"},
        fmt::format("found \"{}\"; expected a task's number and the number of tasks, from 0/4 to 3/4",
                    o.task));
  return share;
}

void refuse_beside_slurm(const fs::path& out) {
  if (const auto plan = plan_of(fs::absolute(out).lexically_normal()))
    if (const auto states = job_states(*plan); !states.empty())
      throw CannotAnswer(
          fmt::format("Slurm still has jobs of {}: {}; `aifsim status {}` tells how far they are",
                      out.string(), states_text(states), out.string()));
}

bool submit_tasks(const TaskOptions& o, const Experiment& experiment, const fs::path& out,
                  const std::vector<std::string>& words) {
  const fs::path folder = fs::absolute(out).lexically_normal();
  SlurmRequest request;
  request.options = sbatch_options(o);
  request.name = experiment.scenario_file.stem().string();
  request.folder = folder;
  std::error_code error;
  request.program = fs::read_symlink("/proc/self/exe", error);
  request.run = words;
  request.close = closing_words(o, request.options);
  request.tasks = o.tasks;
  request.workers = std::max<std::size_t>(1, experiment.workers);
  if (!o.dry_run) refuse_beside_slurm(out);
  Store store(out);
  const CasesLeft left = cases_left(experiment, store, !o.dry_run);
  request.cases = left.cases;
  for (const std::size_t number : left.never_run) ++request.left[number % o.tasks];
  if (o.dry_run) {
    if (request.left.empty()) {
      std::cout << "Nothing is left to run in " << out.string() << '\n';
    } else {
      std::cout << array_script(request) << "\n# behind it, with --dependency=afterany\n"
                << closing_script(request);
    }
    return true;
  }
  if (request.left.empty()) {
    forget_plan(folder);
    return false;
  }
  if (o.if_fewer_than && request.all_left() >= *o.if_fewer_than) {
    const auto before = plan_of(folder);
    request.fruitless = (before ? before->fruitless : 0) + 1;
  }
  note_plan(folder, {request.cases, request.tasks, request.left, {}, request.fruitless});
  if (request.fruitless >= kFruitlessArrays)
    throw CannotAnswer(fmt::format(
        "{} of {} points are left and the last {} job arrays did none of them; their messages are in {}",
        request.all_left(), left.cases, kFruitlessArrays, (tasks_folder(folder) / "task-*.log").string()));
  const SlurmPlan plan = submit(request);
  std::cout << fmt::format(
      "Slurm's job {} runs {} of {} points in {} tasks; job {} then writes the report.\nProgress: aifsim "
      "status {}\n",
      plan.jobs[0], request.all_left(), left.cases, request.left.size(), plan.jobs[1], out.string());
  return true;
}

}  // namespace aifsim
