// Shared by the CUDA programs: checked calls, device buffers, timing, what the driver and NVML tell.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/check.hpp"
#include "common/lines.hpp"
#include "cuda/bodies.hpp"

namespace real_runs::cuda {

using bodies::Index;

struct Options {
  bool full = false;
  std::string name = "my_cuda", folder = "/tmp";
  int rank = 0, ranks = 1;
};
Options read_options(int argc, char** argv);

// Device memory, freed at the end; 256-byte aligned.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes) : bytes_(bytes) {
    GPU_CHECK(cudaMalloc(&data_, std::max<std::size_t>(bytes, 256)));
  }
  ~Buffer() { cudaFree(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  char* bytes_at(std::size_t offset) const { return static_cast<char*>(data_) + offset; }
  std::size_t size() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_;
};

template <class T>
std::vector<T> to_host(const T* device, std::size_t count) {
  std::vector<T> host(count);
  GPU_CHECK(cudaMemcpy(host.data(), device, count * sizeof(T), cudaMemcpyDeviceToHost));
  return host;
}

// Enough copies of `bytes` that a turn through them does not fit in the level-2 cache: at least 2, at most
// what a quarter of the free memory holds.
std::size_t copies_for(std::size_t bytes);
inline std::size_t padded(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

class Clock;  // NVML

class Bench {
 public:
  explicit Bench(const Options& options);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  const Options& options() const { return options_; }
  cudaStream_t stream() const { return stream_; }
  int capability() const { return capability_; }  // 90 on Hopper
  std::size_t cases = 0;
  bool counting = true;  // the first walk through the cases only counts them

  // True where the case shall run; announces it.
  bool begin(const std::string& what);
  // `launch(turn)` queues the work once on stream(); turn counts up, to rotate buffers. Regions of many
  // launches between two events; the samples are seconds per launch.
  Times time(const std::function<void(std::size_t turn)>& launch, double budget_seconds = 0);
  // The same, replayed from a CUDA graph where one launch takes less than 50 us: the host then issues nothing
  // between the kernels, so that a kernel shorter than the interval between launches shows its own time.
  // `launch` queues kernels and copies on the device alone, nothing that a graph cannot hold.
  Times time_in_graph(const std::function<void(std::size_t turn)>& launch, double budget_seconds = 0);
  // Until the clock has settled (at most `limit` seconds); then half as long again counts. Sets power.
  Times time_sustained(const std::function<void(std::size_t turn)>& launch, double limit, double& watts);
  Row row(const std::string& op) const;
  void print(Row& row, const Times& times) const {
    set_times(row, times);
    row.print();
  }
  void describe_device();  // metadata
  void describe_clock(const std::string& when);

 private:
  double limit(double budget_seconds) const {
    return budget_seconds > 0 ? budget_seconds : options_.full ? 0.6 : 0.12;
  }
  double seconds_of(const std::function<void(std::size_t turn)>& launch, std::size_t launches);
  // `region` queues `launches` launches; seconds of one launch, as many regions as the budget holds.
  Times regions(const std::function<void()>& region, std::size_t launches, double budget_seconds);
  double seconds_of_region(const std::function<void()>& region, std::size_t launches);
  Options options_;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
  int capability_ = 0, device_ = 0;
  std::size_t done_ = 0, turn_ = 0;
  Clock* clock_;
};

// Storage formats for bodies.hpp.
enum class Format { fp64, fp32, tf32, bf16, fp16, fp8, int8 };
const char* name_of(Format format);

void gemm_cases(Bench& bench);
void layer_cases(Bench& bench);
void attention_cases(Bench& bench);
void fused_attention_cases(Bench& bench);  // cuDNN's
void memory_cases(Bench& bench);
void launch_cases(Bench& bench);
void step_cases(Bench& bench);

}  // namespace real_runs::cuda
