// What a measured collective would take on a platform: chooses the block of its collective models.
#pragma once
#include "catalog/platform.hpp"
#include "collectives/query.hpp"

namespace aifsim {

struct CollectivePrediction {
  Seconds time;
  Seconds control;    // alpha-beta law fitted to the same rows
  double spread = 0;  // of log(measured / time)
};

// CannotAnswer: no block of the platform covers it.
CollectivePrediction predict(const PlatformDescription& platform, const CollectiveQuery& query);

// alpha log2(n) + V / beta
Seconds alpha_beta_time(const AlphaBeta& law, const CollectiveQuery& query);

// The block that covers a query, by name: "node", "kernels.vllm", "steps.OMPI.host", "cluster",
// "experts.normal.dispatch".
std::string block_of(const CollectiveQuery& query);

// Time by a block and the factor of the row's software release.
Seconds time_of(const PlatformDescription& platform, const NodeModel& model, const CollectiveQuery& query);
Seconds time_of(const PlatformDescription& platform, const KernelModel& model, const CollectiveQuery& query);
Seconds time_of(const PlatformDescription& platform, const StepModel& model, const CollectiveQuery& query);
Seconds time_of(const PlatformDescription& platform, const ClusterModel& model, const CollectiveQuery& query);
Seconds time_of(const PlatformDescription& platform, const ExchangeModel& model,
                const CollectiveQuery& query);

}  // namespace aifsim
