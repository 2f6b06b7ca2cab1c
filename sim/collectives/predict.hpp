// What a measured collective would take on a platform: chooses the block of its collective models.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "catalog/platform.hpp"
#include "collectives/choose.hpp"
#include "records/collective_rows.hpp"

namespace aifsim {

struct CollectivePrediction {
  Seconds time;
  Seconds control;    // alpha-beta law fitted to the same rows
  double spread = 0;  // of log(measured / time)
};

// The machine's GPU library alone on an idle machine: needs its wires, which this room does not know.
using LibraryTime = std::function<Seconds(const CollectiveQuery&)>;

// CannotAnswer: no block of the platform covers it.
CollectivePrediction predict(const PlatformDescription& platform, const CollectiveQuery& query,
                             const LibraryTime& library);

// The collective that a row measured; CannotAnswer: none of a GPU library.
CollectiveKind kind_of(const CollectiveQuery& query);
// What the library could have run it by: what its row says, else all that it chooses from.
std::vector<Algorithm> algorithms_of(const CollectiveQuery& query, const GroupShape& group, bool switch_sums);

// alpha log2(n) + V / beta; nothing without a beta
Seconds alpha_beta_time(const AlphaBeta& law, const CollectiveQuery& query);

// The block that covers a query, by name: "library", "kernels.vllm", "steps.OMPI.host", "experts.normal.dispatch".
std::string block_of(const CollectiveQuery& query);

// What an engine's all-reduce would be by the library.
CollectiveQuery as_library(CollectiveQuery query);
// Time of an engine's kernels, beside the library's, with the factor of the row's release.
Seconds time_of(const KernelModel& model, const CollectiveQuery& query, Seconds library);

}  // namespace aifsim
