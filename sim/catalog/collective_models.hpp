// Constants of measured collectives of libraries beside the machine's GPU library, whose are in
// `communication`: in SI units (seconds, bytes, bytes per second, seconds per square root of a byte for ramps).
// The equations are in sim/collectives: kernel_time.hpp, step_time.hpp, exchange_time.hpp.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "catalog/gpu_fit.hpp"

namespace aifsim {

enum class ModelUnit { number, seconds, bytes, bandwidth, ramp };

// One constant of a block: its key in the file, and how a fit moves it. `width` is the standard deviation of
// its logarithm among machines: the fit leans towards `start` where the rows say nothing. 0: it is not
// fitted.
template <class T>
struct ModelConstant {
  const char* key;
  double T::*member;
  ModelUnit unit;
  double lower, upper, start, width;
  const char* doc;
};

// Least-squares alpha-beta law of the same rows: the control that a model must beat.
struct AlphaBeta {
  double alpha = 0;  // s, per doubling of the ranks
  double beta = 0;   // B/s, of the volume that a rank must send
};

// An inference engine's own all-reduce kernel.
struct KernelModel {
  std::string engine;  // vllm, sglang, sglang2 (0.5.14 and later), trtllm
  double base = 0, step = 0, one_bandwidth = 0, two_base = 0, two_bandwidth = 0, wide_ratio = 0;
  double eager_floor = 0, copy_bandwidth = 0, one_scale = 0, own_limit = 0, library_time = 1;
  AlphaBeta control;
  FitInfo fit;
};

enum class MeasuredOp {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  reduce,
  gather,
  scatter,
  dispatch,
  combine
};

// MPI, algorithm by algorithm, step by step. What is alike on all machines is in step_time.hpp.
struct StepModel {
  std::string library;       // OMPI, CRAY_MPICH
  bool gpu_buffers = false;  // else host memory
  double latency = 0, message_gap = 0, bandwidth = 0, rails = 1;
  double cached_reduction = 0, memory_reduction = 0, copy_bandwidth = 0, fresh_bandwidth = 0;
  AlphaBeta control;
  FitInfo fit;
};

enum class ExchangeKernel { normal, low_latency };
enum class ExchangeHalf { dispatch, combine };

// Expert dispatch or combine by DeepEP-like kernels.
struct ExchangeModel {
  ExchangeKernel kernel = ExchangeKernel::normal;
  ExchangeHalf half = ExchangeHalf::dispatch;
  double base = 0, node_level = 0, expert_time = 0, token_time = 0, ramp = 0;
  double sm_bandwidth = 0, bandwidth = 0, sm_node_bandwidth = 0, node_bandwidth = 0;
  AlphaBeta control;
  FitInfo fit;
};

// Libraries beside the one of `communication`.
struct CollectiveModels {
  std::vector<KernelModel> kernels;
  std::vector<StepModel> steps;
  std::vector<ExchangeModel> experts;
};

template <class T>
std::span<const ModelConstant<T>> model_constants();
template <>
std::span<const ModelConstant<KernelModel>> model_constants();
template <>
std::span<const ModelConstant<StepModel>> model_constants();
template <>
std::span<const ModelConstant<ExchangeModel>> model_constants();

}  // namespace aifsim
