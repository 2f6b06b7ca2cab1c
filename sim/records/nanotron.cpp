// Logs of nanotron: its configuration as Python prints it, then `iteration: 10 / 100 | consumed_tokens: 5.12K |
// elapsed_time_per_iteration_ms: 673 | tokens_per_sec: 43.2K | tokens_per_sec_per_gpu: 5.4K | global_batch_size: 64 |
// ... | hardware_tflops_per_gpu: 330 | ...` with three digits each.
#include <fmt/format.h>

#include <cmath>

#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"

namespace aifsim::records {
namespace {

constexpr std::string_view kNanotronTime = "time_per_iteration_ms:";  // with or without "elapsed_" in front

constexpr Fact kNanotronFacts[] = {
    {"dp", "dp", FactKind::count},
    {"pp", "pp", FactKind::count},
    {"tp", "tp", FactKind::count},
    {"context_parallel_size", "cp", FactKind::count},
    {"expert_parallel_size", "ep", FactKind::count},
    {"recompute_layer", "nanotron.recompute"},
    {"sequence_length", "seq_len", FactKind::count},
    {"micro_batch_size", "micro_batch", FactKind::count},
    {"mbs", "micro_batch", FactKind::count},
    {"zero_stage", "nanotron.zero_stage"},
    {"hidden_size", "hidden", FactKind::count},
    {"intermediate_size", "ffn_hidden", FactKind::count},
    {"num_attention_heads", "heads", FactKind::count},
    {"num_key_value_heads", "kv_heads", FactKind::count},
    {"num_hidden_layers", "layers", FactKind::count},
    {"vocab_size", "vocab", FactKind::count},
    {"dtype", "precision", FactKind::dtype},
};

void conclude_nanotron(TrainingRun& run) {
  const std::string stage = run.said("nanotron.zero_stage");
  if (stage == "0") run.say("sharding", "none");
  if (stage == "1") run.say("sharding", "zero1");
  const std::string recompute = run.said("nanotron.recompute");
  if (!recompute.empty()) run.say("recompute", is_true(recompute) ? "full" : "none");
}

class NanotronReader {
 public:
  NanotronReader(const Input& input, Sink& sink)
      : lines_(input), run_(input, sink, "nanotron", StepFigure::seconds, conclude_nanotron) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    run_.finish();
  }

 private:
  void line(const std::string& text) {
    if (holds(text, kNanotronTime)) return iteration(text);
    if (holds(text, "Peak reserved:")) {
      run_.at_least("peak_memory_gib", gibibytes_behind(text, "Peak reserved:").value_or(0));
      return;
    }
    if (holds(text, "[Start training]") && run_.has_steps()) run_.begin();
    if (holds(text, "otal number of parameters:"))
      return run_.say("params_b", number_behind(text, "of parameters:", true).value_or(0) / 1e9);
    if (tells_pause(text)) return run_.pause();
    take_facts(text, kNanotronFacts, run_);
  }

  void iteration(const std::string& text) {
    const auto milliseconds = number_behind(text, kNanotronTime, true);
    if (!milliseconds || *milliseconds <= 0)
      return run_.unusable(lines_.place(), fmt::format("no number above 0 behind {}", kNanotronTime));
    const auto at = [&](std::string_view phrase) { return number_behind(text, phrase, true).value_or(0); };
    LoggedStep step;
    step.value = *milliseconds / 1e3;
    if (const double number = at("iteration:"); number >= 0 && number < 1e15)
      step.iteration = static_cast<std::int64_t>(number);
    step.batch = at("global_batch_size:");
    step.tokens_per_second_and_gpu = at("tokens_per_sec_per_gpu:");
    step.tflops_per_gpu = at(" model_tflops_per_gpu:");
    if (step.tokens_per_second_and_gpu > 0)
      run_.say("gpus", std::round(at("tokens_per_sec:") / step.tokens_per_second_and_gpu));
    run_.step(step, lines_.place());
  }

  Lines lines_;
  TrainingRun run_;
};

void read_nanotron(const Input& input, Sink& sink) { NanotronReader(input, sink).read(); }

bool looks_like_nanotron(std::string_view head) {
  return holds(head, kNanotronTime) &&
         (holds(head, "consumed_tokens:") || holds(head, "tokens_per_sec_per_gpu:"));
}

}  // namespace

const Format nanotron{"nanotron", "nanotron training logs: iteration times, tokens per second",
                      looks_like_nanotron, read_nanotron, true};

}  // namespace aifsim::records
