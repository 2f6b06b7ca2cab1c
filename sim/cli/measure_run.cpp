#include "cli/measure_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/process.hpp>
#include <boost/process/extend.hpp>
#include <csignal>
#include <sstream>

#include "base/error.hpp"

namespace aifsim {
namespace {

namespace process = boost::process;

// In the child: as much of the processor as we may have, since whoever else runs disturbs the timing; and it
// ends when we do. A kernel that groups processes by session (autogroup) weighs the session's niceness.
struct Prepare : process::extend::handler {
  template <class Executor>
  void on_exec_setup(Executor&) const {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setsid();
    setpriority(PRIO_PROCESS, 0, -20);
    const int group = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (group < 0) return;
    [[maybe_unused]] const ssize_t written = write(group, "-20", 3);
    close(group);
  }
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, '\t');) parts.push_back(part);
  return parts;
}

// False: not a line of the protocol.
bool take(const std::vector<std::string>& parts, Measured& measured, const MeasureProgress& progress,
          std::string& problem) {
  const auto number = [](const std::string& text) {
    return static_cast<std::size_t>(std::strtoul(text.c_str(), nullptr, 10));
  };
  if (parts.size() == 3 && parts[0] == "meta") {
    measured.metadata.emplace_back(parts[1], parts[2]);
  } else if (parts.size() >= 3 && parts[0] == "case") {
    progress(number(parts[1]), number(parts[2]), parts.size() > 3 ? parts[3] : "");
  } else if (parts.size() == 3 && parts[0] == "skip") {
    measured.skipped.emplace_back(parts[1], parts[2]);
  } else if (parts.size() == 2 && parts[0] == "error") {
    problem = parts[1];
  } else if (parts.size() > 1 && parts[0] == "row") {
    RecordRow row;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::size_t equals = parts[i].find('=');
      if (equals == std::string::npos) return false;
      const std::string column = parts[i].substr(0, equals);
      const auto& known = record_columns();
      if (std::find(known.begin(), known.end(), column) == known.end()) return false;
      row.set(column, parts[i].substr(equals + 1));
    }
    measured.rows.push_back(std::move(row));
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string cell_of(const RecordRow& row, const std::string& column) {
  std::string value;  // a later cell of the same column counts
  for (const auto& [key, text] : row.cells())
    if (key == column) value = text;
  return value;
}

void run_measuring_program(const std::vector<std::string>& command,
                           const std::vector<std::pair<std::string, std::string>>& environment,
                           Measured& measured, const MeasureProgress& progress) {
  process::environment variables = boost::this_process::environment();
  for (const auto& [key, value] : environment) variables[key] = value;
  process::ipstream out;
  std::error_code failed;
  process::child child(process::exe = command.front(),
                       process::args = std::vector<std::string>(command.begin() + 1, command.end()),
                       process::std_out > out, process::std_in < process::null, variables, Prepare{}, failed);
  if (failed) throw CannotAnswer(fmt::format("cannot start {}: {}", command.front(), failed.message()));
  std::string problem, odd;
  for (std::string line; std::getline(out, line);) {
    if (!line.empty() && !take(split(line), measured, progress, problem) && odd.empty()) odd = line;
  }
  child.wait();
  if (!problem.empty()) throw CannotAnswer(problem);
  if (child.exit_code() != 0)
    throw CannotAnswer(fmt::format("{} failed with exit code {}{}; its messages are above", command.front(),
                                   child.exit_code(), odd.empty() ? "" : " after printing \"" + odd + "\""));
  if (!odd.empty()) throw CannotAnswer(fmt::format("{} printed \"{}\"", command.front(), odd));
}

}  // namespace aifsim
