// Logs of NeMo and PyTorch Lightning: `Training epoch 0, iteration 1/249 | ... | global_batch_size: 8 | global_step: 1
// | ... | train_step_timing in s: 2.505 | consumed_samples: 16`, or a progress bar that ends with
// `global_step=99.00, consumed_samples=25600.0, train_step_timing in s=3.130]`. Without these timings, the bar's
// own clock: one figure for each epoch.
#include <fmt/format.h>

#include <cmath>

#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"
#include "records/progress_bars.hpp"

namespace aifsim::records {
namespace {

constexpr std::string_view kNemoTime = "train_step_timing in s";

constexpr Fact kNemoFacts[] = {
    {"devices", "gpus_per_node", FactKind::count},
    {"num_nodes", "nemo.nodes", FactKind::count},
    {"precision", "precision", FactKind::dtype},
    {"micro_batch_size", "micro_batch", FactKind::count},
    {"global_batch_size", "global_batch", FactKind::count},
    {"accumulate_grad_batches", "nemo.accumulate", FactKind::count},
    {"tensor_model_parallel_size", "tp", FactKind::count},
    {"pipeline_model_parallel_size", "pp", FactKind::count},
    {"virtual_pipeline_model_parallel_size", "vpp", FactKind::count},
    {"context_parallel_size", "cp", FactKind::count},
    {"expert_model_parallel_size", "ep", FactKind::count},
    {"encoder_seq_length", "seq_len", FactKind::count},
    {"seq_length", "seq_len", FactKind::count},
    {"num_layers", "layers", FactKind::count},
    {"hidden_size", "hidden", FactKind::count},
    {"ffn_hidden_size", "ffn_hidden", FactKind::count},
    {"num_attention_heads", "heads", FactKind::count},
    {"num_query_groups", "kv_heads", FactKind::count},
    {"num_moe_experts", "nemo.experts", FactKind::count},
    {"activations_checkpoint_granularity", "nemo.recompute"},
    {"recompute_granularity", "nemo.recompute"},
    {"sequence_parallel", "nemo.sequence_parallel"},
    {"use_distributed_optimizer", "nemo.distributed"},
};

void conclude_nemo(TrainingRun& run) {
  if (run.number("nemo.nodes") > 0 && run.number("gpus_per_node") > 0)
    run.say("gpus", run.number("nemo.nodes") * run.number("gpus_per_node"));
  if (!run.said("nemo.recompute").empty()) run.say("recompute", run.said("nemo.recompute"));
  if (run.number("nemo.experts") > 1) run.say("moe", "yes");
  if (!run.said("nemo.sequence_parallel").empty())
    run.say("sequence_parallel", is_true(run.said("nemo.sequence_parallel")) ? "yes" : "no");
  if (!run.said("nemo.distributed").empty())
    run.say("sharding", is_true(run.said("nemo.distributed")) ? "zero1" : "none");
}

class NemoReader {
 public:
  NemoReader(const Input& input, Sink& sink)
      : lines_(input), run_(input, sink, "nemo", StepFigure::seconds, conclude_nemo) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    end_of_bar();
    run_.finish();
  }

 private:
  void line(std::string_view text) {
    if (holds(text, kNemoTime)) return timing(text);
    if (holds(text, "Validation") || holds(text, "Sanity Checking")) return run_.pause();
    if (holds(text, "Epoch")) {
      if (const auto bar = progress_bar(text)) return draw(*bar);
    }
    // All distributed processes registered. Starting with 64 processes
    if (holds(text, "Starting with ") && holds(text, " processes"))
      return run_.say("gpus", number_behind(text, "Starting with").value_or(0));
    if (holds(text, "distributed_fused_adam")) run_.say("sharding", "zero1");
    if (holds(text, "padded vocab") || holds(text, "Padded vocab_size:"))
      return run_.say(
          "vocab", number_behind(text, holds(text, "new size:") ? "new size:" : "vocab_size:").value_or(0));
    if (tells_pause(text)) return run_.pause();
    take_facts(text, kNemoFacts, run_);
  }

  void timing(std::string_view text) {
    std::string_view value = *behind(text, kNemoTime);
    while (!value.empty() && (value.front() == ':' || value.front() == '=' || value.front() == ' '))
      value.remove_prefix(1);
    const auto seconds = leading_number(value);
    if (!seconds || *seconds <= 0)
      return run_.unusable(lines_.place(), fmt::format("no number above 0 behind {}", kNemoTime));
    timed_ = true;
    LoggedStep step;
    step.value = *seconds;
    for (const std::string_view phrase : {"global_step:", "global_step=", "iteration"}) {
      const auto number = number_behind(text, phrase);
      if (!number || *number < 0 || *number > 1e15) continue;
      step.iteration = static_cast<std::int64_t>(*number);
      break;
    }
    for (const std::string_view phrase : {"global_batch_size:", "global_batch_size="})
      if (step.batch == 0) step.batch = number_behind(text, phrase).value_or(0);
    for (const std::string_view phrase :
         {"TFLOPS_per_GPU:", "TFLOPS_per_GPU=", "tflops_per_sec_per_gpu:", "tflops_per_sec_per_gpu="})
      if (step.tflops_per_gpu == 0) step.tflops_per_gpu = number_behind(text, phrase).value_or(0);
    samples(text, step.iteration);
    run_.step(step, lines_.place());
  }

  // The global batch, where the log counts samples only.
  void samples(std::string_view text, std::int64_t iteration) {
    const auto consumed =
        number_behind(text, holds(text, "consumed_samples:") ? "consumed_samples:" : "consumed_samples=");
    if (!consumed || iteration < 0) return;
    if (last_iteration_ >= 0 && iteration > last_iteration_ && *consumed > last_consumed_) {
      const double batch = (*consumed - last_consumed_) / static_cast<double>(iteration - last_iteration_);
      if (batch == std::floor(batch)) run_.say("global_batch", batch);
    }
    last_iteration_ = iteration;
    last_consumed_ = *consumed;
  }

  void draw(const ProgressBar& bar) {
    if (!clock_.of_same_bar(bar)) end_of_bar();
    clock_.see(bar);
  }

  void end_of_bar() {
    const auto seconds = clock_.seconds();
    clock_ = {};
    if (!seconds || timed_) return;
    run_.sink().note(
        "step times are means of each epoch's progress bar, as if every batch were a step: multiply them by "
        "accumulate_grad_batches if that is not 1");
    run_.step({.value = *seconds}, lines_.place());
  }

  Lines lines_;
  TrainingRun run_;
  BarClock clock_;
  bool timed_ = false;
  std::int64_t last_iteration_ = -1;
  double last_consumed_ = 0;
};

void read_nemo(const Input& input, Sink& sink) { NemoReader(input, sink).read(); }

bool looks_like_nemo(std::string_view head) {
  if (holds(head, kNemoTime)) return true;
  for (const std::string_view line : lines_of(head)) {
    if (holds(line, "Epoch ") && progress_bar(line)) return true;
  }
  return false;
}

}  // namespace

const Format nemo{"nemo", "NeMo and PyTorch Lightning training logs: step timings", looks_like_nemo,
                  read_nemo, true};

}  // namespace aifsim::records
