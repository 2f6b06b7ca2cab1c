// One process per GPU, joined by MPI and by one NCCL communicator. Host code only: it compiles without nvcc,
// and the tests link it with stand-ins of the CUDA runtime and of NCCL (tests/real_runs/stubs).
#pragma once
#include <cuda_runtime_api.h>
#include <mpi.h>
#include <nccl.h>

#include <functional>
#include <memory>
#include <string>

#include "common/check.hpp"
#include "common/lines.hpp"

namespace real_runs::nccl {

struct Options {
  bool full = false;
  std::string name = "my_cuda";
};

class Stream {
 public:
  Stream() { GPU_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator cudaStream_t() const { return stream_; }
  void wait() const { GPU_CHECK(cudaStreamSynchronize(stream_)); }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  Event() { GPU_CHECK(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator cudaEvent_t() const { return event_; }
  void record(cudaStream_t stream) const { GPU_CHECK(cudaEventRecord(event_, stream)); }
  double since(const Event& earlier) const {  // seconds; both have happened
    float milliseconds = 0;
    GPU_CHECK(cudaEventElapsedTime(&milliseconds, earlier, event_));
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class Buffer {
 public:
  explicit Buffer(std::size_t bytes) { GPU_CHECK(cudaMalloc(&data_, bytes)); }
  ~Buffer() { cudaFree(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  char* at(std::size_t byte) const { return static_cast<char*>(data_) + byte; }

 private:
  void* data_ = nullptr;
};

// Work that each process queues once on a stream.
using Queue = std::function<void(cudaStream_t)>;

class World {
 public:
  explicit World(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  int rank = 0, ranks = 1, per_node = 1;
  std::size_t cases = 0;
  const Options& options() const { return options_; }
  ncclComm_t comm() const { return comm_; }
  const Stream& stream() const { return *stream_; }
  // Bytes that each process may allocate.
  std::size_t free_bytes() const;

  void begin(const std::string& what);
  // Regions of many calls between two events, started together; of each the slowest process counts. Seconds
  // of one call; the same on every process.
  Times time(const Queue& work);
  // The same while `other` keeps the second stream busy from before the first call until after the last,
  // which takes `other_seconds` each. No samples where that could not be had.
  Times time_beside(const Queue& work, const Queue& other, double other_seconds);
  Row row(const std::string& op) const;
  void print(Row& row, const Times& times) const;
  void check_communicator() const;  // what NCCL found out meanwhile

  double largest(double mine) const;
  double of_first(double mine) const;  // what the process of rank 0 says

 private:
  double region(const Queue& work, std::size_t calls);

  Options options_;
  ncclComm_t comm_ = nullptr;
  std::unique_ptr<const Stream> stream_;  // once the device is chosen
  std::unique_ptr<const Event> begin_, end_;
  std::size_t done_ = 0;
  std::string software_;
};

void collective_cases(World& world, bool run);
void overlap_cases(World& world, bool run);

}  // namespace real_runs::nccl
