#include "collectives/predict.hpp"

#include <fmt/format.h>

#include <cmath>

#include "collectives/cluster_time.hpp"
#include "collectives/node_time.hpp"
#include "collectives/step_time.hpp"

namespace aifsim {
namespace {

// The block as the row's release has it: its own base, where it has one. `factor` becomes its time factor.
template <class T>
T as_released(const T& model, const std::string& software, double& factor) {
  T own = model;
  own.fit = {};  // not needed for a time, and long
  factor = 1;
  const auto release = release_of_library(software);
  for (const ReleaseFactor& r : model.fit.releases) {
    if (r.software != release) continue;
    factor = r.time_factor;
    if (r.fixed_time.value > 0) own.base = r.fixed_time.value;
  }
  return own;
}

template <class T>
CollectivePrediction answer(const PlatformDescription& platform, const T& model, const CollectiveQuery& q) {
  return {time_of(platform, model, q), alpha_beta_time(model.control, q), model.fit.spread.value};
}

template <class T, class Fits>
const T& find(const PlatformDescription& platform, const std::vector<T>& models, const CollectiveQuery& q,
              Fits fits) {
  for (const T& model : models)
    if (fits(model)) return model;
  throw CannotAnswer(fmt::format("{} has no collective model \"{}\"", platform.name, block_of(q)));
}

const auto any = [](const auto&) { return true; };

}  // namespace

std::string block_of(const CollectiveQuery& q) {
  if (q.op == MeasuredOp::dispatch || q.op == MeasuredOp::combine)
    return fmt::format("experts.{}.{}", q.low_latency ? "low_latency" : "normal", name_of(q.op));
  if (const std::string engine = engine_of(q); !engine.empty()) return "kernels." + engine;
  const bool cluster =
      q.gpu_buffers && q.op == MeasuredOp::all_reduce &&
      (q.algorithm.find("nccl") != std::string::npos || q.algorithm.find("hier") != std::string::npos);
  if (!q.mpi_library.empty() && !cluster)
    return fmt::format("steps.{}.{}", q.mpi_library, q.gpu_buffers ? "gpu" : "host");
  return q.ranks <= q.ranks_per_node ? "node" : "cluster";
}

Seconds alpha_beta_time(const AlphaBeta& law, const CollectiveQuery& q) {
  return Seconds{law.alpha * std::log2(static_cast<double>(q.ranks)) + q.volume() / law.beta};
}

Seconds time_of(const PlatformDescription&, const NodeModel& model, const CollectiveQuery& q) {
  switch (q.op) {
    case MeasuredOp::all_reduce:
    case MeasuredOp::all_gather:
    case MeasuredOp::reduce_scatter:
    case MeasuredOp::all_to_all:
    case MeasuredOp::broadcast:
      break;
    default:
      throw CannotAnswer(fmt::format("{} inside a node is not modelled", name_of(q.op)));
  }
  double factor = 1;
  const Seconds time = node_time(as_released(model, q.software, factor), q);
  return time * factor;
}

Seconds time_of(const PlatformDescription& platform, const KernelModel& model, const CollectiveQuery& q) {
  const NodeModel& library = find(platform, platform.collectives.node, q, any);
  double factor = 1;
  const KernelModel own = as_released(model, q.software, factor);
  return kernel_time(own, q, node_time(library, q), factor);
}

Seconds time_of(const PlatformDescription& platform, const StepModel& model, const CollectiveQuery& q) {
  return step_time(model, q, platform.node.nics);
}

Seconds time_of(const PlatformDescription&, const ClusterModel& model, const CollectiveQuery& q) {
  return cluster_time(model, q);
}

Seconds time_of(const PlatformDescription&, const ExchangeModel& model, const CollectiveQuery& q) {
  return exchange_time(model, q);
}

CollectivePrediction predict(const PlatformDescription& platform, const CollectiveQuery& q) {
  const CollectiveModels& models = platform.collectives;
  const std::string block = block_of(q);
  if (block.rfind("experts", 0) == 0)
    return answer(platform,
                  find(platform, models.experts, q,
                       [&](const ExchangeModel& m) {
                         return (m.kernel == ExchangeKernel::low_latency) == q.low_latency &&
                                (m.half == ExchangeHalf::dispatch) == (q.op == MeasuredOp::dispatch);
                       }),
                  q);
  if (block.rfind("kernels", 0) == 0)
    return answer(
        platform,
        find(platform, models.kernels, q, [&](const KernelModel& m) { return m.engine == engine_of(q); }), q);
  if (block.rfind("steps", 0) == 0)
    return answer(platform,
                  find(platform, models.steps, q,
                       [&](const StepModel& m) {
                         return m.library == q.mpi_library && m.gpu_buffers == q.gpu_buffers;
                       }),
                  q);
  if (block == "node") return answer(platform, find(platform, models.node, q, any), q);
  return answer(platform, find(platform, models.cluster, q, any), q);
}

}  // namespace aifsim
