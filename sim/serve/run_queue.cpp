#include "serve/run_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/user_file.hpp"
#include "report/errors_json.hpp"
#include "serve/own_command.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_title = 200;

bool has_ended(RunState state) { return state != RunState::waiting && state != RunState::running; }

// Of the line `title: ...` as it stands there; the scenario need not be sound.
std::string title_line(const std::string& scenario) {
  constexpr std::string_view key = "title:";
  std::size_t at = scenario.starts_with(key) ? 0 : scenario.find("\n" + std::string(key));
  if (at == std::string::npos) return "";
  at = scenario.find(':', at) + 1;
  std::string title = scenario.substr(at, scenario.find('\n', at) - at);
  const auto is_around = [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r'; };
  while (!title.empty() && is_around(title.back())) title.pop_back();
  title.erase(title.begin(), std::find_if_not(title.begin(), title.end(), is_around));
  return title.substr(0, longest_title);
}

bool tells_errors(const std::string& out) {
  const auto json = nlohmann::json::parse(out, nullptr, false);
  return json.is_object() && json.contains("errors");
}

}  // namespace

const char* name_of(RunState state) {
  constexpr const char* names[] = {"waiting", "running", "done", "failed", "cancelled"};
  return names[static_cast<std::size_t>(state)];
}

RunQueue::RunQueue(fs::path folder, const Workplace& workplace, QueueLimits limits)
    : folder_(std::move(folder)), workplace_(workplace), limits_(limits), thread_([this] { work(); }) {}

std::optional<int> RunQueue::add(const std::string& scenario, bool influence) {
  const std::lock_guard lock(mutex_);
  const auto waits = [](const auto& run) { return run.second->view.state == RunState::waiting; };
  const auto waiting = static_cast<std::size_t>(std::count_if(runs_.begin(), runs_.end(), waits));
  if (stopping_ || waiting >= limits_.waiting) return std::nullopt;
  auto run = std::make_shared<Run>();
  run->view.id = ++last_;
  run->view.title = title_line(scenario);
  run->influence = influence;
  workplace_.furnish(folder_of(last_) / "in", scenario);
  runs_.emplace(last_, std::move(run));
  changed_.notify_all();
  return last_;
}

bool RunQueue::cancel(int id) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  if (found == runs_.end() || has_ended(found->second->view.state)) return false;
  if (found->second->view.state == RunState::waiting) found->second->view.state = RunState::cancelled;
  found->second->stop.turn();
  return true;
}

RunView RunQueue::view_of(const Run& one) const {
  RunView view = one.view;
  const auto before = [&](const auto& other) {
    return other.first < view.id && !has_ended(other.second->view.state);
  };
  view.ahead = static_cast<std::size_t>(std::count_if(runs_.begin(), runs_.end(), before));
  if (view.state != RunState::running) return view;
  const auto now = Clock::now();
  view.seconds = std::chrono::duration<double>(now - one.began).count();
  if (view.done > one.phase_from && view.of >= view.done)
    view.left = std::chrono::duration<double>(now - one.phase_began).count() /
                static_cast<double>(view.done - one.phase_from) * static_cast<double>(view.of - view.done);
  return view;
}

std::optional<RunView> RunQueue::view(int id) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  if (found == runs_.end()) return std::nullopt;
  return view_of(*found->second);
}

std::vector<RunView> RunQueue::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<RunView> views;
  for (auto at = runs_.rbegin(); at != runs_.rend(); ++at) views.push_back(view_of(*at->second));
  return views;
}

std::optional<std::string> RunQueue::text(int id, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(id);
  if (found == runs_.end()) return std::nullopt;
  if (name == Workplace::scenario_file) return UserFile::open(folder_of(id) / "in" / name).text();
  if (found->second->view.state != RunState::done || (name != "result.json" && name != "report.html"))
    return std::nullopt;
  return UserFile::open(folder_of(id) / "out" / name).text();
}

void RunQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [id, run] : runs_) run->stop.turn();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void RunQueue::work() {
  for (;;) {
    std::shared_ptr<Run> next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        const auto found = std::find_if(runs_.begin(), runs_.end(), [](const auto& r) {
          return r.second->view.state == RunState::waiting;
        });
        if (found != runs_.end()) next = found->second;
        return stopping_ || next;
      });
      if (stopping_) return;
      next->view.state = RunState::running;
      next->began = next->phase_began = Clock::now();
    }
    run(*next);
  }
}

void RunQueue::take_progress(Run& one, std::size_t done, std::size_t of, const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (of != one.view.of || done < one.view.done) {  // another phase begins
    one.phase_began = Clock::now();
    one.phase_from = done;
  }
  one.view.done = done;
  one.view.of = of;
  one.view.what = what;
}

void RunQueue::run(Run& one) {
  const fs::path in = folder_of(one.view.id) / "in", out = folder_of(one.view.id) / "out";
  OwnCommand command{.arguments = {"compare", Workplace::scenario_file, "--json", "--out", out.string()},
                     .folder = in,
                     .environment = workplace_.environment(in),
                     .longest = limits_.longest,
                     .progress = [&](std::size_t done, std::size_t of, const std::string& what) {
                       take_progress(one, done, of, what);
                     }};
  if (!one.influence) command.arguments.emplace_back("--no-influence");
  OwnOutcome ended;
  std::string problem;
  try {
    ended = run_own(command, one.stop.number());
    if (ended.how == OwnEnd::too_long)
      problem = fmt::format(
          "took longer than {:.3g} minutes and was ended; `aifsim serve --longest` says how long a run may "
          "take",
          std::chrono::duration<double, std::ratio<60>>(limits_.longest).count());
    else if (ended.how == OwnEnd::too_much)
      problem = "printed more than 64 MiB and was ended";
    else if (!ended.signal.empty())
      problem = "the run " + ended.signal;
  } catch (const std::exception& error) {
    problem = error.what();
  }
  std::error_code none;
  const std::lock_guard lock(mutex_);
  RunView& view = one.view;
  view.seconds = std::chrono::duration<double>(Clock::now() - one.began).count();
  view.exit_code = ended.code;
  view.messages = ended.err;
  if (ended.how == OwnEnd::stopped) {
    view.state = RunState::cancelled;
  } else if (problem.empty() && ended.code <= 1 && fs::exists(out / "result.json", none) &&
             !tells_errors(ended.out)) {
    view.state = RunState::done;
  } else {
    view.state = RunState::failed;
    if (problem.empty() && !tells_errors(ended.out))
      problem = fmt::format("the run ended with exit code {} and no answer", ended.code);
    if (!problem.empty()) view.exit_code = 1;
    view.errors = problem.empty() ? ended.out : errors_json({{{}, problem}}, view.exit_code);
  }
  drop_old();
}

void RunQueue::drop_old() {
  std::size_t ended = 0;
  for (auto at = runs_.end(); at != runs_.begin();) {
    --at;
    if (!has_ended(at->second->view.state) || ++ended <= limits_.kept) continue;
    std::error_code error;  // what cannot be removed goes with the server
    fs::remove_all(folder_of(at->first), error);
    at = runs_.erase(at);
  }
}

}  // namespace aifsim
