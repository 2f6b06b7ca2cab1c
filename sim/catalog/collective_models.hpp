// Constants of measured collectives in a platform file: what a library takes on this machine, in SI units
// (seconds, bytes, bytes per second, seconds per square root of a byte for ramps). The equations are in
// sim/collectives: node_time.hpp, step_time.hpp, cluster_time.hpp, expert_time.hpp.
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

// A vendor's library (NCCL, RCCL) inside one node or scale-up domain.
struct NodeModel {
  double base = 0, step = 0, ramp = 0, low_share = 0, switch_bytes = 0, late_base = 0, late_step = 0;
  double bandwidth = 0, wide_ratio = 0, in_switch_gain = 0, narrow_time = 0;
  double exchange_step = 0, exchange_late = 0, exchange_switch = 0, exchange_ramp = 0, exchange_share = 0;
  AlphaBeta control;
  FitInfo fit;
};

// An inference engine's own all-reduce kernel.
struct KernelModel {
  std::string engine;  // vllm, sglang, sglang2 (0.5.14 and later), trtllm
  double base = 0, step = 0, one_bandwidth = 0, two_base = 0, two_bandwidth = 0, wide_ratio = 0;
  double eager_floor = 0, copy_bandwidth = 0, one_scale = 0, own_limit = 0, library_time = 1;
  AlphaBeta control;
  FitInfo fit;
};

// What a measuring campaign met: state of the machine while rows of one job shape were taken.
struct Campaign {
  std::int64_t nodes = 0, ranks_per_node = 0;
  std::int64_t rails = 0;  // NICs that the job let a message be spread over; 0: the library's own choice
  double latency_factor = 1, transfer_factor = 1;  // over the block's
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

// How one program's version of an algorithm differs from what its steps cost.
struct Implementation {
  MeasuredOp collective = MeasuredOp::all_reduce;
  std::string algorithm;  // as tables name it, with the program that it is from
  double latency_factor = 1, byte_factor = 1;
};

// MPI, algorithm by algorithm, step by step.
struct StepModel {
  std::string library;       // OMPI, CRAY_MPICH
  bool gpu_buffers = false;  // else host memory
  double latency = 0, hop_latency = 0, message_gap = 0, rendezvous = 0, rendezvous_bytes = 0;
  double bandwidth = 0, rails = 1, exchange_share = 0, ramp = 0, cached_reduction = 0, memory_reduction = 0;
  double cache_bytes = 0, copy_bandwidth = 0, fresh_bandwidth = 0, fresh_bytes = 0, fresh_base = 0,
         crowding = 0;
  double local_latency = 0, local_bandwidth = 0;
  std::vector<Campaign> campaigns;
  std::vector<Implementation> implementations;
  AlphaBeta control;
  FitInfo fit;
};

// All-reduce of GPU buffers over several nodes: NCCL's tree and ring, and MPI's hierarchical forms.
struct ClusterModel {
  double tree_base = 0, tree_level = 0, tree_ramp = 0, tree_bandwidth = 0, tree_loss = 0, tree_late = 0,
         tree_switch = 0;
  double ring_base = 0, ring_step = 0, ring_ramp = 0, ring_bandwidth = 0, ring_loss = 0, ring_late = 0,
         ring_switch = 0;
  double ramp_growth = 0, tree_limit = 0;
  double wide_base = 0, wide_level = 0, wide_ramp = 0, wide_bandwidth = 0;
  double short_base = 0, short_level = 0, short_ramp = 0, short_bandwidth = 0;
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

// At most one entry in `node` and in `cluster`; lists so that a platform may lack them.
struct CollectiveModels {
  std::vector<NodeModel> node;
  std::vector<KernelModel> kernels;
  std::vector<StepModel> steps;
  std::vector<ClusterModel> cluster;
  std::vector<ExchangeModel> experts;
};

template <class T>
std::span<const ModelConstant<T>> model_constants();
template <>
std::span<const ModelConstant<NodeModel>> model_constants();
template <>
std::span<const ModelConstant<KernelModel>> model_constants();
template <>
std::span<const ModelConstant<StepModel>> model_constants();
template <>
std::span<const ModelConstant<ClusterModel>> model_constants();
template <>
std::span<const ModelConstant<ExchangeModel>> model_constants();

}  // namespace aifsim
