// Tables of measured training runs (CSV; README.md documents the columns), and what each row asks of the
// models.
#pragma once
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "factory/training_job.hpp"

namespace aifsim {

// Platforms of the catalogue, each read and built once.
class PlatformShelf {
 public:
  explicit PlatformShelf(const Catalog& catalog) : catalog_(catalog) {}
  // By name or path, as the file at `asked_at` names it; nullptr when there is none.
  const PlatformInstance* find(const std::string& name, const Place& asked_at = {});
  const GpuDescription* find_gpu(const std::string& name, const Place& asked_at = {});

 private:
  const Catalog& catalog_;
  using Asked = std::pair<std::string, std::string>;  // a name, and the file that it stands in
  std::map<Asked, std::unique_ptr<PlatformInstance>> platforms_;
  std::map<Asked, std::unique_ptr<GpuDescription>> gpus_;
};

struct MeasuredRow {
  std::string id, group;
  Seconds measured;
  std::optional<TrainingJob> job;  // absent: the models cannot express the row
  std::string unsupported;         // and why
  // For the naive control.
  std::string family, precision;  // "a100", "bf16"
  Flops model_flops;              // of one step, all GPUs; 0 when the row does not tell
  FlopsPerSecond peak;            // of all GPUs; 0 when the catalogue does not have the GPU
  std::int64_t gpus = 0;
};

// Reads every row; `by` names the column that groups them. InputError for a malformed table, an unknown `by`,
// or a row without a positive step time.
std::vector<MeasuredRow> read_training_table(std::istream& in, const std::string& name, const std::string& by,
                                             PlatformShelf& shelf);

}  // namespace aifsim
