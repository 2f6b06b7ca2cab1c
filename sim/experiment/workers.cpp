#include "experiment/workers.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "base/own_process.hpp"

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

using TaskWork = std::function<std::string(std::size_t)>;

constexpr std::uint64_t no_more = ~std::uint64_t{0};  // instead of a task

[[noreturn]] void serve(int tasks, int answers, const TaskWork& work) {
  for (std::uint64_t task = 0; read_all(tasks, &task, sizeof task) && task != no_more;)
    if (!write_answer(answers, answer_of([&] { return work(task); }))) break;
  _exit(0);
}

class Worker {
 public:
  Worker(const TaskWork& work, const sigset_t& mask) {
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
    end_with_parent(parent);
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
  bool take(ProcessAnswer& answer) { return read_answer(answers_.number(), answer); }
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
    how.died = "its process " + how_it_ended(status);
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

void run_in_workers(std::size_t tasks, const WorkerOptions& options, const TaskWork& work,
                    const std::function<void(std::size_t, TaskEnd&&)>& done) {
  const SignalsWatched watched;
  const std::size_t most = std::min(tasks, options.workers > 0 ? options.workers : cores());
  std::vector<std::unique_ptr<Worker>> pool;
  std::size_t next = 0, ended = 0;
  const auto finish = [&](std::size_t task, TaskEnd&& end) {
    ++ended;
    done(task, std::move(end));
  };
  const auto pass_needless = [&] {
    for (; options.needless && next < tasks && options.needless(next); ++next) finish(next, {});
  };
  pass_needless();
  while (ended < tasks) {
    while (pool.size() < most && next < tasks) {
      pool.push_back(std::make_unique<Worker>(work, watched.while_waiting()));
      pool.back()->give(next++);
      pass_needless();
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
      ProcessAnswer answer;
      TaskEnd end;
      if (!worker.take(answer)) {
        end = worker.end();
        pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(i));
        finish(task, std::move(end));
        continue;
      }
      if (answer.kind == AnswerKind::input_error) throw_error(answer);
      if (answer.kind == AnswerKind::fine) {
        end.bytes = std::move(answer.bytes);
      } else {
        end.died = "internal error: " + answer.bytes;
      }
      if (next < tasks && worker.given() < options.tasks_each) {
        finish(task, std::move(end));
        pass_needless();
        if (next < tasks)
          worker.give(next++);
        else
          pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      const TaskEnd usage = worker.end();
      end.cpu = usage.cpu;
      end.peak_megabytes = usage.peak_megabytes;
      pool.erase(pool.begin() + static_cast<std::ptrdiff_t>(i));
      finish(task, std::move(end));
    }
  }
}

}  // namespace aifsim
