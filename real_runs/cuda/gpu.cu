#include "cuda/gpu.hpp"

#include <dlfcn.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>

namespace real_runs::cuda {

// The few calls of NVML that we need, through the driver's library: its header is not part of every toolkit.
class Clock {
 public:
  explicit Clock(int device) {
    library_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library_) return;
    const auto initialise = symbol<int (*)()>("nvmlInit_v2");
    const auto by_address = symbol<int (*)(const char*, void**)>("nvmlDeviceGetHandleByPciBusId_v2");
    char address[32];  // CUDA and NVML may number devices differently
    if (!initialise || !by_address || initialise() != 0 ||
        cudaDeviceGetPCIBusId(address, sizeof address, device) != cudaSuccess ||
        by_address(address, &handle_) != 0)
      handle_ = nullptr;
  }
  ~Clock() {
    if (!library_) return;
    if (const auto shutdown = symbol<int (*)()>("nvmlShutdown")) shutdown();
    dlclose(library_);
  }
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  double watts() const { return milli("nvmlDeviceGetPowerUsage"); }
  double limit_watts() const { return milli("nvmlDeviceGetEnforcedPowerLimit"); }
  double megahertz(int domain) const {  // 0 graphics, 1 SM, 2 memory
    unsigned value = 0;
    const auto call = handle_ ? symbol<int (*)(void*, int, unsigned*)>("nvmlDeviceGetClockInfo") : nullptr;
    return call && call(handle_, domain, &value) == 0 ? value : NAN;
  }
  std::string driver() const {
    char text[96] = "unknown";
    const auto call = handle_ ? symbol<int (*)(char*, unsigned)>("nvmlSystemGetDriverVersion") : nullptr;
    if (call && call(text, sizeof text) != 0) std::strcpy(text, "unknown");
    return text;
  }

 private:
  template <class F>
  F symbol(const char* name) const {
    return reinterpret_cast<F>(dlsym(library_, name));
  }
  double milli(const char* name) const {
    unsigned value = 0;
    const auto call = handle_ ? symbol<int (*)(void*, unsigned*)>(name) : nullptr;
    return call && call(handle_, &value) == 0 ? value / 1000.0 : NAN;
  }
  void* library_ = nullptr;
  void* handle_ = nullptr;
};

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string figure(double value, const char* unit) {
  if (!std::isfinite(value)) return "not readable";
  char text[48];
  std::snprintf(text, sizeof text, "%.0f %s", value, unit);
  return text;
}

}  // namespace

const char* name_of(Format format) {
  switch (format) {
    case Format::fp64:
      return "fp64";
    case Format::fp32:
      return "fp32";
    case Format::tf32:
      return "tf32";
    case Format::bf16:
      return "bf16";
    case Format::fp16:
      return "fp16";
    case Format::fp8:
      return "fp8";
    case Format::int8:
      return "int8";
  }
  return "";
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--full") {
      options.full = true;
    } else if (argument == "--name" && i + 1 < argc) {
      options.name = argv[++i];
    } else if (argument == "--folder" && i + 1 < argc) {
      options.folder = argv[++i];
    } else if (argument == "--name" || argument == "--folder") {
      fail(argument + " needs a value");
    } else {
      fail("unknown argument " + argument);
    }
  }
  return options;
}

std::size_t copies_for(std::size_t bytes) {
  cudaDeviceProp properties{};
  int device = 0;
  std::size_t free_bytes = 0, total = 0;
  GPU_CHECK(cudaGetDevice(&device));
  GPU_CHECK(cudaGetDeviceProperties(&properties, device));
  GPU_CHECK(cudaMemGetInfo(&free_bytes, &total));
  const std::size_t wanted =
      4 * static_cast<std::size_t>(properties.l2CacheSize) / std::max<std::size_t>(bytes, 1) + 1;
  const std::size_t possible = free_bytes / 4 / std::max<std::size_t>(bytes, 1);
  return std::max<std::size_t>(1, std::min({std::max<std::size_t>(wanted, 2), possible, std::size_t{4096}}));
}

Bench::Bench(const Options& options) : options_(options) {
  int count = 0;
  GPU_CHECK(cudaGetDeviceCount(&count));
  if (count == 0) fail("the CUDA driver finds no device");
  GPU_CHECK(cudaGetDevice(&device_));
  cudaDeviceProp properties{};
  GPU_CHECK(cudaGetDeviceProperties(&properties, device_));
  capability_ = 10 * properties.major + properties.minor;
  GPU_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  GPU_CHECK(cudaEventCreate(&begin_));
  GPU_CHECK(cudaEventCreate(&end_));
  clock_ = new Clock(device_);
}

Bench::~Bench() {
  delete clock_;
  cudaEventDestroy(begin_);
  cudaEventDestroy(end_);
  cudaStreamDestroy(stream_);
}

bool Bench::begin(const std::string& what) {
  if (counting) {
    ++cases;
    return false;
  }
  ++done_;
  if (options_.rank == 0) {
    std::printf("case\t%zu\t%zu\t%s\n", done_, cases, clean(what).c_str());
    std::fflush(stdout);
  }
  return true;
}

double Bench::seconds_of_region(const std::function<void()>& region, std::size_t launches) {
  float milliseconds = 0;
  GPU_CHECK(cudaEventRecord(begin_, stream_));
  region();
  GPU_CHECK(cudaGetLastError());
  GPU_CHECK(cudaEventRecord(end_, stream_));
  GPU_CHECK(cudaEventSynchronize(end_));
  GPU_CHECK(cudaEventElapsedTime(&milliseconds, begin_, end_));
  return 1e-3 * static_cast<double>(milliseconds) / static_cast<double>(launches);
}

double Bench::seconds_of(const std::function<void(std::size_t)>& launch, std::size_t launches) {
  return seconds_of_region(
      [&] {
        for (std::size_t i = 0; i < launches; ++i) launch(turn_++);
      },
      launches);
}

Times Bench::regions(const std::function<void()>& region, std::size_t launches, double budget_seconds) {
  std::vector<double> samples;
  const double begin = now();
  while (samples.size() < 5 || (now() - begin < limit(budget_seconds) && samples.size() < 1000))
    samples.push_back(seconds_of_region(region, launches));
  return summary(samples);
}

Times Bench::time(const std::function<void(std::size_t)>& launch, double budget_seconds) {
  seconds_of(launch, 3);  // warm-up: clocks, caches, lazy loading of the module
  const double once = std::max(seconds_of(launch, 3), 1e-7);
  // A region lasts 1 ms, at most 200 launches, so that the events' own time does not count.
  const auto launches = static_cast<std::size_t>(std::clamp(1e-3 / once, 1.0, 200.0));
  return regions(
      [&] {
        for (std::size_t i = 0; i < launches; ++i) launch(turn_++);
      },
      launches, budget_seconds);
}

Times Bench::time_in_graph(const std::function<void(std::size_t)>& launch, double budget_seconds) {
  seconds_of(launch, 3);
  const double once = std::max(seconds_of(launch, 3), 1e-7);
  if (once > 50e-6) return time(launch, budget_seconds);
  // 2 ms: many turns through the buffers, so that the next replay does not find the last one's in the cache.
  const auto launches = static_cast<std::size_t>(std::clamp(2e-3 / once, 20.0, 2000.0));
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  GPU_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
  for (std::size_t i = 0; i < launches; ++i) launch(turn_++);
  GPU_CHECK(cudaStreamEndCapture(stream_, &graph));
  GPU_CHECK(cudaGraphInstantiate(&ready, graph, 0));
  GPU_CHECK(cudaGraphDestroy(graph));
  const auto replay = [&] { GPU_CHECK(cudaGraphLaunch(ready, stream_)); };
  seconds_of_region(replay, launches);  // the first launch uploads it
  const Times times = regions(replay, launches, budget_seconds);
  GPU_CHECK(cudaGraphExecDestroy(ready));
  return times;
}

Times Bench::time_sustained(const std::function<void(std::size_t)>& launch, double limit, double& watts) {
  seconds_of(launch, 3);
  const double once = std::max(seconds_of(launch, 3), 1e-7);
  const auto launches = static_cast<std::size_t>(std::clamp(0.05 / once, 1.0, 20000.0));  // 50 ms
  // Settled: the last second is within 1 % of the second before.
  std::vector<double> history;
  const double begin = now();
  while (now() - begin < limit) {
    history.push_back(seconds_of(launch, launches));
    if (history.size() < 60) continue;  // 3 s at least: capacitors and temperature allow more at first
    double last = 0, before = 0;
    for (std::size_t i = 1; i <= 20; ++i) {
      last += history[history.size() - i];
      before += history[history.size() - 20 - i];
    }
    if (std::abs(last / before - 1) < 0.01) break;
  }
  const double settled = now() - begin;
  std::vector<double> samples;
  double sum = 0;
  std::size_t readings = 0;
  const double counted = now();
  while (samples.size() < 5 || now() - counted < settled / 2) {
    samples.push_back(seconds_of(launch, launches));
    // Right after the region: NVML's figure is an average over the last tens of milliseconds or more.
    const double power = clock_->watts();
    if (std::isfinite(power)) {
      sum += power;
      ++readings;
    }
  }
  watts = readings ? sum / static_cast<double>(readings) : 0;
  return summary(samples);
}

Row Bench::row(const std::string& op) const {
  Row row(op);
  int runtime = 0;
  GPU_CHECK(cudaRuntimeGetVersion(&runtime));
  row.set("gpu", options_.name).set("platform", options_.name).set("mode", "burst");
  row.set("software", "cuda-" + std::to_string(runtime / 1000) + "." + std::to_string(runtime % 1000 / 10));
  return row;
}

void Bench::describe_device() {
  cudaDeviceProp p{};
  GPU_CHECK(cudaGetDeviceProperties(&p, device_));
  int driver = 0, runtime = 0;
  GPU_CHECK(cudaDriverGetVersion(&driver));
  GPU_CHECK(cudaRuntimeGetVersion(&runtime));
  meta("device", p.name);
  meta("capability", std::to_string(p.major) + "." + std::to_string(p.minor));
  meta("multiprocessors", std::to_string(p.multiProcessorCount));
  meta("l2_bytes", std::to_string(p.l2CacheSize));
  meta("memory_bytes", std::to_string(p.totalGlobalMem));
  meta("driver", clock_->driver() + ", CUDA " + std::to_string(driver));
  meta("libraries", "CUDA runtime " + std::to_string(runtime));
  meta("power_limit", figure(clock_->limit_watts(), "W"));
}

void Bench::describe_clock(const std::string& when) {
  meta("clock_" + when, "SM " + figure(clock_->megahertz(1), "MHz") + ", memory " +
                            figure(clock_->megahertz(2), "MHz") + ", " + figure(clock_->watts(), "W"));
}

}  // namespace real_runs::cuda
