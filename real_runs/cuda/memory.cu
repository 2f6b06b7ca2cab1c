// Copies (device, host pinned and pageable, peer), STREAM under BabelStream's names, launch and graph launch.
#include <cmath>

#include "cuda/gpu.hpp"

namespace real_runs::cuda {
namespace {

constexpr float kFactor = 0.4F;

__global__ void set_values(float* a, Index n, float value) {
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) a[i] = value;
}
// kind 0 copy, 1 mul, 2 add, 3 triad: c from a and b.
template <int kind>
__global__ void stream_kernel(const float* a, const float* b, float* c, Index n) {
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
    c[i] = kind == 0 ? a[i] : kind == 1 ? kFactor * a[i] : kind == 2 ? a[i] + b[i] : a[i] + kFactor * b[i];
}
__global__ void nothing() {}

// 1, 2, 3, ... 251, 1, ...: what a copy must bring; the destination is cleared before.
__global__ void fill_pattern(char* data, Index n) {
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
    data[i] = static_cast<char>(i % 251 + 1);
}
bool has_pattern(const char* host, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    if (host[i] != static_cast<char>(i % 251 + 1)) return false;
  return true;
}
void put_pattern(char* device, std::size_t bytes, cudaStream_t stream) {
  fill_pattern<<<1024, 256, 0, stream>>>(device, static_cast<Index>(bytes));
  GPU_CHECK(cudaGetLastError());
}

void print_copy(Bench& bench, const char* op, const char* buffers, std::size_t bytes, const Times& times,
                double passes) {
  Row row = bench.row(op);
  row.set("bytes", passes * static_cast<double>(bytes)).set("dtype", "fp32");
  if (*buffers) row.set("buffers", buffers);
  bench.print(row, times);
}

void copy_case(Bench& bench, const char* op, bool pinned, bool to_device, std::size_t bytes) {
  const char* const buffers = pinned ? "pinned" : "pageable";
  if (!bench.begin(std::string(op) + " " + buffers + " " + std::to_string(bytes) + " bytes")) return;
  const Buffer device(bytes);
  std::vector<char> pageable(pinned ? 0 : bytes, 0);
  char* host = pageable.data();
  if (pinned) GPU_CHECK(cudaMallocHost(&host, bytes));
  for (std::size_t i = 0; i < bytes; ++i) host[i] = to_device ? static_cast<char>(i % 251 + 1) : 0;
  const auto copy = [&](std::size_t) {
    void* const to = to_device ? device.as<void>() : host;
    const void* const from = to_device ? host : device.as<void>();
    GPU_CHECK(cudaMemcpyAsync(to, from, bytes, to_device ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost,
                              bench.stream()));
  };
  if (to_device) {
    GPU_CHECK(cudaMemsetAsync(device.as<void>(), 0, bytes, bench.stream()));
  } else {
    put_pattern(device.as<char>(), bytes, bench.stream());
  }
  copy(0);
  GPU_CHECK(cudaStreamSynchronize(bench.stream()));
  const std::vector<char> back = to_host(device.as<char>(), bytes);
  if (!has_pattern(back.data(), bytes) || !has_pattern(host, bytes))
    fail(std::string(op) + " brings other bytes than it was given");
  const Times times = bench.time(copy);
  print_copy(bench, op, buffers, bytes, times, 1);
  if (pinned) GPU_CHECK(cudaFreeHost(host));
}

void peer_case(Bench& bench, std::size_t bytes, bool first) {
  int device = 0, count = 0, possible = 0;
  GPU_CHECK(cudaGetDevice(&device));
  GPU_CHECK(cudaGetDeviceCount(&count));
  if (count < 2) {
    if (!bench.counting && first) skip("memcpy_p2p", "one GPU only");
    return;
  }
  if (!bench.begin("memcpy_p2p " + std::to_string(bytes) + " bytes")) return;
  const int peer = (device + 1) % count;
  GPU_CHECK(cudaDeviceCanAccessPeer(&possible, device, peer));
  if (possible) {
    const cudaError_t enabled = cudaDeviceEnablePeerAccess(peer, 0);
    if (enabled == cudaErrorPeerAccessAlreadyEnabled) {
      static_cast<void>(cudaGetLastError());  // clears it
    } else {
      GPU_CHECK(enabled);
    }
  }
  const Buffer here(bytes);
  GPU_CHECK(cudaSetDevice(peer));
  void* there = nullptr;
  GPU_CHECK(cudaMalloc(&there, bytes));
  GPU_CHECK(cudaMemset(there, 0, bytes));
  GPU_CHECK(cudaDeviceSynchronize());
  GPU_CHECK(cudaSetDevice(device));
  put_pattern(here.as<char>(), bytes, bench.stream());
  GPU_CHECK(cudaMemcpyPeerAsync(there, peer, here.as<void>(), device, bytes, bench.stream()));
  GPU_CHECK(cudaStreamSynchronize(bench.stream()));
  std::vector<char> back(bytes);
  GPU_CHECK(cudaMemcpy(back.data(), there, bytes, cudaMemcpyDefault));
  if (!has_pattern(back.data(), bytes)) fail("memcpy_p2p brings other bytes than it was given");
  const Times times = bench.time([&](std::size_t) {
    GPU_CHECK(cudaMemcpyPeerAsync(there, peer, here.as<void>(), device, bytes, bench.stream()));
  });
  GPU_CHECK(cudaStreamSynchronize(bench.stream()));
  GPU_CHECK(cudaFree(there));
  print_copy(bench, "memcpy_p2p", possible ? "direct" : "through the host", bytes, times, 1);
}

template <int kind>
void stream_case(Bench& bench, const char* op, double arrays, Index n) {
  if (!bench.begin(std::string(op) + " " + std::to_string(n * 4) + " bytes an array")) return;
  const auto bytes = padded(static_cast<std::size_t>(n) * sizeof(float));
  const std::size_t copies = copies_for(3 * bytes);
  const Buffer a(bytes * copies), b(bytes * copies), c(bytes * copies);
  const auto part = [&](const Buffer& buffer, std::size_t turn) {
    return reinterpret_cast<float*>(buffer.bytes_at(turn % copies * bytes));
  };
  for (std::size_t i = 0; i < copies; ++i) {
    set_values<<<1024, 256, 0, bench.stream()>>>(part(a, i), n, 3.0F);
    GPU_CHECK(cudaGetLastError());
    set_values<<<1024, 256, 0, bench.stream()>>>(part(b, i), n, 5.0F);
    GPU_CHECK(cudaGetLastError());
  }
  const auto blocks = static_cast<unsigned>(std::clamp<Index>((n + 255) / 256, 1, 65535));
  const auto launch = [&](std::size_t turn) {
    stream_kernel<kind><<<blocks, 256, 0, bench.stream()>>>(part(a, turn), part(b, turn), part(c, turn), n);
    GPU_CHECK(cudaGetLastError());
  };
  launch(0);
  GPU_CHECK(cudaStreamSynchronize(bench.stream()));
  const float wanted[] = {3.0F, kFactor * 3.0F, 8.0F, 3.0F + kFactor * 5.0F};
  const std::vector<float> got = to_host(part(c, 0), static_cast<std::size_t>(n));
  for (const float x : got)
    if (std::abs(x - wanted[kind]) > 1e-5F) fail(std::string("the kernel ") + op + " is wrong");
  print_copy(bench, op, "", static_cast<std::size_t>(n) * sizeof(float), bench.time_in_graph(launch), arrays);
}

}  // namespace

void memory_cases(Bench& bench) {
  std::vector<std::size_t> sizes{4096, 1U << 20, 64U << 20};
  if (bench.options().full) sizes.insert(sizes.end(), {65536, 16U << 20, 1U << 30});
  for (const std::size_t bytes : sizes) {
    copy_case(bench, "memcpy_h2d", true, true, bytes);
    copy_case(bench, "memcpy_h2d", false, true, bytes);
    copy_case(bench, "memcpy_d2h", true, false, bytes);
    copy_case(bench, "memcpy_d2h", false, false, bytes);
    peer_case(bench, bytes, bytes == sizes.front());
    if (bench.begin("memcpy_d2d " + std::to_string(bytes) + " bytes")) {
      const std::size_t copies = copies_for(2 * bytes), each_turn = padded(bytes);
      const Buffer from(each_turn * copies), to(each_turn * copies);
      put_pattern(from.as<char>(), bytes, bench.stream());
      GPU_CHECK(cudaMemsetAsync(to.as<void>(), 0, bytes, bench.stream()));
      GPU_CHECK(
          cudaMemcpyAsync(to.as<void>(), from.as<void>(), bytes, cudaMemcpyDeviceToDevice, bench.stream()));
      GPU_CHECK(cudaStreamSynchronize(bench.stream()));
      if (!has_pattern(to_host(to.as<char>(), bytes).data(), bytes))
        fail("memcpy_d2d brings other bytes than it was given");
      const Times times = bench.time_in_graph([&](std::size_t turn) {
        const std::size_t at = turn % copies * each_turn;
        GPU_CHECK(cudaMemcpyAsync(to.bytes_at(at), from.bytes_at(at), bytes, cudaMemcpyDeviceToDevice,
                                  bench.stream()));
      });
      print_copy(bench, "memcpy_d2d", "", bytes, times, 2);
    }
    const Index n = static_cast<Index>(bytes / sizeof(float));
    stream_case<0>(bench, "stream_copy", 2, n);
    stream_case<1>(bench, "stream_mul", 2, n);
    stream_case<2>(bench, "stream_add", 3, n);
    stream_case<3>(bench, "stream_triad", 3, n);
  }
}

void launch_cases(Bench& bench) {
  const auto print = [&](const char* layer, const Times& t, double per) {
    Row row = bench.row("launch");
    row.set("layer", layer);
    bench.print(row, {t.minimum / per, t.median / per, t.p90 / per, t.count});
  };
  if (bench.begin("kernel launch")) {
    print("kernel", bench.time([&](std::size_t) {
      nothing<<<1, 32, 0, bench.stream()>>>();
      GPU_CHECK(cudaGetLastError());
    }),
          1);
  }
  if (bench.begin("kernel launch and end")) {
    print("kernel and synchronisation", bench.time([&](std::size_t) {
      nothing<<<1, 32, 0, bench.stream()>>>();
      GPU_CHECK(cudaGetLastError());
      GPU_CHECK(cudaStreamSynchronize(bench.stream()));
    }),
          1);
  }
  if (!bench.begin("graph launch")) return;
  constexpr int kernels = 100;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  GPU_CHECK(cudaStreamBeginCapture(bench.stream(), cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < kernels; ++i) nothing<<<1, 32, 0, bench.stream()>>>();
  GPU_CHECK(cudaStreamEndCapture(bench.stream(), &graph));
  GPU_CHECK(cudaGraphInstantiate(&ready, graph, 0));
  print("kernel of a graph of 100",
        bench.time([&](std::size_t) { GPU_CHECK(cudaGraphLaunch(ready, bench.stream())); }), kernels);
  GPU_CHECK(cudaGraphExecDestroy(ready));
  GPU_CHECK(cudaGraphDestroy(graph));
}

}  // namespace real_runs::cuda
