// Logs of the Hugging Face Trainer: `***** Running training *****` with the batch sizes, and at the end
// `{'train_runtime': 2457.1, 'train_samples_per_second': 1.058, 'train_steps_per_second': 0.132, ...}`; also
// train_results.json, and `TrainOutput(global_step=250, ...)`. A log that was cut off still has its progress bar.
#include <fmt/format.h>

#include <cmath>

#include "records/deepspeed_facts.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"
#include "records/progress_bars.hpp"

namespace aifsim::records {
namespace {

constexpr Fact kHfTrainerFacts[] = {
    {"train_runtime", "hf.runtime"},
    {"train_samples_per_second", "hf.samples", FactKind::positive},
    {"train_steps_per_second", "hf.steps", FactKind::positive},
    {"global_step", "hf.global_step", FactKind::count},
    // TrainingArguments
    {"per_device_train_batch_size", "micro_batch", FactKind::count},
    {"gradient_accumulation_steps", "hf.accumulation", FactKind::count},
    {"bf16", "hf.bf16"},
    {"fp16", "hf.fp16"},
    {"gradient_checkpointing", "hf.checkpointing"},
    // config.json of the model
    {"hidden_size", "hidden", FactKind::count},
    {"n_embd", "hidden", FactKind::count},
    {"intermediate_size", "ffn_hidden", FactKind::count},
    {"n_inner", "ffn_hidden", FactKind::count},
    {"num_hidden_layers", "layers", FactKind::count},
    {"n_layer", "layers", FactKind::count},
    {"num_attention_heads", "heads", FactKind::count},
    {"n_head", "heads", FactKind::count},
    {"num_key_value_heads", "kv_heads", FactKind::count},
    {"vocab_size", "vocab", FactKind::count},
    {"num_local_experts", "hf.experts", FactKind::count},
    {"num_experts", "hf.experts", FactKind::count},
    {"model_type", "model"},
};

constexpr std::string_view kTotalBatch = "Total train batch size (w. parallel, distributed & accumulation) =";

void conclude_hf_trainer(TrainingRun& run) {
  const double batch = run.number("global_batch"), micro = run.number("micro_batch"),
               accumulation = std::max(1.0, run.number("hf.accumulation"));
  if (batch > 0 && micro > 0) {
    const double ranks = batch / (micro * accumulation);
    if (ranks == std::floor(ranks)) {
      run.say("dp", ranks);
      run.say("gpus", ranks);
      run.sink().note("gpus: the total batch over the batch of a device and the accumulation steps");
    }
  }
  if (is_true(run.said("hf.bf16"))) run.say("precision", "bf16");
  if (is_true(run.said("hf.fp16"))) run.say("precision", "fp16");
  const std::string checkpointing = run.said("hf.checkpointing");
  if (!checkpointing.empty()) run.say("recompute", is_true(checkpointing) ? "full" : "none");
  if (run.said("ffn_hidden").empty() && run.said("model") == "gpt2")
    run.say("ffn_hidden", 4 * run.number("hidden"));
  if (run.number("hf.experts") > 1) run.say("moe", "yes");
}

class HfTrainerReader {
 public:
  HfTrainerReader(const Input& input, Sink& sink)
      : lines_(input), run_(input, sink, "hf-trainer", StepFigure::seconds, conclude_hf_trainer) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    end_of_run();
    run_.finish();
  }

 private:
  void line(std::string_view text) {
    if (holds(text, "***** Running training *****")) {
      end_of_run();
      return run_.begin();
    }
    if (holds(text, kTotalBatch))
      return run_.say("global_batch", number_behind(text, kTotalBatch).value_or(0));
    for (const auto& [phrase, name] : {std::pair("Instantaneous batch size per device =", "micro_batch"),
                                       {"Gradient Accumulation steps =", "hf.accumulation"},
                                       {"Total optimization steps =", "hf.total_steps"}})
      if (holds(text, phrase)) return run_.say(name, number_behind(text, phrase).value_or(0));
    if (const auto all = number_behind(text, "|| all params:")) {  // of PEFT
      run_.say("params_b", *all / 1e9);
      return run_.say("task", "lora");
    }
    if (const auto bar = progress_bar(text)) return draw(*bar);
    take_deepspeed_facts(lines_, run_);
    sharding(text);
    take_facts(text, kHfTrainerFacts, run_);
  }

  // fsdp=[<FSDPOption.FULL_SHARD: 'full_shard'>, ...]
  void sharding(std::string_view text) {
    const auto options = behind(text, "fsdp=");
    if (!options) return;
    if (holds(*options, "full_shard")) run_.say("sharding", "zero3");
    if (holds(*options, "shard_grad_op")) run_.say("sharding", "zero2");
    if (holds(*options, "hybrid_shard")) run_.say("sharding", "hsdp");
  }

  void draw(const ProgressBar& bar) {
    const double steps = run_.number("hf.total_steps");
    if (steps > 0 && bar.total != steps) return;  // of an evaluation, or of data being read
    if (clock_.of_same_bar(bar)) clock_.see(bar);
    if (bar.done == bar.total && bar.total > 0) run_.say("hf.bar_steps", bar.total);
  }

  void end_of_run() {
    double seconds = 0;
    const std::string told = run_.said("hf.runtime");
    const double runtime = clock_seconds(told).value_or(as_number(told).value_or(0)),
                 rate = run_.number("hf.steps");
    if (rate > 0) seconds = 1 / rate;
    for (const char* name : {"hf.global_step", "hf.total_steps", "hf.bar_steps"}) {
      // More digits than the rate has, unless the run ended before its last step.
      const double steps = run_.number(name);
      if (steps > 0 && runtime > 0 &&
          (rate == 0 || std::abs(steps / runtime - rate) <= 0.0006 + 0.001 * rate)) {
        seconds = runtime / steps;
        break;
      }
    }
    if (seconds > 0) {
      run_.sink().note(
          "the step time is the mean over the whole run, with its start, evaluations and checkpoints");
    } else if (!has_metrics() && (run_.number("hf.total_steps") > 0 || !run_.said("micro_batch").empty())) {
      seconds = clock_.seconds().value_or(0);
      if (seconds > 0)
        run_.sink().note("the log ends before the Trainer's figures: the step time is the progress bar's");
    }
    clock_ = {};
    if (seconds == 0) return;
    if (runtime > 0) run_.say("run_time_s", runtime);
    whole_batch(rate);
    run_.step({.value = seconds}, lines_.place());
  }

  bool has_metrics() const { return !run_.said("hf.runtime").empty(); }

  // Samples over steps, where the rounding of both leaves one whole number.
  void whole_batch(double rate) {
    const double samples = run_.number("hf.samples");
    constexpr double half = 0.0005;
    if (samples <= half || rate <= half) return;
    const double least = std::ceil((samples - half) / (rate + half)),
                 most = std::floor((samples + half) / (rate - half));
    if (least == most) run_.say("global_batch", least);
  }

  Lines lines_;
  TrainingRun run_;
  BarClock clock_;
};

void read_hf_trainer(const Input& input, Sink& sink) { HfTrainerReader(input, sink).read(); }

bool looks_like_hf_trainer(std::string_view head) {
  return (holds(head, "train_runtime") && holds(head, "train_samples_per_second")) ||
         (holds(head, "***** Running training *****") && holds(head, "Total optimization steps"));
}

}  // namespace

const Format hf_trainer{"hf-trainer", "Hugging Face Trainer logs: run time, steps and samples per second",
                        looks_like_hf_trainer, read_hf_trainer, true};

}  // namespace aifsim::records
