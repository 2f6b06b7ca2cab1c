#include "experiment/workers.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <map>
#include <set>
#include <stdexcept>

#include "base/error.hpp"

namespace aifsim {
namespace {

struct Ended {
  std::map<std::size_t, TaskEnd> tasks;
  std::function<void(std::size_t, TaskEnd&&)> hear() {
    return [this](std::size_t task, TaskEnd&& end) { CHECK(tasks.emplace(task, std::move(end)).second); };
  }
};

}  // namespace

TEST_CASE("every task runs once, in other processes, whatever their number", "[experiment]") {
  for (const std::size_t workers : {1, 2, 5}) {
    Ended ended;
    run_in_workers(
        23, {.workers = workers, .tasks_each = 4},
        [](std::size_t task) {
          return std::to_string(task) + " " + std::to_string(getpid()) + std::string(100'000, 'x');
        },
        ended.hear());
    REQUIRE(ended.tasks.size() == 23);
    std::map<std::string, int> processes;
    for (const auto& [task, end] : ended.tasks) {
      CHECK(end.died.empty());
      const std::size_t space = end.bytes.find(' ');
      CHECK(end.bytes.substr(0, space) == std::to_string(task));
      ++processes[end.bytes.substr(space, end.bytes.find('x') - space)];
    }
    CHECK(processes.size() >= 6);
    CHECK(processes.count(" " + std::to_string(getpid())) == 0);
    for (const auto& [process, tasks] : processes) CHECK(tasks <= 4);
  }
}

TEST_CASE("a process that dies costs its task alone, and its end is told", "[experiment]") {
  Ended ended;
  run_in_workers(
      6, {.workers = 2},
      [](std::size_t task) -> std::string {
        if (task == 2) raise(SIGKILL);
        if (task == 3) _exit(7);
        if (task == 4) throw std::logic_error("not a colour");
        return "fine";
      },
      ended.hear());
  CHECK_THAT(ended.tasks[2].died, Catch::Contains("ended by signal 9"));
  CHECK_THAT(ended.tasks[3].died, Catch::Contains("ended with status 7"));
  CHECK(ended.tasks[4].died == "internal error: not a colour");
  for (const std::size_t fine : {0, 1, 5}) CHECK(ended.tasks[fine].bytes == "fine");
}

TEST_CASE("a mistake of the user comes back with its places", "[experiment]") {
  Ended ended;
  const auto work = [](std::size_t task) -> std::string {
    if (task == 1) throw InputError({{{"a.yaml", 3, 4}, "is \"wrong\""}, {{"b.yaml", 5, 6}, "too"}});
    return "";
  };
  try {
    run_in_workers(2, {.workers = 1}, work, ended.hear());
    FAIL("nothing was thrown");
  } catch (const InputError& error) {
    REQUIRE(error.problems().size() == 2);
    CHECK(error.problems()[0].str() == "a.yaml:3:4: is \"wrong\"");
    CHECK(error.problems()[1].str() == "b.yaml:5:6: too");
  }
}

TEST_CASE("an interrupt stops the tasks; what has ended was told", "[experiment]") {
  Ended ended;
  try {
    run_in_workers(
        4, {.workers = 1},
        [](std::size_t task) -> std::string {
          if (task == 2) {
            kill(getppid(), SIGINT);
            pause();
          }
          return "fine";
        },
        ended.hear());
    FAIL("nothing was thrown");
  } catch (const Interrupted& interrupt) {
    CHECK(interrupt.signal == SIGINT);
  }
  CHECK(ended.tasks.size() == 2);
}

}  // namespace aifsim
