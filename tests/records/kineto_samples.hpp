// Traces of the PyTorch profiler of a few events, in its format.
#pragma once
#include <fmt/format.h>

#include <string>

namespace aifsim::records {

// What PyTorch notes about a collective; `ranks`: of its process group, as PyTorch prints them.
struct CallSample {
  std::string name = "allreduce";
  double in = 1000, out = 1000;
  std::string dtype = "Float", ranks = "[0, 1, 2, 3]";
  int size = 4;
  std::string group = "0", description = "default_pg";
  std::string args() const {
    return fmt::format(
        R"("Collective name": "{}", "In msg nelems": {}, "Out msg nelems": {}, "Group size": {}, "dtype": "{}", )"
        R"("Process Group Name": "{}", "Process Group Description": "{}", "Process Group Ranks": "{}")",
        name, in, out, size, dtype, group, description, ranks);
  }
};

class KinetoSample {
 public:
  explicit KinetoSample(int world = 4) {
    if (world > 0)
      head_ =
          fmt::format(R"("distributedInfo": {{"backend": "nccl", "rank": 0, "world_size": {}}}, )", world);
  }
  // Times in microseconds; a launch below 0 is not told.
  KinetoSample& kernel(const std::string& name, int stream, double ts, double dur, double launch = -1,
                       const std::string& args = "") {
    ++correlation_;
    if (launch >= 0) host("cudaLaunchKernel", launch, correlation_);
    return event(fmt::format(
        R"("cat": "kernel", "name": "{}", "pid": 0, "tid": {}, "ts": {}, "dur": {}, "args": {{"device": 0, )"
        R"("stream": {}, "correlation": {}{}{}}})",
        name, stream, ts, dur, stream, correlation_, args.empty() ? "" : ", ", args));
  }
  KinetoSample& call(const CallSample& what, int stream, double ts, double dur, double launch = -1) {
    return kernel("ncclDevKernel_Generic(ncclDevKernelArgsStorage<4096ul>)", stream, ts, dur, launch,
                  what.args());
  }
  KinetoSample& host(const std::string& name, double ts, int correlation) {
    return event(fmt::format(
        R"("cat": "cuda_runtime", "name": "{}", "pid": 1, "tid": 1, "ts": {}, "dur": 0.5, "args": {{"correlation": {}}})",
        name, ts, correlation));
  }
  KinetoSample& wait(double ts) { return host("cudaStreamWaitEvent", ts, ++correlation_); }
  KinetoSample& sync(double ts) { return host("cudaStreamSynchronize", ts, ++correlation_); }
  // A wait as the profiler tells it: of `stream`, at `ts`, for what was on the other one at `recorded`.
  KinetoSample& told_wait(int stream, int on, double ts, double recorded) {
    const int record = ++correlation_, wait = ++correlation_;
    host("cudaEventRecord", recorded, record);
    host("cudaStreamWaitEvent", ts, wait);
    return event(fmt::format(
        R"("cat": "cuda_sync", "name": "Stream Wait Event", "pid": 0, "tid": {}, "ts": {}, "dur": 0, "args": )"
        R"({{"stream": {}, "correlation": {}, "wait_on_stream": {}, "wait_on_cuda_event_record_corr_id": {}}})",
        stream, ts, stream, wait, on, record));
  }
  KinetoSample& step(int number, double ts, double dur, const std::string& category = "user_annotation") {
    return event(
        fmt::format(R"("cat": "{}", "name": "ProfilerStep#{}", "pid": 1, "tid": 1, "ts": {}, "dur": {})",
                    category, number, ts, dur));
  }
  KinetoSample& event(const std::string& fields) { return raw("{\"ph\": \"X\", " + fields + "}"); }
  KinetoSample& raw(const std::string& text) {
    events_ += (events_.empty() ? "" : ",\n") + text;
    return *this;
  }
  std::string str() const {
    return "{\"schemaVersion\": 1, " + head_ + "\"traceEvents\": [\n" + events_ + "\n]}";
  }

 private:
  std::string head_, events_;
  int correlation_ = 0;
};

}  // namespace aifsim::records
