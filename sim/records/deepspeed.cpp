// Logs of DeepSpeed: its configuration (`[config.py:1000:print]   train_batch_size ............. 64`), then
// `steps: 10 loss: 5.55 iter time (s): 0.936 samples/sec: 136.7` of the pipeline engine, or
// `epoch=0/micro_step=20/global_step=20, RunningAvgSamplesPerSec=58.7, CurrSamplesPerSec=61.3, MemAllocated=6.01GB,
// MaxMemAllocated=19.5GB` of the others. Samples a second are the whole job's.
#include <cmath>

#include "records/deepspeed_facts.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"

namespace aifsim::records {
namespace {

constexpr Fact kDeepspeedFacts[] = {
    {"train_batch_size", "global_batch", FactKind::count},
    {"train_micro_batch_size_per_gpu", "micro_batch", FactKind::count},
    {"world_size", "deepspeed.world_size", FactKind::count},
    {"bfloat16_enabled", "deepspeed.bf16"},
    {"fp16_enabled", "deepspeed.fp16"},
    {"zero_enabled", "deepspeed.zero"},
    {"zero_optimization_stage", "deepspeed.stage"},
    {"stage", "deepspeed.stage"},
};

constexpr std::string_view kPipeline = "iter time (s):", kThroughput = "SamplesPerSec=";

void conclude_deepspeed(TrainingRun& run) {
  const std::string dp = run.said("deepspeed.world_size");
  if (run.said("dp").empty()) run.say("dp", dp);
}

class DeepspeedReader {
 public:
  DeepspeedReader(const Input& input, Sink& sink)
      : lines_(input), run_(input, sink, "deepspeed", StepFigure::samples_per_second, conclude_deepspeed) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    run_.finish();
  }

 private:
  void line(const std::string& text) {
    if (holds(text, kPipeline)) return pipeline(text);
    if (holds(text, kThroughput)) return throughput(text);
    if (tells_pause(text)) return run_.pause();
    take_deepspeed_facts(lines_, run_);
  }

  void pipeline(const std::string& text) {
    const auto seconds = number_behind(text, kPipeline), rate = number_behind(text, "samples/sec:");
    if (!seconds || *seconds <= 0) return run_.unusable(lines_.place(), "no number behind iter time (s):");
    run_.figure(StepFigure::seconds);
    pipeline_ = true;
    if (rate) run_.say("global_batch", std::round(*seconds * *rate));
    run_.step({.iteration = iteration(text, "steps:", "step:"), .value = *seconds}, lines_.place());
  }

  void throughput(const std::string& text) {
    if (const auto memory = gibibytes_behind(text, "MaxMemAllocated="))
      run_.at_least("peak_memory_gib", *memory);
    if (pipeline_) return;  // which tells the same step's seconds
    const auto rate = number_behind(text, "CurrSamplesPerSec=");
    const auto mean = number_behind(text, " SamplesPerSec=");  // releases before 0.7
    if (!rate && !mean) return run_.unusable(lines_.place(), "no number behind CurrSamplesPerSec=");
    run_.step({.iteration = iteration(text, "global_step=", "step="), .value = rate ? *rate : *mean},
              lines_.place());
  }

  static std::int64_t iteration(std::string_view text, const char* key, const char* other) {
    const auto number = holds(text, key) ? number_behind(text, key) : number_behind(text, other);
    return number && *number >= 0 && *number < 1e15 ? static_cast<std::int64_t>(*number) : -1;
  }

  Lines lines_;
  TrainingRun run_;
  bool pipeline_ = false;
};

void read_deepspeed(const Input& input, Sink& sink) { DeepspeedReader(input, sink).read(); }

bool looks_like_deepspeed(std::string_view head) {
  return holds(head, "CurrSamplesPerSec=") || (holds(head, kPipeline) && holds(head, "samples/sec:")) ||
         (holds(head, "train_micro_batch_size_per_gpu") && holds(head, "zero_allow_untested_optimizer"));
}

}  // namespace

void take_deepspeed_facts(const Lines& lines, TrainingRun& run) {
  // The figures stand in lines of config.py; the JSON below them says the same in other words.
  const std::string& line = lines.text();
  const bool printed =
      holds(line, "[config.py:") || holds(lines.prefix(), "[config.py:");  // in front it is taken off
  if (!printed && !holds(line, "zero_config") && !holds(line, "DeepSpeedZeroConfig")) return;
  take_facts(line, kDeepspeedFacts, run);
  if (is_true(run.said("deepspeed.bf16"))) run.say("precision", "bf16");
  if (is_true(run.said("deepspeed.fp16"))) run.say("precision", "fp16");
  const std::string stage = run.said("deepspeed.stage");
  if (stage == "0" || run.said("deepspeed.zero") == "False") run.say("sharding", "none");
  if (stage == "1" || stage == "2" || stage == "3") run.say("sharding", "zero" + stage);
  if (holds(line, "offload_") &&
      (holds(line, "device='cpu'") || holds(line, "device=<OffloadDeviceEnum") ||
       holds(line, "device='nvme'")) &&
      !holds(line, "OffloadDeviceEnum.none"))
    run.sink().note("the run offloads state: training.offload says where to");
}

const Format deepspeed{"deepspeed", "DeepSpeed training logs: iteration times, batch, ZeRO stage",
                       looks_like_deepspeed, read_deepspeed, true};

}  // namespace aifsim::records
