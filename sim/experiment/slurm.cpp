#include "experiment/slurm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/atomic_file.hpp"
#include "base/atomic_folder.hpp"
#include "base/error.hpp"
#include "experiment/tasks.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

fs::path plan_file(const fs::path& folder) { return tasks_folder(folder) / "plan.json"; }

// As one word of a shell.
std::string word(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shell_words(const std::vector<std::string>& all) {
  std::string line;
  for (const std::string& one : all) line += (line.empty() ? "" : " ") + word(one);
  return line;
}

// Slurm reads its lines of a script with quotes and replaces what follows a percent sign.
std::string slurm_path(const fs::path& folder, const std::string& name = "") {
  const std::string text = folder.string();
  if (text.find_first_of("%\"\\\n") != std::string::npos)
    throw InputError(Place{text}, "a folder for Slurm's jobs cannot have one of % \" \\ in its path");
  return '"' + text + (name.empty() ? "" : "/" + name) + '"';
}

std::string head(const SlurmRequest& r, const std::string& name, const std::string& log) {
  std::string job = name;  // a file's name may hold anything
  for (char& c : job)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  std::string text = fmt::format(
      "#!/bin/sh\n#SBATCH --job-name={}\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task={}\n#SBATCH --requeue\n"
      "#SBATCH --open-mode=append\n#SBATCH --output={}\n#SBATCH --chdir={}\n",
      job, r.workers, slurm_path(tasks_folder(r.folder), log), slurm_path(fs::current_path()));
  for (const std::string& option : r.options) text += "#SBATCH " + option + '\n';
  return text;
}

std::string command(const SlurmRequest& r) {
  return "export OPENBLAS_NUM_THREADS=1\nexec " + word(r.program.string()) + " " + shell_words(r.run) +
         fmt::format(" --workers {}", r.workers);
}

struct Told {
  int code = 0;
  std::string text;  // both streams
};

Told tell(const std::vector<std::string>& all) {
  Told told;
  FILE* pipe = popen((shell_words(all) + " 2>&1 </dev/null").c_str(), "re");
  if (!pipe) throw CannotAnswer("cannot start " + all.front());
  std::array<char, 4096> buffer;
  for (std::size_t got; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    told.text.append(buffer.data(), got);
  const int status = pclose(pipe);
  told.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  while (!told.text.empty() && told.text.back() == '\n') told.text.pop_back();
  return told;
}

// The job's id.
std::string sbatch(const fs::path& script, const std::vector<std::string>& options) {
  std::vector<std::string> all{"sbatch", "--parsable"};
  all.insert(all.end(), options.begin(), options.end());
  all.push_back(script.string());
  const Told told = tell(all);
  std::string id;  // on a line of its own, ";CLUSTER" may follow; a site's messages may stand around it
  std::istringstream lines(told.text);
  for (std::string line; std::getline(lines, line);)
    if (const std::string number = line.substr(0, line.find(';'));
        !number.empty() && number.find_first_not_of("0123456789") == std::string::npos)
      id = number;
  if (told.code == 127) throw CannotAnswer("there is no sbatch here: run this where Slurm's commands are");
  if (told.code != 0 || id.empty())
    throw CannotAnswer(fmt::format("sbatch took no job from {}: {}", script.string(), told.text));
  return id;
}

void write(const fs::path& path, const std::string& text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void write_plan(const fs::path& folder, const SlurmPlan& plan) {
  Json left = Json::object();
  for (const auto& [task, cases] : plan.left) left[std::to_string(task)] = cases;
  const Json json{{"cases", plan.cases},
                  {"tasks", plan.tasks},
                  {"left", left},
                  {"jobs", plan.jobs},
                  {"fruitless", plan.fruitless}};
  write(plan_file(folder), json.dump(2) + '\n');
}

// "0-2,7", as --array takes it.
std::string array_of(const std::map<std::size_t, std::size_t>& left) {
  std::string text;
  for (auto at = left.begin(); at != left.end();) {
    const std::size_t first = at->first;
    std::size_t last = first;
    for (++at; at != left.end() && at->first == last + 1; ++at) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", first);
    if (last > first) text += fmt::format("-{}", last);
  }
  return text;
}

}  // namespace

std::size_t SlurmRequest::all_left() const {
  std::size_t all = 0;
  for (const auto& [task, count] : left) all += count;
  return all;
}

std::string array_script(const SlurmRequest& r) {
  return head(r, "aifsim-" + r.name, "task-%a.log") + fmt::format("#SBATCH --array={}\n", array_of(r.left)) +
         command(r) + fmt::format(" --task \"$SLURM_ARRAY_TASK_ID/{}\"\n", r.tasks);
}

std::string closing_script(const SlurmRequest& r) {
  return head(r, "aifsim-" + r.name + "-close", "close.log") +
         "# Gathers the tasks' cases: the report, or the array anew where cases are left.\n" + command(r) +
         " " + shell_words(r.close) + fmt::format(" --if-fewer-than {}\n", r.all_left());
}

SlurmPlan submit(const SlurmRequest& r) {
  const std::string array = array_script(r), closing = closing_script(r);
  const fs::path tasks = tasks_folder(r.folder);
  make_folders(tasks);
  write(tasks / "array.sh", array);
  write(tasks / "close.sh", closing);
  SlurmPlan plan{r.cases, r.tasks, r.left, {}, r.fruitless};
  plan.jobs.push_back(sbatch(tasks / "array.sh", {}));
  try {
    plan.jobs.push_back(sbatch(tasks / "close.sh", {"--dependency=afterany:" + plan.jobs.front()}));
    write_plan(r.folder, plan);
  } catch (const std::exception&) {
    for (const std::string& job : plan.jobs) tell({"scancel", job});
    throw;
  }
  return plan;
}

std::optional<SlurmPlan> plan_of(const fs::path& folder) {
  const Json json = Json::parse(text_if_there(plan_file(folder)), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  if (!json.value("left", Json::object()).is_object()) return std::nullopt;
  try {
    SlurmPlan plan{json.value("cases", std::size_t{0}),
                   json.value("tasks", std::size_t{0}),
                   {},
                   {},
                   json.value("fruitless", std::size_t{0})};
    const Json left = json.value("left", Json::object());
    for (const auto& [task, cases] : left.items())
      plan.left[std::strtoull(task.c_str(), nullptr, 10)] = cases.get<std::size_t>();
    plan.jobs = json.value("jobs", std::vector<std::string>{});
    return plan;
  } catch (const Json::exception&) {  // no plan of ours
    return std::nullopt;
  }
}

void note_plan(const fs::path& folder, const SlurmPlan& plan) {
  make_folders(tasks_folder(folder));
  write_plan(folder, plan);
}

void forget_plan(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(plan_file(folder), ignored);
}

std::map<std::string, std::size_t> job_states(const SlurmPlan& plan) {
  std::map<std::string, std::size_t> states;
  const char* own = std::getenv("SLURM_JOB_ID");
  for (const std::string& job :
       plan.jobs) {  // one by one: an id that Slurm has forgotten is an error for all
    if (own && job == own) continue;
    const Told told = tell({"squeue", "--noheader", "--array", "--jobs=" + job, "--format=%T"});
    if (told.code == 127 || told.text.find("Invalid job id") != std::string::npos)
      continue;  // none, or forgotten
    if (told.code != 0) throw CannotAnswer("Slurm does not tell of its jobs: " + told.text);
    std::istringstream lines(told.text);
    for (std::string state; lines >> state;) ++states[state];
  }
  return states;
}

}  // namespace aifsim
