// One training step of one rank, from a trace of the PyTorch profiler: what its GPU ran, when, on which stream,
// when the host launched it, and where the host made streams wait.
//
// The step is the last `ProfilerStep#` that launched kernels; a trace without such steps is one step. Memory: 64
// bytes for each kernel and 32 for each call of the host that counts, at most 4 and 16 million of them.
#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "records/input.hpp"
#include "records/kineto_events.hpp"

namespace aifsim::records {

// Times are microseconds on the trace's clock.
struct KinetoKernel {
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  double start = 0, end = 0;
  double launch = NAN;        // when the host launched it; NaN: not told
  std::uint32_t name = 0;     // index in KinetoTrace::names
  std::uint32_t stream = 0;   // index in KinetoTrace::streams
  std::uint32_t call = none;  // of a collective: index in KinetoTrace::calls
  std::uint32_t waits = 0;    // that the host had put on streams before it launched this
  bool after_sync = false;    // the host itself waited for the GPU
  bool is_call() const { return call != none; }
};

struct KinetoCollective {
  KinetoCall call;
  Place place;  // where the first such stands
};

// cudaStreamWaitEvent, as the profiler tells it where it was asked to: what is launched on `stream` from `at` on
// waits for what was launched on `on` before `recorded`.
struct KinetoWait {
  std::uint32_t stream = 0, on = 0;
  double at = 0, recorded = 0;
};

struct KinetoTrace {
  std::string file;
  std::string step;                   // "ProfilerStep#7"; "": the whole trace
  double begin = 0, end = 0;          // from the end of the step before, where that is in the trace
  std::vector<KinetoKernel> kernels;  // copies and fills of memory too; by start
  std::vector<std::string> names;
  std::vector<std::int64_t> streams;  // their numbers
  std::vector<KinetoCollective> calls;
  bool host_waits = false;        // the trace tells when the host made streams wait
  std::vector<KinetoWait> waits;  // by `at`; none unless the profiler was asked for them
  KinetoJob job;
  std::vector<std::string> notes;  // what was left out, for people
};

// InputErrors: no GPU kernels, collectives without what PyTorch notes about them, kernels of several GPUs.
KinetoTrace read_kineto_trace(const Input& input);

// The same of a file that a description at `asked_at` calls `name`.
KinetoTrace read_kineto_trace(const std::filesystem::path& path, const std::string& name,
                              const Place& asked_at);

// Does the file hold a trace of the PyTorch profiler, and not protobuf?
bool is_kineto(const std::filesystem::path& path, const std::string& name, const Place& asked_at);

}  // namespace aifsim::records
