// Jobs with `trace:`, of the PyTorch profiler and of Chakra, and aifsim export, through the real binary.
#include <unistd.h>
#include <zlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/binary.hpp"
#include "records/chakra_samples.hpp"
#include "records/kineto_samples.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using records::CallSample;
using records::computed;
using records::KinetoSample;
using records::NodeSample;

class TraceJobs {
 public:
  TraceJobs() : path_(fs::temp_directory_path() / ("aifsim_trace_jobs_test_" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~TraceJobs() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  void write_gz(const std::string& name, const std::string& bytes) const {
    const gzFile file = gzopen((path_ / name).c_str(), "wb");
    REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) ==
            static_cast<int>(bytes.size()));
    gzclose(file);
  }
  // The scenario's file; jobs stand from line 6 on.
  std::string scenario(const std::string& jobs, const std::string& more = "") const {
    write("s.yaml",
          "kind: scenario\ntitle: t\nquestion: q\nplatforms: [small_tree]\njobs:\n" + jobs + "\n" + more);
    return (path_ / "s.yaml").string();
  }
  std::string trace_job(const std::string& trace, int gpus = 8) const {
    return scenario("  - {name: step, gpus: " + std::to_string(gpus) + ", trace: {" + trace + "}}");
  }
  std::string out() const { return (path_ / "o").string(); }
  nlohmann::json run(const std::string& file, const std::string& more = "") const {
    fs::remove_all(out());
    const Ran ran = run_aifsim("run " + file + " --json --one-placement --out " + out() + more);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    return nlohmann::json::parse(ran.out);
  }
  // Both `check` and `run` refuse with the same words, and `run` writes nothing.
  std::string refused(const std::string& file) const {
    fs::remove_all(out());
    const Ran checked = run_aifsim("check " + file);
    CHECK(checked.code == 2);
    const Ran ran = run_aifsim("run " + file + " --json --out " + out());
    CHECK(ran.code == 2);
    CHECK(nlohmann::json::parse(ran.out).at("errors").size() == 1);
    CHECK_FALSE(fs::exists(out()));
    CHECK_THAT(checked.out + checked.err, Contains(ran.err.substr(0, ran.err.find('\n'))));
    return ran.err;
  }

 private:
  fs::path path_;
};

constexpr double kLayer = 2000, kElements = 16'000'000;

// Two layers of a data-parallel step: the second one's gradients are reduced beside the first one's backward pass. A
// reduction takes `reduction` us.
KinetoSample step(double reduction) {
  const CallSample reduce{"allreduce", kElements, kElements, "Float", "[0, 1, 2, 3, 4, 5, 6, 7]", 8};
  KinetoSample sample(8);
  double now = 1000, launch = 0, nccl = 0;
  sample.step(3, 0, 500);
  for (int layer = 0; layer < 2; ++layer, now += kLayer)
    sample.kernel("forward", 7, now, kLayer, launch += 1);
  for (int layer = 0; layer < 2; ++layer) {
    sample.kernel("backward", 7, now, 2 * kLayer, launch += 1);
    now += 2 * kLayer;
    sample.wait(launch += 1);
    nccl = std::max(nccl, now) + 5;
    sample.call(reduce, 20, nccl, reduction, launch += 1);
    nccl += reduction;
  }
  sample.wait(launch += 1);
  return sample.kernel("optimizer", 7, nccl + 8, kLayer, launch + 1);
}

double step_time(const nlohmann::json& result) {
  return result.at("points").at(0).at("step_time_s").get<double>();
}

}  // namespace

TEST_CASE("a profiler's trace whose collectives take what is predicted takes the traced time", "[cli]") {
  const TraceJobs folder;
  const nlohmann::json alone =
      folder.run(folder.scenario("  - {name: c, gpus: 8, collective: {kind: all_reduce, size: 64MB}}"));
  const double reduction = step_time(alone) * 1e6;
  REQUIRE(reduction > 100);
  folder.write_gz("t.json.gz", step(reduction).str());
  const double traced =
      (6 * kLayer + 5 + reduction + kLayer + 8 + std::max(0.0, reduction + 5 - 2 * kLayer)) / 1e6;
  for (const std::string level : {"analytical", "flow", "message"}) {
    const auto result = folder.run(
        folder.scenario("  - {name: step, gpus: 8, trace: {file: t.json.gz}}", "fidelity: " + level));
    INFO(level);
    CHECK(step_time(result) == Approx(traced).epsilon(0.03));
    const auto& job = result.at("points").at(0);
    CHECK_THAT(job.dump(), Contains("ProfilerStep#3 of the trace took") &&
                               Contains("kernels keep the times of the trace"));
  }
}

TEST_CASE("measured waits of a collective are not in the prediction", "[cli]") {
  const TraceJobs folder;
  folder.write("quick.json", step(100).str());
  folder.write("waits.json", step(50'000).str());  // for a straggler
  CHECK(step_time(folder.run(folder.trace_job("file: quick.json"))) ==
        Approx(step_time(folder.run(folder.trace_job("file: waits.json")))).epsilon(0.01));
}

TEST_CASE("explain, check and export take a profiler's trace; import takes its kernels", "[cli]") {
  const TraceJobs folder;
  folder.write("t.json", step(500).str());
  const std::string file = folder.trace_job("file: t.json", 16);
  const Ran checked = run_aifsim("check " + file);
  INFO(checked.err);
  CHECK(checked.code == 0);
  const Ran explained = run_aifsim("explain " + file + " --json --out " + folder.out());
  INFO(explained.err);
  REQUIRE(explained.code == 0);
  CHECK(nlohmann::json::parse(explained.out).is_object());
  const Ran exported = run_aifsim("export chakra " + file + " --out " + (folder / "et").string());
  INFO(exported.err);
  REQUIRE(exported.code == 0);
  CHECK(fs::exists(folder / "et" / "trace.15.et"));
  const Ran imported =
      run_aifsim("import kineto " + (folder / "t.json").string() + " --out " + (folder / "k.csv").string());
  INFO(imported.err);
  CHECK(imported.code == 0);
}

TEST_CASE("what is wrong with a profiler's trace is told with its place, by check and run alike", "[cli]") {
  const TraceJobs folder;
  const std::string t = (folder / "t.json").string(), s = (folder / "s.yaml").string() + ":6:";
  const auto refused = [&](const KinetoSample& sample, int gpus = 8, const std::string& more = "") {
    folder.write("t.json", sample.str());
    return folder.refused(folder.trace_job("file: t.json" + more, gpus));
  };
  const auto call = [](const CallSample& what, int world = 8) {
    return KinetoSample(world).kernel("k", 7, 0, 10).call(what, 20, 10, 5);
  };
  CHECK_THAT(folder.refused(folder.trace_job("file: none.json")), Contains(s) && Contains("none.json"));
  CHECK_THAT(refused(KinetoSample().event(R"("cat": "cpu_op", "name": "aten::mm", "ts": 1, "dur": 2)")),
             Contains(t) && Contains("no GPU kernels") && Contains("ProfilerActivity.CUDA"));
  CHECK_THAT(refused(KinetoSample().kernel("ncclDevKernel_AllReduce", 20, 1, 1)),
             Contains(t) && Contains("record_shapes=True"));
  CHECK_THAT(refused(call({"send", 1, 1})), Contains(t + ":3:") && Contains("sends and receives"));
  CHECK_THAT(refused(call({"allreduce", 1, 1, "Float", "[0, 1, 3]", 3})),
             Contains(t + ":3:") && Contains("no equal distances"));
  CHECK_THAT(refused(call({"allreduce", 1, 1, "Float", "[0, 1, 2, 3]", 4, "1", "mesh_tp"}), 6),
             Contains(s) && Contains("needs a multiple of 4 GPUs, the job has 6"));
  CHECK_THAT(refused(call({}), 8, ", groups: g.json"),
             Contains(s) && Contains("trace.groups: belongs to Chakra"));
  CHECK_THAT(refused(call({}), 8, ", dimensions: [2, 4]"), Contains("trace.dimensions: belongs to Chakra"));
  folder.write("t.json", "{\"traceEvents\": 5");
  CHECK_THAT(folder.refused(folder.trace_job("file: t.json")), Contains(t + ":1:") && Contains("not JSON"));
  folder.write_gz("t.json.gz", step(100).str());
  fs::resize_file(folder / "t.json.gz", 20);
  CHECK_THAT(folder.refused(folder.trace_job("file: t.json.gz")), Contains("t.json.gz"));
}

TEST_CASE("a Chakra trace is a job; what is wrong with it is told with its place", "[cli]") {
  const TraceJobs folder;
  const std::string t = (folder / "t.0.et").string(), s = (folder / "s.yaml").string() + ":6:";
  const auto ranks = [&](const std::vector<NodeSample>& nodes, int count = 8) {
    for (int r = 0; r < count; ++r)
      folder.write("t." + std::to_string(r) + ".et", records::trace_sample(nodes));
    return folder.trace_job("file: t");
  };
  const auto result = folder.run(ranks(
      {computed(0, 4000), records::collective(1, 0, 64'000'000, "").data({0}), computed(2, 1000).data({1})}));
  CHECK(step_time(result) > 0.005);
  CHECK(step_time(result) < 0.1);
  CHECK_THAT(folder.refused(folder.trace_job("file: none")), Contains(s) && Contains("there is neither"));
  CHECK_THAT(folder.refused(folder.trace_job("file: t", 4)),
             Contains(s) && Contains("more ranks than the job's 4"));
  CHECK_THAT(folder.refused(ranks({computed(1, 5).data({4})})), Contains(t) && Contains("depends on node 4"));
  CHECK_THAT(folder.refused(ranks({NodeSample(1, "k", 4)})), Contains(t) && Contains("nobody knows"));
  CHECK_THAT(folder.refused(ranks({computed(1, 5), records::collective(2, 0, 8, "6")})),
             Contains(t) && Contains("process group \"6\" is not defined"));
  const std::string job = ranks({computed(1, 5)});
  folder.write("t.3.et", "");
  CHECK_THAT(folder.refused(job), Contains("t.3.et") && Contains("the file is empty"));
  folder.write("t.3.et", records::trace_sample({computed(1, 5)}).substr(0, 4));
  CHECK_THAT(folder.refused(job), Contains("t.3.et") && Contains("cut short"));
  ranks({computed(1, 5), records::collective(2, 0, 8, "6").data({1})});
  folder.write("g.json", "[1, 2]");
  CHECK_THAT(folder.refused(folder.trace_job("file: t, groups: g.json")),
             Contains("g.json") && Contains("expected an object"));
  CHECK_THAT(folder.refused(folder.trace_job("file: t, dimensions: [2, 3]")),
             Contains(s) && Contains("2 x 3 make 6 ranks"));
}

TEST_CASE("export chakra writes a step that reads back to the same time", "[cli]") {
  const TraceJobs folder;
  const std::string training = folder.scenario(
      "  - {name: train, gpus: 8, workload: small_gpt}\n"
      "  - {name: other, gpus: 8, collective: {kind: all_reduce, size: 1MB}}\n"
      "  - {name: noise, gpus: 8, traffic: {load: 0.1, pattern: uniform}}");
  const auto exported = [&](const std::string& more) {
    return run_aifsim("export chakra " + training + " --out " + (folder / "et").string() + more);
  };
  const Ran written = exported(" --job train");
  INFO(written.err);
  REQUIRE(written.code == 0);
  CHECK_THAT(written.out, Contains("8 ranks") && Contains("trace.0.et ...") && Contains("comm_group.json"));
  CHECK(fs::exists(folder / "et" / "trace.7.et"));
  CHECK_FALSE(fs::exists(folder / "et" / "trace.8.et"));

  const auto fails = [&](const std::string& more, int code, const std::string& words) {
    const Ran ran = exported(more);
    INFO(more);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Contains(words));
  };
  fails("", 2, "--job: expected one of train, other, found none");
  fails(" --job noise", 2, "--job: expected one of train, other, found \"noise\"");
  fails(" --job train --point 2", 2, "--point: ");
  fails(" --job train --point 0", 2, "--point");
  const Ran absent = run_aifsim("export chakra nowhere.yaml --out " + (folder / "no").string());
  CHECK(absent.code == 2);
  CHECK_THAT(absent.err, Contains("nowhere.yaml"));
  CHECK_FALSE(fs::exists(folder / "no"));
  CHECK(run_aifsim("export chakra " + training + " --job train").code == 2);  // --out
  folder.write("file", "");
  const Ran over =
      run_aifsim("export chakra " + training + " --job train --out " + (folder / "file").string());
  CHECK(over.code == 2);
  CHECK_THAT(over.err, Contains("file"));

  const double program = step_time(
      folder.run(folder.scenario("  - {name: train, gpus: 8, workload: small_gpt}", "fidelity: analytical")));
  const double trace = step_time(folder.run(
      folder.scenario("  - {name: train, gpus: 8, trace: {file: et/trace, groups: et/comm_group.json}}",
                      "fidelity: analytical")));
  CHECK(trace == Approx(program).epsilon(0.01));
}

}  // namespace aifsim
