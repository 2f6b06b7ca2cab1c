// Kernels from functions: one thread per element, one block per row.
#pragma once
#include "cuda/gpu.hpp"

namespace real_runs::cuda {

constexpr int kLanes = 256;  // threads of a block that share a row; a multiple of 32

// The lanes' values joined; every lane gets the result. All lanes of the block must call it.
template <bool maximum>
__device__ float joined(float value) {
  __shared__ float of_warp[kLanes / 32];
  const auto join = [](float a, float b) { return maximum ? fmaxf(a, b) : a + b; };
  for (int offset = 16; offset > 0; offset /= 2)
    value = join(value, __shfl_xor_sync(0xffffffffU, value, offset));
  __syncthreads();  // the previous call's readers are done
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  float all = of_warp[0];
  for (int w = 1; w < kLanes / 32; ++w) all = join(all, of_warp[w]);
  return all;
}

// One thread per element, in strides over the grid.
template <class F>
__global__ void each(Index count, F body) {
  const Index step = static_cast<Index>(gridDim.x) * blockDim.x;
  for (Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) body(i);
}

inline unsigned blocks_for(Index count) {
  return static_cast<unsigned>(std::clamp<Index>((count + 255) / 256, 1, 65535));
}

template <class F>
void launch_each(Index count, cudaStream_t stream, F body) {
  each<<<blocks_for(count), 256, 0, stream>>>(count, body);
  GPU_CHECK(cudaGetLastError());
}

// Random values from -1 to 1, the same for the same seed.
template <class T>
void fill(T* data, Index count, std::uint32_t seed, cudaStream_t stream) {
  launch_each(count, stream,
              [=] __device__(Index i) { bodies::store(data, i, bodies::random_value(i, seed)); });
}

struct Joined {
  __device__ float sum(float value) const { return joined<false>(value); }
  __device__ float maximum(float value) const { return joined<true>(value); }
};

template <class F>
__global__ void each_row(F f) {
  f(static_cast<Index>(blockIdx.x), static_cast<Index>(threadIdx.x), static_cast<Index>(kLanes), Joined{});
}

template <class F>
void launch_rows(Index rows, cudaStream_t stream, F f) {
  each_row<<<static_cast<unsigned>(rows), kLanes, 0, stream>>>(f);
  GPU_CHECK(cudaGetLastError());
}

}  // namespace real_runs::cuda
