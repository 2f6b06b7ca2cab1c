// Scenarios answered through the store and worker processes, on the project's own catalogue.
#include "experiment/experiment.hpp"

#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "experiment/scratch.hpp"
#include "root.hpp"
#include "shipped.hpp"

namespace aifsim {
namespace {

const std::string first_keys =
    "kind: scenario\ntitle: t\nquestion: q\nplatforms: [leonardo_booster]\nworkload: gpt-2.7b\nfidelity: "
    "analytical\n";
const std::string sweep =
    "sweep:\n  platform.fabric.injection: [100Gbps, 200Gbps]\n  training.micro_batch: [1, 2]\n"
    "  gpus: {from: 8, to: 64, times: 2}\n";

Experiment experiment(const std::filesystem::path& file, std::size_t workers = 2, Settings settings = {}) {
  return {shipped(), file, std::move(settings), {}, workers, "test"};
}

// What a run says, without what differs from run to run.
std::string told(const Result& result) {
  std::string text;
  for (Point p : result.points) {
    Outcome o;
    o.problem = p.problem;
    o.run.jobs.emplace_back().figures = {p.metrics, p.memory, p.note};
    o.run.timeline = p.timeline;
    text += p.platform + p.variant + std::to_string(p.gpus) + to_bytes(o);
  }
  return text;
}

}  // namespace

TEST_CASE("a sweep is the product of its axes, GPU counts quickest", "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", first_keys + sweep);
  const std::vector<Case> cases = cases_of(shipped(), file, {}, {}, "1");
  REQUIRE(cases.size() == 16);
  CHECK(cases[0].gpus == 8);
  CHECK(cases[3].gpus == 64);
  CHECK(cases[0].variant_label == "zero3, injection 100Gbps, micro_batch 1");
  CHECK(cases[15].variant_label == "zero3, injection 200Gbps, micro_batch 2");
  InputReader read(shipped());
  const CaseInputs last = read(cases[15]);
  CHECK(last.platform->description.fabric.injection->value == Approx(200e9 / 8));
  CHECK(last.fabric.jobs[0].workload.training.micro_batch == 2);
}

TEST_CASE("fields under zip move together", "[experiment]") {
  const ScratchRuns scratch;
  const auto file =
      scratch.write("s.yaml", first_keys +
                                  "gpus: [8]\nsweep:\n  zip:\n    training.sharding: [zero3, hsdp]\n"
                                  "    training.shard_group: [null, 4]\n");
  const std::vector<Case> cases = cases_of(shipped(), file, {}, {}, "1");
  REQUIRE(cases.size() == 2);
  InputReader read(shipped());
  CHECK(read(cases[0]).fabric.jobs[0].workload.training.sharding == Sharding::zero3);
  CHECK(read(cases[1]).fabric.jobs[0].workload.training.shard_group == 4);
}

TEST_CASE("a case's hash follows from content: not from names of files, not from the other cases",
          "[experiment]") {
  const ScratchRuns scratch;
  const auto hashes = [&](const std::string& name, const std::string& text,
                          const std::string& version = "1") {
    std::vector<std::string> all;
    for (const Case& c : cases_of(shipped(), scratch.write(name, text), {}, {}, version))
      all.push_back(c.hash);
    return all;
  };
  const auto base = hashes("a.yaml", first_keys + "gpus: [8, 16]\n");
  CHECK(base[0] != base[1]);
  CHECK(hashes("b.yaml", first_keys + "gpus: [16]\n# a comment\n")[0] == base[1]);
  CHECK(hashes("b.yaml", first_keys + "gpus: [16]\n", "2")[0] != base[1]);
  CHECK(hashes("b.yaml", first_keys + "gpus: [16]\nseed: 2\n")[0] != base[1]);
  CHECK(hashes("b.yaml", first_keys + "gpus: [16]\nplacement: {policy: random}\n")[0] != base[1]);
  // A copy of the platform under another name, then with one figure changed.
  std::filesystem::copy(std::filesystem::path(test_root()) / "platforms", scratch / "platforms",
                        std::filesystem::copy_options::recursive);
  std::filesystem::rename(scratch / "platforms/leonardo_booster.yaml", scratch / "platforms/other.yaml");
  std::string text = first_keys + "gpus: [16]\n";
  text.replace(text.find("leonardo_booster"), 16, "./platforms/other.yaml");
  CHECK(hashes("c.yaml", text)[0] == base[1]);
  std::ofstream(scratch / "platforms/mine.yaml")
      << "kind: platform\ninclude: other.yaml\nnodes: {value: 3000, source: me, confidence: assumed}\n";
  text.replace(text.find("other"), 5, "mine");
  CHECK(hashes("c.yaml", text)[0] != base[1]);
}

TEST_CASE("any number of workers gives the same result, and a finished store answers without running",
          "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", first_keys + sweep);
  Store one(scratch / "one"), many(scratch / "many");
  const Result a = answer(experiment(file, 1), one, {}), b = answer(experiment(file, 5), many, {});
  CHECK(told(a) == told(b));
  std::size_t run = 0;
  const Result again = answer(experiment(file, 3), one, [&](const CasesDone&, const std::string&) { ++run; });
  CHECK(run == 0);
  CHECK(told(again) == told(a));
}

TEST_CASE("kill -9 keeps what has ended; the next run does the rest, and no case twice", "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write("s.yaml", first_keys + sweep);
  const pid_t child = fork();
  if (child == 0) {
    Store store(scratch / "out");
    answer(experiment(file), store, [](const CasesDone& done, const std::string&) {
      if (done.ended == 5) kill(getpid(), SIGKILL);
    });
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  Store store(scratch / "out");
  CasesDone done;
  const Result rest =
      answer(experiment(file), store, [&](const CasesDone& now, const std::string&) { done = now; });
  CHECK(done.ended == 11);
  CHECK(done.kept == 5);
  Store fresh(scratch / "fresh");
  CHECK(told(rest) == told(answer(experiment(file), fresh, {})));
}

TEST_CASE("a point without an answer says why, and the others answer", "[experiment]") {
  const ScratchRuns scratch;
  const auto file = scratch.write(
      "s.yaml",
      first_keys + "gpus: [8]\nsweep:\n  training.micro_batch: [1, 512]\n  platform.nodes: [1, 4]\n");
  Store store(scratch / "out");
  const Result r = answer(experiment(file), store, {});
  REQUIRE(r.points.size() == 4);
  CHECK_THAT(r.points[0].problem, Catch::Contains("larger than the machine"));
  CHECK(r.points[1].problem.empty());
  CHECK_THAT(r.points[3].problem, Catch::Contains("does not fit in memory"));
}

TEST_CASE("workloads are an axis too", "[experiment]") {
  const ScratchRuns scratch;
  std::string text = first_keys + "gpus: [64]\nsweep:\n  workload: [gpt-2.7b, llama3-8b]\n";
  text.erase(text.find("workload: gpt-2.7b\n"), 19);
  Store store(scratch / "out");
  const Result r = answer(experiment(scratch.write("s.yaml", text)), store, {});
  REQUIRE(r.points.size() == 2);
  CHECK(r.workload == "gpt-2.7b, llama3-8b");
  CHECK(r.points[1].step_time() > r.points[0].step_time());
  CHECK(std::count_if(r.inputs.begin(), r.inputs.end(), [](const InputFigure& input) {
          return input.object.starts_with("workload") && input.path == "title";
        }) == 2);
}

TEST_CASE("jobs among others have the figures of a job alone", "[experiment]") {
  const ScratchRuns scratch;
  std::string text = first_keys.substr(0, first_keys.find("workload"));
  text +=
      "fidelity: flow\njobs:\n"
      "  - {name: a, workload: gpt-2.7b, gpus: 16, steps: 2}\n"
      "  - {name: b, collective: {kind: all_reduce, size: 1GiB}, gpus: 16}\n";
  Store store(scratch / "out"), alone_store(scratch / "alone");
  const Result r = answer(experiment(scratch.write("s.yaml", text)), store, {});
  REQUIRE(r.points.size() == 2);
  REQUIRE(r.runs.size() == 1);
  std::string single = first_keys + "gpus: [16]\n";
  single.replace(single.find("analytical"), 10, "flow");
  const Point alone = answer(experiment(scratch.write("a.yaml", single)), alone_store, {}).points[0];
  const Point& a = r.points[0];
  CHECK(a.job == "a");
  for (const Metric m : {Metric::step_time, Metric::mfu, Metric::tokens_per_second, Metric::compute_time,
                         Metric::exposed_communication, Metric::energy, Metric::gpu_power}) {
    INFO(about(m).name);
    CHECK(a.metrics[m].value == Approx(alone.metrics[m].value).epsilon(1e-6));
  }
  CHECK(a.metrics[Metric::step_time].p90 == Approx(alone.metrics[Metric::step_time].p90));
  CHECK(a.memory.total() == alone.memory.total());
  CHECK(alone.note.starts_with(a.note));
  const Point& b = r.points[1];
  CHECK(b.of(Metric::bus_bandwidth) == Approx(b.of(Metric::algorithm_bandwidth) * 2 * 15 / 16));
  CHECK_FALSE(b.metrics.has(Metric::mfu));
}

TEST_CASE("what a variant and a sweep make of the workload is checked at each point", "[experiment]") {
  const ScratchRuns scratch;
  const auto run = [&](const std::string& text) {
    Store store(scratch / "out");
    return answer(experiment(scratch.write("s.yaml", text)), store, {});
  };
  const auto on = [](const std::string& workload) {
    std::string text = first_keys;
    return text.replace(text.find("gpt-2.7b"), 8, workload) + "gpus: [8]\n";
  };
  const Result documents =
      run(on("llama3-8b") +
          "variants: [{label: a, training: {documents: {tokens: 2000, packing: padded}}}]\n"
          "sweep: {training.sequence: [512, 4096]}\n");
  REQUIRE(documents.points.size() == 2);
  CHECK_THAT(documents.points[0].problem,
             Catch::Contains("documents.tokens: must be at most the 512 tokens of a sequence, found 2000"));
  CHECK(documents.points[1].problem.empty());
  CHECK(documents.points[1].of(Metric::mfu) < 1);
  const Result positions = run(on("bert-large") + "sweep: {training.sequence: [4096, 128]}\n");
  CHECK_THAT(positions.points[0].problem, Catch::Contains("at most the 512 learned positions, found 4096"));
  CHECK(positions.points[1].problem.empty());
  // Only together do they clash: the file's own sequence is not what is trained.
  const Result shorter = run(on("bert-large") +
                             "variants: [{label: a, training: {sequence: 64}}]\n"
                             "sweep: {workload.model.positions: [128]}\n");
  CHECK(shorter.points[0].problem.empty());
  const Result groups = run(on("gpt-2.7b") + "sweep: {training.sharding: [zero3, hsdp]}\n");
  CHECK(groups.points[0].problem.empty());
  CHECK_THAT(groups.points[1].problem, Catch::Contains("shard_group"));
}

TEST_CASE("a variant is checked with what the sweep sets", "[experiment]") {
  const ScratchRuns scratch;
  const auto problems = [&](const std::string& text) {
    std::vector<std::string> found;
    Store store(scratch / "out");
    for (const Point& p : answer(experiment(scratch.write("s.yaml", first_keys + text)), store, {}).points)
      found.push_back(p.problem);
    return found;
  };
  using Catch::Contains;
  const auto scattered = problems(
      "gpus: [8]\nvariants: [{label: a, training: {sequence_parallel: true}}, {label: b, training: {}}]\n"
      "sweep: {training.tensor_parallel: [1, 2]}\n");
  REQUIRE(scattered.size() == 4);
  CHECK_THAT(scattered[0],
             Contains("s.yaml:9:36: training.sequence_parallel: belongs to tensor_parallel above 1"));
  CHECK((scattered[1].empty() && scattered[2].empty() && scattered[3].empty()));
  // What is swept beside it changes nothing of that.
  const auto pieces = problems(
      "gpus: [8]\nvariants: [{label: a, training: {virtual_stages: 2, sharding: zero1, global_batch: 16}}]\n"
      "sweep: {training.micro_batch: [1], training.pipeline_parallel: [1, 2]}\n");
  REQUIRE(pieces.size() == 2);
  CHECK_THAT(pieces[0], Contains(":9:65: training.virtual_stages: belongs to pipeline_parallel above 1"));
  CHECK(pieces[1].empty());
  const auto groups = problems(
      "gpus: [8]\nvariants: [{label: a, training: {shard_group: 4}}]\n"
      "sweep: {training.sharding: [zero3, hsdp]}\n");
  CHECK((groups[0].empty() && groups[1].empty()));
  const auto modules = problems(
      "gpus: [8]\nvariants: [{label: a, training: {recompute_modules: [core_attn]}}]\n"
      "sweep: {training.recompute: [none, selective]}\n");
  CHECK_THAT(modules[0], Contains(":9:30: training.recompute_modules: belongs to recompute selective"));
  CHECK(modules[1].empty());
  const auto asked = problems(
      "gpus: [8]\nvariants: [{label: a, training: {epochs: 2}}]\n"
      "sweep: {training.tokens: [null, 1B]}\n");
  CHECK_THAT(asked[0], Contains("training.epochs: says nothing without tokens"));
  CHECK(asked[1].empty());
  // Values that need each other: no sample of single values goes, but a point does.
  const auto both = problems(
      "gpus: [8]\nvariants: [{label: a, training: {sharding: zero1, global_batch: 16}}]\n"
      "sweep: {training.virtual_stages: [4, 2], training.pipeline_parallel: [1, 2],\n"
      "  training.pipeline_schedule: [gpipe, 1f1b]}\n");
  REQUIRE(both.size() == 8);
  CHECK(both[3].empty());
  CHECK(both[7].empty());
  CHECK_FALSE(both[6].empty());
}

TEST_CASE("fields that move together may repeat, their tuples may not", "[experiment]") {
  const ScratchRuns scratch;
  const auto cases = [&](const std::string& scattered) {
    return cases_of(
        shipped(),
        scratch.write("s.yaml", first_keys +
                                    "gpus: [8]\nsweep:\n  zip:\n    training.tensor_parallel: [1, "
                                    "2, 4, 4]\n    training.sequence_parallel: " +
                                    scattered + "\n"),
        {}, {}, "1");
  };
  CHECK(cases("[false, true, true, false]").size() == 4);
  CHECK_THROWS_WITH(
      cases("[false, true, true, true]"),
      Catch::Contains("training.tensor_parallel 4, training.sequence_parallel true stand twice"));
}

TEST_CASE("a variant that goes with the workload at no point is an error of its place", "[experiment]") {
  const ScratchRuns scratch;
  const auto problem = [&](const std::string& workload, const std::string& more) {
    std::string text = first_keys;
    const auto file = scratch.write("s.yaml", text.replace(text.find("gpt-2.7b"), 8, workload) + more);
    try {
      cases_of(shipped(), file, {}, {}, "1");
    } catch (const InputError& error) {
      CHECK(error.problems().front().place.file == file.string());
      return error.problems().front().place.line == 8 ? error.problems().front().message : error.what();
    }
    return std::string("none");
  };
  using Catch::Contains;
  CHECK_THAT(problem("resnet-50", "gpus: [8]\nvariants: [{label: a, training: {sequence: 4096}}]\n"),
             Contains("belongs to a model of tokens"));
  CHECK_THAT(
      problem("resnet-50",
              "gpus: [8]\nvariants: [{label: a, training: {documents: {tokens: 9, packing: padded}}}]\n"),
      Contains("belongs to a model of tokens"));
  CHECK_THAT(problem("bert-large", "gpus: [8]\nvariants: [{label: a, training: {sequence: 4096}}]\n"),
             Contains("learned positions"));
  CHECK_THAT(problem("llama3-8b", "gpus: [8]\nvariants: [{label: a, training: {tokens: 15}}]\n"),
             Contains("tokens: 15 are less than one step has"));
  CHECK(problem("llama3-8b",
                "gpus: [8]\nvariants: [{label: a, training: {documents: {tokens: 2000, packing: padded}}}]\n"
                "sweep: {training.sequence: [512, 1024, 4096]}\n") == "none");
}

TEST_CASE("a run of less than a step has no answer", "[experiment]") {
  const ScratchRuns scratch;
  Store store(scratch / "out");
  const Result r =
      answer(experiment(scratch.write(
                 "s.yaml", first_keys + "gpus: [8, 64]\nvariants: [{label: a, training: {micro_batch: 1, "
                                        "gradient_accumulation: 1, tokens: 50000}}]\n")),
             store, {});
  REQUIRE(r.points.size() == 2);
  CHECK(r.points[0].problem.empty());
  CHECK_THAT(r.points[1].problem, Catch::Contains("is less than one step, which has 262144 on 64 GPUs"));
}

TEST_CASE("a mistake among swept values has its place", "[experiment]") {
  const ScratchRuns scratch;
  const auto problems = [&](const std::string& text) {
    const auto file = scratch.write("s.yaml", first_keys + text);
    try {
      cases_of(shipped(), file, {}, {}, "1");
    } catch (const InputError& error) {
      std::string all = error.what();
      for (std::size_t at; (at = all.find(file.string())) != std::string::npos;)
        all.erase(at, file.string().size());
      return all;
    }
    return std::string("none");
  };
  using Catch::Contains;
  CHECK_THAT(problems("gpus: [8]\nsweep:\n  platform.fabric.injection: [100Gbps, 12]\n"),
             Contains(":9:40: fabric.injection: ") && Contains("12"));
  CHECK_THAT(problems("gpus: [8]\nsweep:\n  platform.fabric.injektion: [100Gbps]\n"),
             Contains(":9:3: fabric: unknown key \"injektion\"") && Contains("injection"));
  CHECK_THAT(problems("gpus: [8]\nsweep:\n  training.micro_batch: {from: 1, to: 8}\n"),
             Contains("expected one of times and step"));
  CHECK_THAT(problems("gpus: [8]\nsweep:\n  machine.nodes: [1]\n"),
             Contains(":9:3: sweep.machine.nodes: a path begins with what it changes"));
  CHECK_THAT(problems("gpus: [8]\nsweep: {gpus: [8, 16]}\n"), Contains("gpus stands here and in the sweep"));
  CHECK_THAT(problems("sweep: {gpus: [8, none]}\n"), Contains(":7:19: gpus[0]: expected a whole number"));
  CHECK_THAT(
      problems("gpus: [8]\nsweep:\n  zip:\n    gpu.memory: [80GiB]\n    training.micro_batch: [1, 2]\n"),
      Contains("fields that move together need as many each"));
  CHECK_THAT(problems("gpus: [8]\nvariants: [{label: a, training: {micro_batch: 2}}]\n"
                      "sweep: {training.micro_batch: [1, 2]}\n"),
             Contains("variants set micro_batch as well"));
  CHECK(
      problems("gpus: [8]\nsweep:\n  gpu.memory: [40GiB, 80GiB]\n  workload.model.layers: {from: 8, to: 32, "
               "step: 8}\n"
               "  seed: [1, 2]\n  placement.policy: [contiguous, random]\n") == "none");
}

}  // namespace aifsim
