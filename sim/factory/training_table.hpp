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
  // The catalogue's name of a GPU as drivers and people call it; an unknown one stays as it is.
  const std::string& gpu_name(const std::string& word);
  // By its name or what tables call it (`known_as`, `succeeds`); else the default, pytorch. `container`: release of
  // the one in which the run was measured, 0 where it is not told.
  struct KnownStack {
    StackDescription stack;
    bool known = false;  // by the word; else the usual one
  };
  const KnownStack& stack(const std::string& word, double container, Precision precision,
                          const std::string& gpu);
  // By what tables call its model; nullptr where no workload is called so.
  const WorkloadDescription* workload(const std::string& word);
  // The platform that stands for a GPU's; nullptr where its file names none.
  const PlatformInstance* usual_with(const std::string& gpu);
  // "; with h100_sxm_80gb: dgx_h100, ...", or "" where no platform has the GPU.
  std::string platforms_with(const std::string& gpu);

 private:
  const Catalog& catalog_;
  using Asked = std::pair<std::string, std::string>;  // a name, and the file that it stands in
  std::map<Asked, std::unique_ptr<PlatformInstance>> platforms_;
  std::map<Asked, std::unique_ptr<GpuDescription>> gpus_;
  std::map<std::string, std::vector<std::string>> with_gpu_;
  std::map<std::string, std::string> gpu_names_;  // by word
  std::map<std::tuple<std::string, double, Precision, std::string>, KnownStack> stacks_;
  std::map<std::string, std::optional<WorkloadDescription>> workloads_;
};

struct MeasuredRow {
  std::string id, group;
  Seconds measured;                   // NaN where it crashed, or only its memory was measured
  std::optional<double> peak_memory;  // GiB per GPU, measured
  bool crashed = false;               // `outcome` crashed or oom
  std::string question;               // model, GPUs and batch: rows that differ in their layout alone
  std::shared_ptr<const TrainingJob>
      job;                  // shared by rows that differ in their times only; absent: the models
  std::string unsupported;  // cannot express the row, and why
  std::string assumed;      // columns that it leaves open, for which its stack's usual choice is taken
  // For the naive control.
  std::string family, precision;  // "a100", "bf16"
  Flops model_flops;              // of one step, all GPUs; 0 when the row does not tell
  FlopsPerSecond peak;            // of all GPUs; 0 when the catalogue does not have the GPU
  std::int64_t gpus = 0;
};

// Reads every row; `by` names the column that groups them. InputError for a malformed table, an unknown `by`,
// or a row with neither a positive step time nor a peak of memory nor `outcome` crashed.
std::vector<MeasuredRow> read_training_table(std::istream& in, const std::string& name, const std::string& by,
                                             PlatformShelf& shelf);

}  // namespace aifsim
