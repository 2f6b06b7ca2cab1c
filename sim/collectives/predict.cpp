#include "collectives/predict.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/holds.hpp"
#include "collectives/exchange_time.hpp"
#include "collectives/kernel_time.hpp"
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

template <class T, class Fits>
const T& find(const PlatformDescription& platform, const std::vector<T>& models, const CollectiveQuery& q,
              Fits fits) {
  for (const T& model : models)
    if (fits(model)) return model;
  throw CannotAnswer(fmt::format("{} has no collective model \"{}\"", platform.name, block_of(q)));
}

}  // namespace

std::string block_of(const CollectiveQuery& q) {
  if (q.op == MeasuredOp::dispatch || q.op == MeasuredOp::combine)
    return fmt::format("experts.{}.{}", q.low_latency ? "low_latency" : "normal", name_of(q.op));
  if (const std::string engine = engine_of(q); !engine.empty()) return "kernels." + engine;
  const bool nccl = q.gpu_buffers && holds(q.algorithm, "nccl");
  if (!q.mpi_library.empty() && !nccl)
    return fmt::format("steps.{}.{}", q.mpi_library, q.gpu_buffers ? "gpu" : "host");
  return "library";
}

Seconds alpha_beta_time(const AlphaBeta& law, const CollectiveQuery& q) {
  if (!(law.beta > 0)) return Seconds{0};
  return Seconds{law.alpha * std::log2(static_cast<double>(q.ranks)) + q.volume() / law.beta};
}

CollectiveKind kind_of(const CollectiveQuery& q) {
  switch (q.op) {
    case MeasuredOp::all_reduce:
      return CollectiveKind::all_reduce;
    case MeasuredOp::all_gather:
      return CollectiveKind::all_gather;
    case MeasuredOp::reduce_scatter:
      return CollectiveKind::reduce_scatter;
    case MeasuredOp::all_to_all:
      return CollectiveKind::all_to_all;
    case MeasuredOp::broadcast:
      return CollectiveKind::broadcast;
    case MeasuredOp::reduce:
      return CollectiveKind::reduce;
    case MeasuredOp::gather:
      return CollectiveKind::gather;
    case MeasuredOp::scatter:
      return CollectiveKind::scatter;
    default:
      throw CannotAnswer(fmt::format("{} is none of a GPU library's collectives", name_of(q.op)));
  }
}

std::vector<Algorithm> algorithms_of(const CollectiveQuery& q, const GroupShape& group, bool switch_sums) {
  const std::string& a = q.algorithm;
  const CollectiveKind kind = kind_of(q);
  const auto own = library_algorithms(kind, group, switch_sums && !q.eight_bit);
  // NCCL without a switch that sums runs what was asked of it by rings.
  Algorithm asked = Algorithm::automatic;
  if (holds(a, "nvlstree")) {
    asked = switch_sums ? Algorithm::nvls_tree : Algorithm::ring;
  } else if (holds(a, "ring")) {
    asked = Algorithm::ring;
  } else if (holds(a, "tree")) {
    asked = Algorithm::tree;
  } else if (!a.empty() && !holds(a, "auto") && !holds(a, "collnet") && !holds(a, "nvls") &&
             !holds(a, "pat")) {
    throw CannotAnswer(fmt::format("no schedule known for the library's algorithm \"{}\"", a));
  }
  if (find_schedule(kind, asked, group)) return {asked};
  if (own.empty()) throw CannotAnswer(fmt::format("no schedule of {} for {} ranks", name_of(q.op), q.ranks));
  return own;
}

Seconds time_of(const KernelModel& model, const CollectiveQuery& q, Seconds library) {
  double factor = 1;
  const KernelModel own = as_released(model, q.software, factor);
  return kernel_time(own, q, library, factor);
}

CollectivePrediction predict(const PlatformDescription& platform, const CollectiveQuery& q,
                             const LibraryTime& library) {
  const CollectiveModels& models = platform.collectives;
  const std::string block = block_of(q);
  const auto answer = [&](Seconds time, const auto& model) -> CollectivePrediction {
    return {time, alpha_beta_time(model.control, q), model.fit.spread.value};
  };
  if (block == "library")
    return {library(q), alpha_beta_time(platform.communication.control, q),
            platform.communication.log_spread};
  if (block.rfind("experts", 0) == 0) {
    const ExchangeModel& m = find(platform, models.experts, q, [&](const ExchangeModel& e) {
      return (e.kernel == ExchangeKernel::low_latency) == q.low_latency &&
             (e.half == ExchangeHalf::dispatch) == (q.op == MeasuredOp::dispatch);
    });
    return answer(exchange_time(m, q), m);
  }
  if (block.rfind("kernels", 0) == 0) {
    const KernelModel& m =
        find(platform, models.kernels, q, [&](const KernelModel& k) { return k.engine == engine_of(q); });
    return answer(time_of(m, q, library(as_library(q))), m);
  }
  const StepModel& m = find(platform, models.steps, q, [&](const StepModel& s) {
    return s.library == q.mpi_library && s.gpu_buffers == q.gpu_buffers;
  });
  return answer(step_time(m, q, platform.node.nics), m);
}

CollectiveQuery as_library(CollectiveQuery q) {
  q.algorithm.clear();
  q.software.clear();
  return q;
}

}  // namespace aifsim
