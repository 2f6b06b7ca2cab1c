#include "serve/own_command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/own_process.hpp"

extern char** environ;

namespace aifsim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_out = 64 << 20, most_err = 64 << 10;
constexpr auto until_made_to = std::chrono::seconds(2);

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& own) {
  std::vector<std::string> all;
  for (char** at = environ; *at; ++at) {
    const std::string_view name(*at, std::strcspn(*at, "="));
    if (std::none_of(own.begin(), own.end(), [&](const auto& o) { return o.first == name; }))
      all.emplace_back(*at);
  }
  for (const auto& [name, value] : own) all.push_back(name + "=" + value);
  return all;
}

std::array<Descriptor, 2> pipe_ends() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw CannotAnswer("no pipe to a process of its own");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// "progress DONE COUNT NAME", as cli/progress.hpp writes it; false where a line is none.
bool take_progress(const std::string& line, const OwnCommand& command) {
  constexpr std::string_view begins = "progress ";
  if (!line.starts_with(begins)) return false;
  std::size_t done = 0, of = 0;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data() + begins.size(), end, done);
  if (first.ec != std::errc() || first.ptr == end) return false;
  const auto second = std::from_chars(first.ptr + 1, end, of);
  if (second.ec != std::errc() || second.ptr == end) return false;
  if (command.progress) command.progress(done, of, std::string(second.ptr + 1, end));
  return true;
}

// The process group of one command.
class OwnProcess {
 public:
  explicit OwnProcess(const OwnCommand& command) : command_(command) {
    std::vector<std::string> words{"aifsim"}, variables = environment_with(command.environment);
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    const std::vector<char*> arguments = pointers(words), environment = pointers(variables);
    const std::string folder = command.folder.string();
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto [out, out_end] = pipe_ends();
    auto [err, err_end] = pipe_ends();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw CannotAnswer("no process of its own for a run");
    if (pid_ == 0) {  // other threads are gone, maybe amid an allocation: system calls alone
      setpgid(0, 0);
      end_with_parent(parent);
      const rlimit none{};
      setrlimit(RLIMIT_CORE, &none);
      for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
      sigset_t no_signals;
      sigemptyset(&no_signals);
      pthread_sigmask(SIG_SETMASK, &no_signals, nullptr);
      dup2(nothing.number(), STDIN_FILENO);
      dup2(out_end.number(), STDOUT_FILENO);
      dup2(err_end.number(), STDERR_FILENO);
      if (chdir(folder.c_str()) == 0) execve("/proc/self/exe", arguments.data(), environment.data());
      _exit(127);
    }
    setpgid(pid_, pid_);  // whoever comes first
    out_ = std::move(out);
    err_ = std::move(err);
  }
  ~OwnProcess() { end(); }
  OwnProcess(const OwnProcess&) = delete;
  OwnProcess& operator=(const OwnProcess&) = delete;

  OwnOutcome outcome(int stop) {
    OwnOutcome all;
    auto until = Clock::now() + command_.longest;
    bool asked = false;
    const auto ask_to_end = [&](OwnEnd why) {
      if (all.how == OwnEnd::by_itself) all.how = why;
      kill(-pid_, asked ? SIGKILL : SIGTERM);
      until = Clock::now() + until_made_to;
      asked = true;
    };
    std::string line;
    while (out_ || err_) {
      std::array<pollfd, 3> waiting{
          {{out_.number(), POLLIN, 0}, {err_.number(), POLLIN, 0}, {asked ? -1 : stop, POLLIN, 0}}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      const int ready =
          poll(waiting.data(), waiting.size(),
               static_cast<int>(
                   std::clamp(left, std::chrono::milliseconds(0), std::chrono::milliseconds(60000)).count()));
      if (ready < 0 && errno != EINTR) break;
      if (ready < 0) continue;
      if (waiting[2].revents != 0) ask_to_end(OwnEnd::stopped);
      if (Clock::now() >= until) ask_to_end(OwnEnd::too_long);
      if (waiting[0].revents != 0)
        read_from(out_, [&](const char* text, std::size_t size) {
          if (all.out.size() + size <= most_out)
            all.out.append(text, size);
          else if (!asked)
            ask_to_end(OwnEnd::too_much);
        });
      if (waiting[1].revents != 0)
        read_from(err_, [&](const char* text, std::size_t size) {
          for (const char* const text_end = text + size; text < text_end; ++text) {
            if (*text != '\n') {
              if (line.size() < most_err) line += *text;
              continue;
            }
            take_line(line, all.err);
            line.clear();
          }
        });
    }
    if (!line.empty()) take_line(line, all.err);
    const int status = end();
    if (WIFEXITED(status))
      all.code = WEXITSTATUS(status);
    else
      all.signal = how_it_ended(status);
    return all;
  }

 private:
  template <class Take>
  static void read_from(Descriptor& from, const Take& take) {
    std::array<char, 65536> part;
    const ssize_t got = read(from.number(), part.data(), part.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0)
      from = Descriptor();
    else
      take(part.data(), static_cast<std::size_t>(got));
  }

  void take_line(const std::string& line, std::string& err) const {
    if (!take_progress(line, command_) && err.size() + line.size() < most_err) err += line + '\n';
  }

  // The process, and those that it left behind; its number stays taken until then.
  int end() {
    if (pid_ <= 0) return 0;
    siginfo_t ended{};
    if (out_ || err_) kill(-pid_, SIGKILL);
    while (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

  const OwnCommand& command_;
  pid_t pid_ = 0;
  Descriptor out_, err_;
};

}  // namespace

OwnOutcome run_own(const OwnCommand& command, int stop) { return OwnProcess(command).outcome(stop); }

}  // namespace aifsim
