#include "experiment/workers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace aifsim {
namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t came = 0;

extern "C" void remember(int signal) { came = signal; }

// Signals are let in only while we wait, so that none is missed between a look and the wait.
class SignalsWatched {
 public:
  SignalsWatched() {
    came = 0;
    sigset_t ours;
    sigemptyset(&ours);
    for (std::size_t i = 0; i < signals.size(); ++i) {
      struct sigaction action {};
      sigaction(signals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler == SIG_IGN) continue;  // nohup
      action.sa_handler = remember;
      sigaction(signals[i], &action, nullptr);
      sigaddset(&ours, signals[i]);
    }
    pipe_ = std::signal(SIGPIPE, SIG_IGN);  // a worker that died is told by its answers' end
    pthread_sigmask(SIG_BLOCK, &ours, &mask_);
  }
  ~SignalsWatched() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
    std::signal(SIGPIPE, pipe_);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }
  SignalsWatched(const SignalsWatched&) = delete;
  SignalsWatched& operator=(const SignalsWatched&) = delete;
  const sigset_t& while_waiting() const { return mask_; }

 private:
  std::array<struct sigaction, signals.size()> before_{};
  sigset_t mask_{};
  void (*pipe_)(int) = SIG_DFL;
};

// False: the other end is gone.
bool write_all(int to, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = write(to, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int from, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t n = read(from, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

enum class Answer : std::uint64_t { fine, input_error, failed };
struct Head {
  Answer answer = Answer::fine;
  std::uint64_t size = 0;
};

std::string to_text(const InputError& error) {
  nlohmann::json all = nlohmann::json::array();
  for (const Problem& p : error.problems())
    all.push_back({p.place.file, p.place.line, p.place.column, p.message});
  return all.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

InputError input_error_from(const std::string& text) {
  std::vector<Problem> problems;
  for (const auto& p : nlohmann::json::parse(text)) problems.push_back({{p[0], p[1], p[2]}, p[3]});
  return InputError(std::move(problems));
}

using Work = std::function<std::string(std::size_t)>;

constexpr std::uint64_t no_more = ~std::uint64_t{0};  // instead of a task

[[noreturn]] void serve(int tasks, int answers, const Work& work) {
  for (std::uint64_t task = 0; read_all(tasks, &task, sizeof task) && task != no_more;) {
    Head head;
    std::string text;
    try {
      text = work(task);
    } catch (const InputError& error) {
      head.answer = Answer::input_error;
      text = to_text(error);
    } catch (const std::exception& error) {
      head.answer = Answer::failed;
      text = error.what();
    }
    head.size = text.size();
    if (!write_all(answers, &head, sizeof head) || !write_all(answers, text.data(), text.size())) break;
  }
  _exit(0);
}

class Worker {
 public:
  Worker(const Work& work, const sigset_t& mask) {
    std::array<int, 2> down{}, up{};
    if (pipe2(down.data(), O_CLOEXEC) != 0) throw CannotAnswer("no pipe to a process of its own");
    tasks_ = Descriptor(down[1]);
    const Descriptor task_end(down[0]);
    if (pipe2(up.data(), O_CLOEXEC) != 0) throw CannotAnswer("no pipe to a process of its own");
    answers_ = Descriptor(up[0]);
    const Descriptor answer_end(up[1]);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw CannotAnswer("no process of its own for a case");
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the parent ends its workers
    if (getppid() != parent) _exit(1);
    std::signal(SIGINT, SIG_IGN);  // the parent's to answer
    for (const int other : {SIGTERM, SIGHUP}) std::signal(other, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    close(down[1]);
    serve(down[0], up[1], work);
  }
  ~Worker() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool give(std::uint64_t task) {
    task_ = task;
    ++given_;
    return write_all(tasks_.number(), &task, sizeof task);
  }
  // Once its answer can be read; false where its process has ended instead.
  bool take(Head& head, std::string& text) {
    if (!read_all(answers_.number(), &head, sizeof head)) return false;
    text.resize(head.size);
    return read_all(answers_.number(), text.data(), text.size());
  }
  // Waits for the end of the process, and says what it took and how it ended.
  TaskEnd end() {
    write_all(tasks_.number(), &no_more, sizeof no_more);
    TaskEnd how;
    int status = 0;
    rusage usage{};
    wait4(pid_, &status, 0, &usage);
    pid_ = 0;
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    how.cpu = Seconds{seconds(usage.ru_utime) + seconds(usage.ru_stime)};
    how.peak_megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
    how.died = WIFSIGNALED(status)
                   ? fmt::format("its process was ended by signal {} ({}){}", WTERMSIG(status),
                                 strsignal(WTERMSIG(status)),
                                 WTERMSIG(status) == SIGKILL ? ", as happens when memory runs out" : "")
                   : fmt::format("its process ended with status {} and no answer", WEXITSTATUS(status));
    return how;
  }

  int answers() const { return answers_.number(); }
  std::size_t task() const { return task_; }
  std::size_t given() const { return given_; }

 private:
  pid_t pid_ = 0;
  Descriptor tasks_, answers_;
  std::size_t task_ = 0, given_ = 0;
};

}  // namespace

std::size_t cores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
}

void run_in_workers(std::size_t tasks, const WorkerOptions& options, const Work& work,
                    const std::function<void(std::size_t, TaskEnd&&)>& done) {
  const SignalsWatched watched;
  const std::size_t most = std::min(tasks, options.workers > 0 ? options.workers : cores());
  std::vector<std::unique_ptr<Worker>> pool;
  std::size_t next = 0, ended = 0;
  const auto finish = [&](std::size_t task, TaskEnd&& end) {
    ++ended;
    done(task, std::move(end));
  };
  while (ended < tasks) {
    while (pool.size() < most && next < tasks) {
      pool.push_back(std::make_unique<Worker>(work, watched.while_waiting()));
      pool.back()->give(next++);
    }
    std::vector<pollfd> waiting;
    for (const auto& worker : pool) waiting.push_back({worker->answers(), POLLIN, 0});
    if (ppoll(waiting.data(), waiting.size(), nullptr, &watched.while_waiting()) < 0 && errno != EINTR)
      throw std::runtime_error("poll: " + std::string(std::strerror(errno)));
    if (came != 0) throw Interrupted{came};
    for (std::size_t i = pool.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      Worker& worker = *pool[i];
      const std::size_t task = worker.task();
      Head head;
      TaskEnd end;
      if (!worker.take(head, end.bytes)) {
        end = worker.end();
        pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(i));
        finish(task, std::move(end));
        continue;
      }
      if (head.answer == Answer::input_error) throw input_error_from(end.bytes);
      if (head.answer == Answer::failed) end.died = "internal error: " + std::exchange(end.bytes, {});
      if (next < tasks && worker.given() < options.tasks_each) {
        worker.give(next++);
      } else {
        const TaskEnd usage = worker.end();
        end.cpu = usage.cpu;
        end.peak_megabytes = usage.peak_megabytes;
        pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(i));
      }
      finish(task, std::move(end));
    }
  }
}

}  // namespace aifsim
