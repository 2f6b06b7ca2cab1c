// Attention by cuDNN: causal, BF16, [batch, heads, sequence, head_dim]. One graph of operations in either direction, in
// the form that cuDNN recognises as fused attention (its developer guide, "Fused Flash Attention"); cuDNN chooses the
// engine. No call here needs a GPU except `run`: plans are made for a description of one. cuDNN 9.8 or later.
//   forward   S = scale Q K^T, masked; P = softmax(S); out = P V; stats = log of the sums of exponentials
//   backward  delta = rows of (dout * out); dV = P^T dout
//             dS = scale P * (dout V^T - delta); dK = dS^T Q; dQ = dS K
// Errors, with the call and what cuDNN says: `Unsupported` before anything runs, std::runtime_error from `run`.
#pragma once
#include <cudnn.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace real_runs::cuda {

struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using CudnnObject = std::shared_ptr<std::remove_pointer_t<cudnnBackendDescriptor_t>>;

// What cuDNN knows of a GPU.
class CudnnDevice {
 public:
  explicit CudnnDevice(cudnnHandle_t handle);
  explicit CudnnDevice(const std::string& json);  // as another device described itself
  cudnnBackendDescriptor_t get() const { return object_.get(); }

 private:
  CudnnObject object_;
};

struct FusedShape {
  std::int64_t batch, heads, kv_heads, sequence, head_dim;
};

class FusedAttention {
 public:
  enum Tensor { kQ, kK, kV, kOut, kStats, kDOut, kDQ, kDK, kDV, kDelta, kDQSum, kTensors };
  // Device pointers. Forward reads q, k, v; writes out and stats (FP32, [batch, heads, sequence]). Backward
  // reads those five and dout; writes dq, dk, dv; delta (as stats) and dq_sum (FP32, as q) are its own. Others
  // may be null.
  using Pointers = std::array<void*, kTensors>;

  FusedAttention(const CudnnDevice& device, const FusedShape& shape, bool backward);
  FusedAttention(const FusedAttention&) = delete;
  FusedAttention& operator=(const FusedAttention&) = delete;
  std::size_t workspace_bytes() const { return workspace_bytes_; }
  const std::vector<Tensor>& tensors() const { return tensors_; }  // those that it reads or writes
  // A set of tensors to run on, for `run`.
  CudnnObject bind(const Pointers& pointers, void* workspace);
  void run(cudnnHandle_t handle, const CudnnObject& bound) const;

 private:
  std::vector<CudnnObject> kept_;  // what the plan was made from
  CudnnObject plan_;
  std::vector<Tensor> tensors_;
  std::size_t workspace_bytes_ = 0;
  float scale_, lowest_, one_ = 1;  // read by the host at each run
};

}  // namespace real_runs::cuda
