// The CUDA runtime and NCCL on the CPU, for tests of real_runs/nccl. By environment variables they misbehave:
//   STUB_DEVICES N       GPUs of this node (8)
//   STUB_CORRUPT CALL    the last element of what AllReduce, AllGather, ReduceScatter, Broadcast, Reduce or
//   Recv
//                        brings to the last rank (the root of a Reduce) is wrong
//   STUB_ASYNC_ERROR 1   the communicator reports an error that it found in the background
#include <mpi.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "nccl.h"
#include "nccl/product.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Work = std::function<void()>;

struct Happened {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Clock::time_point at;
  void happen() {
    const std::lock_guard lock(mutex);
    done = true;
    at = Clock::now();
    changed.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return done; });
  }
};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

struct CUevent_st {
  std::shared_ptr<Happened> last;
};

struct CUstream_st {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Work> queue;
  bool working = false, ending = false;
  std::thread thread{[this] { run(); }};

  ~CUstream_st() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
      changed.notify_all();
    }
    thread.join();
  }
  void add(Work work) {
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(work));
    changed.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return queue.empty() && !working; });
  }
  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      const Work work = std::move(queue.front());
      queue.pop_front();
      working = true;
      lock.unlock();
      work();
      lock.lock();
      working = false;
      changed.notify_all();
    }
  }
};

const char* cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "an error"; }
cudaError_t cudaGetDeviceCount(int* count) {
  const std::string given = variable("STUB_DEVICES");
  *count = given.empty() ? 8 : std::atoi(given.c_str());
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaMalloc(void** data, std::size_t bytes) {
  *data = std::malloc(bytes);
  return *data ? cudaSuccess : cudaErrorMemoryAllocation;
}
cudaError_t cudaFree(void* data) {
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemset(void* data, int value, std::size_t bytes) {
  std::memset(data, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *free = *total = std::size_t{24} << 20U;
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new CUstream_st;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  stream->wait();
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  stream->add([last = event->last] {
    if (last) last->wait();
  });
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  event->last = std::make_shared<Happened>();
  stream->add([last = event->last] { last->happen(); });
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  if (!from->last || !to->last) return cudaErrorInvalidValue;
  const std::scoped_lock lock(from->last->mutex, to->last->mutex);
  if (!from->last->done || !to->last->done) return cudaErrorNotReady;
  *milliseconds = std::chrono::duration<float, std::milli>(to->last->at - from->last->at).count();
  return cudaSuccess;
}

struct ncclComm {
  MPI_Comm comm = MPI_COMM_NULL;
  int rank = 0, ranks = 1;
};

namespace {

std::size_t bytes_of(ncclDataType_t type) { return type == ncclFloat ? 4 : 2; }

float load(const char* from, ncclDataType_t type) {
  std::uint32_t bits = 0;
  if (type == ncclFloat) {
    std::memcpy(&bits, from, 4);
  } else {
    std::uint16_t upper = 0;
    std::memcpy(&upper, from, 2);
    bits = static_cast<std::uint32_t>(upper) << 16U;
  }
  float value = 0;
  std::memcpy(&value, &bits, 4);
  return value;
}

void store(float value, char* to, ncclDataType_t type) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, 4);
  if (type == ncclFloat) {
    std::memcpy(to, &bits, 4);
    return;
  }
  const auto upper = static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
  std::memcpy(to, &upper, 2);
}

void corrupt(const char* call, bool here, void* data, std::size_t count, ncclDataType_t type) {
  if (!here || count == 0 || variable("STUB_CORRUPT") != call) return;
  char* const at = static_cast<char*>(data) + (count - 1) * bytes_of(type);
  store(load(at, type) + 1, at, type);
}

std::vector<char> everyone(const void* in, std::size_t bytes, ncclComm_t comm) {
  std::vector<char> all(bytes * static_cast<std::size_t>(comm->ranks));
  MPI_Allgather(in, static_cast<int>(bytes), MPI_BYTE, all.data(), static_cast<int>(bytes), MPI_BYTE,
                comm->comm);
  return all;
}

// Of `count` elements each, the sum of elements [first, first + kept) into out.
void sum(const void* in, void* out, std::size_t count, std::size_t first, std::size_t kept,
         ncclDataType_t type, ncclComm_t comm) {
  const std::size_t each = bytes_of(type);
  const std::vector<char> all = everyone(in, count * each, comm);
  for (std::size_t i = 0; i < kept; ++i) {
    float total = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(comm->ranks); ++r)
      total += load(all.data() + (r * count + first + i) * each, type);
    store(total, static_cast<char*>(out) + i * each, type);
  }
}

struct PointToPoint {
  bool sends;
  void* data;
  std::size_t count;
  ncclDataType_t type;
  int peer;
};
struct Group {
  int depth = 0;
  ncclComm_t comm = nullptr;
  cudaStream_t stream = nullptr;
  std::vector<PointToPoint> messages;
};
thread_local Group group;

ncclResult_t add(const PointToPoint& message, ncclComm_t comm, cudaStream_t stream) {
  if (group.depth == 0) return ncclInvalidArgument;  // real_runs/nccl always groups them
  group.comm = comm;
  group.stream = stream;
  group.messages.push_back(message);
  return ncclSuccess;
}

}  // namespace

const char* ncclGetErrorString(ncclResult_t result) {
  return result == ncclRemoteError ? "remote process exited" : "an error";
}
ncclResult_t ncclGetVersion(int* version) {
  *version = 22703;
  return ncclSuccess;
}
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  std::memset(id, 7, sizeof *id);
  return ncclSuccess;
}
ncclResult_t ncclCommInitRank(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank) {
  for (const char c : id.internal)
    if (c != 7) return ncclInvalidArgument;  // not the one that rank 0 made
  *comm = new ncclComm{MPI_COMM_NULL, rank, ranks};
  MPI_Comm_dup(MPI_COMM_WORLD, &(*comm)->comm);
  return ncclSuccess;
}
ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  MPI_Comm_free(&comm->comm);
  delete comm;
  return ncclSuccess;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t* error) {
  *error = variable("STUB_ASYNC_ERROR").empty() ? ncclSuccess : ncclRemoteError;
  return ncclSuccess;
}
ncclResult_t ncclGroupStart() {
  ++group.depth;
  return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
  if (--group.depth > 0 || group.messages.empty()) return ncclSuccess;
  group.stream->add([comm = group.comm, messages = std::move(group.messages)] {
    std::vector<MPI_Request> requests;
    for (const PointToPoint& m : messages) {
      const auto bytes = static_cast<int>(m.count * bytes_of(m.type));
      MPI_Request& request = requests.emplace_back();
      m.sends ? MPI_Isend(m.data, bytes, MPI_BYTE, m.peer, 0, comm->comm, &request)
              : MPI_Irecv(m.data, bytes, MPI_BYTE, m.peer, 0, comm->comm, &request);
    }
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
    for (const PointToPoint& m : messages)
      if (!m.sends) corrupt("Recv", comm->rank == comm->ranks - 1, m.data, m.count, m.type);
  });
  group.messages.clear();
  return ncclSuccess;
}
ncclResult_t ncclSend(const void* data, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return add({true, const_cast<void*>(data), count, type, peer}, comm, stream);
}
ncclResult_t ncclRecv(void* data, std::size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return add({false, data, count, type, peer}, comm, stream);
}
ncclResult_t ncclAllReduce(const void* in, void* out, std::size_t count, ncclDataType_t type, ncclRedOp_t,
                           ncclComm_t comm, cudaStream_t stream) {
  stream->add([=] {
    sum(in, out, count, 0, count, type, comm);
    corrupt("AllReduce", comm->rank == comm->ranks - 1, out, count, type);
  });
  return ncclSuccess;
}
ncclResult_t ncclReduce(const void* in, void* out, std::size_t count, ncclDataType_t type, ncclRedOp_t,
                        int root, ncclComm_t comm, cudaStream_t stream) {
  stream->add([=] {
    sum(in, out, count, 0, comm->rank == root ? count : 0, type, comm);
    corrupt("Reduce", comm->rank == root, out, count, type);
  });
  return ncclSuccess;
}
ncclResult_t ncclReduceScatter(const void* in, void* out, std::size_t count, ncclDataType_t type, ncclRedOp_t,
                               ncclComm_t comm, cudaStream_t stream) {
  stream->add([=] {
    const auto ranks = static_cast<std::size_t>(comm->ranks), rank = static_cast<std::size_t>(comm->rank);
    sum(in, out, count * ranks, rank * count, count, type, comm);
    corrupt("ReduceScatter", comm->rank == comm->ranks - 1, out, count, type);
  });
  return ncclSuccess;
}
ncclResult_t ncclAllGather(const void* in, void* out, std::size_t count, ncclDataType_t type, ncclComm_t comm,
                           cudaStream_t stream) {
  stream->add([=] {
    const std::vector<char> all = everyone(in, count * bytes_of(type), comm);
    std::memcpy(out, all.data(), all.size());
    corrupt("AllGather", comm->rank == comm->ranks - 1, out, count * static_cast<std::size_t>(comm->ranks),
            type);
  });
  return ncclSuccess;
}
ncclResult_t ncclBroadcast(const void* in, void* out, std::size_t count, ncclDataType_t type, int root,
                           ncclComm_t comm, cudaStream_t stream) {
  stream->add([=] {
    const auto bytes = static_cast<int>(count * bytes_of(type));
    if (comm->rank == root) std::memcpy(out, in, static_cast<std::size_t>(bytes));
    MPI_Bcast(out, bytes, MPI_BYTE, root, comm->comm);
    corrupt("Broadcast", comm->rank == comm->ranks - 1, out, count, type);
  });
  return ncclSuccess;
}

namespace real_runs::nccl {

struct Product::Parts {};
Product::Product() = default;
Product::~Product() = default;
void Product::queue(cudaStream_t stream) const {
  stream->add([] { std::this_thread::sleep_for(std::chrono::microseconds(200)); });
}

}  // namespace real_runs::nccl
