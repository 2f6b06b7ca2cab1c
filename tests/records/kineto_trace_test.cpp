// One step of one rank from a trace of the PyTorch profiler: which step, which kernels, what the host did.
#include "records/kineto_trace.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "records/kineto_samples.hpp"

using namespace aifsim;
using namespace aifsim::records;
using Catch::Contains;

namespace {

KinetoTrace parsed(const std::string& text) { return read_kineto_trace(Input::of_text("t.json", text)); }
KinetoTrace parsed(const KinetoSample& sample) { return parsed(sample.str()); }

std::string kineto_error(const std::string& text) {
  try {
    parsed(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a step is what the last ProfilerStep launched", "[kineto]") {
  const KinetoSample sample = KinetoSample()
                                  .step(1, 0, 100)
                                  .step(2, 100, 100)
                                  .step(3, 200, 50)  // launches nothing
                                  .kernel("a", 7, 20, 100, 10)
                                  .kernel("b", 7, 150, 60, 110)
                                  .kernel("c", 9, 160, 200, 120);
  const KinetoTrace trace = parsed(sample);
  CHECK(trace.step == "ProfilerStep#2");
  REQUIRE(trace.kernels.size() == 2);
  CHECK(trace.names[trace.kernels[0].name] == "b");
  CHECK(trace.kernels[0].launch == 110);
  CHECK(trace.streams[trace.kernels[1].stream] == 9);
  CHECK(trace.begin == 120);  // from the end of the step before
  CHECK(trace.end == 360);
  CHECK(trace.job.ranks == 4);
}

TEST_CASE("without launches the GPU's own annotations tell the step; without steps the trace is one",
          "[kineto]") {
  KinetoSample sample;
  sample.kernel("a", 7, 10, 5).kernel("b", 7, 110, 5).kernel("c", 9, 140, 5);
  CHECK(parsed(sample).kernels.size() == 3);
  CHECK(parsed(sample).step.empty());
  CHECK(parsed(sample).begin == 10);
  KinetoSample steps = sample;
  steps.step(4, 10, 5, "gpu_user_annotation").step(5, 105, 20, "gpu_user_annotation");
  steps.step(5, 140, 5, "gpu_user_annotation");  // on the other stream
  const KinetoTrace trace = parsed(steps);
  CHECK(trace.step == "ProfilerStep#5");
  CHECK(trace.kernels.size() == 2);
  CHECK(trace.begin == 15);
  sample.step(6, 1000, 5);
  REQUIRE(parsed(sample).notes.size() == 1);
  CHECK_THAT(parsed(sample).notes.front(), Contains("the whole trace is one step"));
}

TEST_CASE("a wait belongs to what its thread launches next, but for NCCL's own", "[kineto]") {
  const KinetoSample sample = KinetoSample()
                                  .kernel("a", 7, 10, 5, 1)
                                  .wait(2)  // NCCL's
                                  .call({}, 20, 15, 5, 3)
                                  .kernel("b", 7, 16, 5, 4)
                                  .wait(5)  // for the collective
                                  .kernel("c", 7, 22, 5, 6)
                                  .wait(7)  // for the collective
                                  .wait(8)  // NCCL's
                                  .call({}, 20, 30, 5, 9)
                                  .kernel("d", 7, 31, 5, 10)
                                  .sync(11)
                                  .kernel("e", 7, 40, 5, 12);
  const KinetoTrace trace = parsed(sample);
  std::string waiting, synced;
  for (const KinetoKernel& kernel : trace.kernels) {
    if (kernel.waits > 0) waiting += trace.names[kernel.name];
    if (kernel.after_sync) synced += trace.names[kernel.name];
  }
  CHECK(waiting == "cd");
  CHECK(synced == "e");
  CHECK(trace.host_waits);
}

TEST_CASE("what PyTorch notes about a collective stands with its kernel or with the host's operation",
          "[kineto]") {
  const CallSample call{"_allgather_base", 10, 40, "BFloat16"};
  KinetoSample sample;
  sample.call(call, 20, 1, 5).call(call, 20, 7, 5);
  sample.event(
      R"("cat": "cpu_op", "name": "record_param_comms", "ts": 1, "dur": 1, "args": {"External id": 5, )" +
      CallSample{"allreduce"}.args() + "}");
  sample.kernel("ncclDevKernel_AllReduce_Sum_f32_RING_LL", 20, 14, 5, -1, "\"External id\": 5");
  const KinetoTrace trace = parsed(sample);
  REQUIRE(trace.calls.size() == 2);  // one for all that are alike
  CHECK(trace.kernels[0].call == trace.kernels[1].call);
  CHECK(trace.calls[trace.kernels[0].call].call.name == "_allgather_base");
  CHECK(trace.calls[trace.kernels[0].call].call.ranks == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(trace.calls[trace.kernels[0].call].place.line == 2);
  CHECK(trace.calls[trace.kernels[2].call].call.name == "allreduce");
  CHECK_THAT(kineto_error(KinetoSample().kernel("ncclDevKernel_AllReduce_Sum_f32", 20, 14, 5).str()),
             Contains("t.json: the kernel \"ncclDevKernel_AllReduce_Sum_f32\" at 14.000 us") &&
                 Contains("record_shapes=True") && Contains("PyTorch 2.4"));
}

TEST_CASE("ranks of a process group are a list, a text or cut short; the profiler's head tells groups",
          "[kineto]") {
  const auto ranks_of = [](const std::string& ranks) {
    const KinetoTrace trace = parsed(KinetoSample().kernel(
        "nccl", 20, 1, 1, -1, R"("Collective name": "allreduce", "Process Group Ranks": )" + ranks));
    return trace.calls.front().call.ranks;
  };
  CHECK(ranks_of("[0, 8, 16]") == std::vector<std::int64_t>{0, 8, 16});
  CHECK(ranks_of("\"[0, 99999999999, -3]\"") == std::vector<std::int64_t>{0, -1});
  CHECK(ranks_of("\"[0, 8, ..., 56]\"") == std::vector<std::int64_t>{0, 8, -1, 56});
  const std::string text =
      R"({"distributedInfo": {"rank": 1, "world_size": 8, "pg_config": [{"pg_name": "0", "ranks": [0, 1]}, )"
      R"({"pg_name": "3", "pg_size": 2, "ranks": "[1, 5]"}]}, "traceEvents": [{"ph": "X", "cat": "kernel", )"
      R"("name": "k", "ts": 1, "dur": 1}]})";
  const KinetoJob job = parsed(text).job;
  CHECK(job.rank == 1);
  CHECK(job.groups.at("0") == std::vector<std::int64_t>{0, 1});
  CHECK(job.groups.at("3") == std::vector<std::int64_t>{1, 5});
}

TEST_CASE("a bad event loses itself alone, and is told with its place", "[kineto]") {
  KinetoSample sample;
  sample.kernel("a", 7, 1, 1);
  sample.raw(R"({"ph": "X", "cat": "kernel", "name": "b", "ts": 3, "dur": "long", "args": {"stream": 7}})");
  sample.raw(R"({"ph": "X", "cat": "kernel", "name": "b", "dur": 3, "args": {"stream": 7}})");
  sample.raw(R"({"ph": "X", "cat": "kernel", "name" "b"})");
  sample.kernel("b", 7, 1e300, 1);
  sample.kernel("c", 7, 5, 1);
  const KinetoTrace trace = parsed(sample);
  CHECK(trace.kernels.size() == 2);
  REQUIRE(trace.notes.size() == 2);
  CHECK_THAT(trace.notes[0], Contains("left out: 1 events that are no JSON (the first: t.json:5:"));
  CHECK_THAT(trace.notes[1], Contains("left out: 3 kernels that cannot be read (the first: t.json:3:") &&
                                 Contains("\"dur\": expected a number"));
}

TEST_CASE("what is no trace of one GPU is an error", "[kineto]") {
  CHECK_THAT(kineto_error(
                 R"({"traceEvents": [{"ph": "X", "cat": "cpu_op", "name": "aten::mm", "ts": 1, "dur": 2}]})"),
             Contains("no GPU kernels in the trace") && Contains("ProfilerActivity.CUDA"));
  CHECK_THAT(kineto_error("{\"schemaVersion\": 1,"), Contains("t.json:1:") && Contains("not JSON"));
  KinetoSample two;
  two.kernel("a", 7, 1, 1)
      .event(R"("cat": "kernel", "name": "b", "ts": 3, "dur": 1, "args": {"device": 1, "stream": 7})");
  CHECK_THAT(kineto_error(two.str()), Contains("kernels of 2 GPUs in one trace"));
  KinetoSample many;
  for (int s = 0; s < 300; ++s) many.kernel("k", s, s, 1);
  CHECK_THAT(kineto_error(many.str()), Contains("more than 256 streams"));
}
