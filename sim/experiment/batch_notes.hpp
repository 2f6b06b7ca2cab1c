// What another micro-batch would change: a point that leaves most of the memory empty, or whose place among the
// variants would turn, says so.
#pragma once
#include <string>
#include <vector>

#include "factory/training_job.hpp"

namespace aifsim {

struct VariantJob {
  std::string label;
  TrainingJob job;  // fits in memory
};

// The largest micro-batch that fits in memory: doubled from the job's own as long as it fits and, where the job
// gives a global batch, divides it.
std::int64_t largest_micro_batch(const TrainingJob& job);

// What the job leaves of the memory, where that is most of it, or "".
std::string batch_note(const TrainingJob& job);

// A note for each of the variants of one platform and GPU count, or "": whether its place among them turns. Their
// order by tokens per second is found twice at level analytical: as given, and with each one's largest micro-batch
// at one global batch.
std::vector<std::string> ranking_notes(const std::vector<VariantJob>& variants);

}  // namespace aifsim
