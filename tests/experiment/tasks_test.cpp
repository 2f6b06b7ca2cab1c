// One scenario run by several tasks, ended at any time, and gathered.
#include "experiment/tasks.hpp"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "experiment/experiment.hpp"
#include "experiment/scratch.hpp"
#include "experiment/slurm.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

const std::string text =
    "kind: scenario\ntitle: t\nquestion: q\nplatforms: [leonardo_booster]\nworkload: gpt-2.7b\nfidelity: "
    "analytical\nplacement: {policy: random}\nsweep:\n  platform.fabric.injection: [100Gbps, 200Gbps]\n"
    "  seed: {from: 1, to: 6, step: 1}\n  gpus: [8, 16]\n";

Experiment by_one_worker(const std::filesystem::path& file) { return {shipped(), file, {}, {}, 1, "test"}; }

using Rows = std::map<std::string, std::string>;
Rows rows_of(const std::filesystem::path& folder) {
  Rows rows;
  Store store(folder);
  for (const std::string& hash : store.answered(true)) {
    const Store::Row row = *store.find(hash);
    rows[hash] = row.build + "|" + row.name + "|" + row.problem + "|" + row.outcome;
  }
  return rows;
}

Rows rows_of_one_run(const std::filesystem::path& file, const std::filesystem::path& folder) {
  {
    Store store(folder);
    answer(by_one_worker(file), store, {});
  }
  return rows_of(folder);
}

}  // namespace

TEST_CASE("tasks run each case once; gathered they have the rows of one run", "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", text);
  const Rows expected = rows_of_one_run(file, scratch / "one");
  REQUIRE(expected.size() == 24);
  for (const std::size_t count : {1, 3, 5, 40}) {
    INFO(count);
    const auto out = scratch / ("out" + std::to_string(count));
    std::size_t run = 0;
    for (std::size_t i = 0; i < count; ++i) run += run_task(by_one_worker(file), {i, count}, out, {}).ended;
    CHECK(run == 24);
    {
      Store store(out);
      CHECK(cases_left(by_one_worker(file), store, false).never_run.size() == 24);
      const CasesLeft left = cases_left(by_one_worker(file), store, true);
      CHECK(left.cases == 24);
      CHECK(left.never_run.empty());
      CHECK(cases_left(by_one_worker(file), store, true).never_run.empty());
    }
    CHECK(rows_of(out) == expected);
    CHECK(task_stores(out).empty());
  }
}

TEST_CASE("what a task that was killed has done is kept, and the others' tasks leave it out",
          "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", text);
  const Rows expected = rows_of_one_run(file, scratch / "one");
  const auto out = scratch / "out";
  for (const std::size_t after : {3, 2}) {
    const pid_t child = fork();
    if (child == 0) {
      run_task(by_one_worker(file), {1, 2}, out, [&](const CasesDone& done, const std::string&) {
        if (done.ended == after) kill(getpid(), SIGKILL);
      });
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
  }
  {
    Store store(out);
    const CasesLeft left = cases_left(by_one_worker(file), store, true);
    REQUIRE(left.never_run.size() == 24 - 5);
    CHECK(std::count_if(left.never_run.begin(), left.never_run.end(),
                        [](std::size_t n) { return n % 2 == 1; }) == 12 - 5);
  }
  // Other numbers of tasks go on from there.
  std::size_t run = 0;
  for (std::size_t i = 0; i < 3; ++i) run += run_task(by_one_worker(file), {i, 3}, out, {}).ended;
  CHECK(run == 24 - 5);
  CasesDone last;
  {
    Store store(out);
    answer(by_one_worker(file), store, [&](const CasesDone& done, const std::string&) { last = done; });
  }
  CHECK(last.ended == 0);
  CHECK(rows_of(out) == expected);
}

TEST_CASE("what tasks did for other files is refused, and stays", "[experiment]") {
  const ScratchRuns scratch;
  const auto out = scratch / "out";
  run_task(by_one_worker(scratch.write("s.yaml", text)), {0, 2}, out, {});
  for (const std::string more :
       {"  training.micro_batch: [1, 2]\n", "  training.gradient_accumulation: [2]\n"}) {
    INFO(more);
    const auto file = scratch.write("t.yaml", text + more);
    Store store(out);
    CHECK_THROWS_WITH(answer(by_one_worker(file), store, {}),
                      Catch::Contains("holds outcomes of other cases"));
    CHECK_THROWS_AS(run_task(by_one_worker(file), {0, 2}, out, {}), InputError);
    CHECK_FALSE(std::filesystem::exists(store.file()));
  }
  CHECK(task_stores(out).size() == 1);
}

TEST_CASE("a task's store is one process's", "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", text);
  const auto out = scratch / "out";
  Store task(task_folder(out, {0, 2}), Store::Use::alone);
  task.set_cases("x");
  const pid_t child = fork();
  if (child == 0) {
    try {
      Store store(out);
      answer(by_one_worker(file), store, {});
    } catch (const CannotAnswer& error) {
      _exit(std::string(error.what()).find("another process has ") == 0 ? 0 : 1);
    } catch (...) {
    }
    _exit(2);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("progress is told beside the stores", "[experiment]") {
  const ScratchRuns scratch;
  CHECK(progress_below(scratch / "none").empty());
  for (const TaskShare share : {TaskShare{10, 12}, TaskShare{2, 12}}) {
    std::filesystem::create_directories(task_folder(scratch / "out", share));
    ProgressFile file(task_folder(scratch / "out", share), 40);
    file.tell(5, 1, 3);  // too soon
    CHECK(progress_below(scratch / "out").size() == (share.index == 10 ? 0 : 1));
    file.tell(5, 5, 3);
  }
  const auto all = progress_below(scratch / "out");
  REQUIRE(all.size() == 2);
  CHECK(all[0].task == "2-of-12");
  CHECK(all[1].task == "10-of-12");
  CHECK(all[0].cases == 5);
  CHECK(all[0].ended == 5);
  CHECK(all[0].kept == 3);
  CHECK(all[0].last >= all[0].began);
  scratch.write("progress.json", "{ not JSON");
  CHECK(progress_below(scratch / "").empty());
}

TEST_CASE("the array has the tasks that have cases left, and what is between quotes stays there",
          "[experiment]") {
  SlurmRequest r;
  r.name = "it's";
  r.folder = "/a b/out";
  r.program = "/opt/my aifsim";
  r.run = {"run", "x'y.yaml"};
  r.close = {"--slurm"};
  r.tasks = 9;
  r.options = {"--partition=long"};
  r.left = {{0, 2}, {1, 2}, {2, 1}, {5, 3}, {7, 1}, {8, 1}};
  const std::string array = array_script(r);
  CHECK_THAT(array, Catch::Contains("#SBATCH --array=0-2,5,7-8\n") &&
                        Catch::Contains("#SBATCH --partition=long\n") &&
                        Catch::Contains("--output=\"/a b/out/tasks/task-%a.log\"") &&
                        Catch::Contains("exec '/opt/my aifsim' 'run' 'x'\\''y.yaml' --workers 1 --task "
                                        "\"$SLURM_ARRAY_TASK_ID/9\"\n"));
  CHECK_THAT(closing_script(r), Catch::Contains("'--slurm' --if-fewer-than 10\n"));
  r.folder = "/a%b";
  CHECK_THROWS_AS(array_script(r), InputError);
}

}  // namespace aifsim
