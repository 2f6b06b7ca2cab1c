// Logs of Megatron-LM and its kin (Megatron-DeepSpeed, Megatron-Bridge, MindSpeed): the arguments, one a line with
// dots, then ` iteration  10/ 100 | consumed samples: 1280 | elapsed time per iteration (ms): 5400.0 | throughput
// per GPU (TFLOP/s/GPU): 239.8 | global batch size: 128 | ...`. Times are means over the iterations since the last
// line; Megatron stops that clock for evaluations and checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "records/deepspeed_facts.hpp"
#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"

namespace aifsim::records {
namespace {

constexpr std::string_view kMegatronTime = "elapsed time per iteration (ms):";
constexpr std::string_view kArguments = "- arguments -";

constexpr Fact kMegatronFacts[] = {
    {"world_size", "gpus", FactKind::count},
    {"tensor_model_parallel_size", "tp", FactKind::count},
    {"pipeline_model_parallel_size", "pp", FactKind::count},
    {"virtual_pipeline_model_parallel_size", "vpp", FactKind::count},
    {"context_parallel_size", "cp", FactKind::count},
    {"expert_model_parallel_size", "ep", FactKind::count},
    {"data_parallel_size", "dp", FactKind::count},
    {"micro_batch_size", "micro_batch", FactKind::count},
    {"global_batch_size", "global_batch", FactKind::count},
    {"seq_length", "seq_len", FactKind::count},
    {"num_layers", "layers", FactKind::count},
    {"hidden_size", "hidden", FactKind::count},
    {"ffn_hidden_size", "ffn_hidden", FactKind::count},
    {"num_attention_heads", "heads", FactKind::count},
    {"num_query_groups", "megatron.query_groups", FactKind::count},
    {"group_query_attention", "megatron.grouped"},
    {"padded_vocab_size", "vocab", FactKind::count},
    {"num_experts", "megatron.experts", FactKind::count},
    {"bf16", "megatron.bf16"},
    {"fp16", "megatron.fp16"},
    {"fp8", "megatron.fp8"},
    {"fp8_recipe", "megatron.fp8_recipe"},
    {"use_precision_aware_optimizer", "megatron.precision_aware"},
    {"exp_avg_dtype", "megatron.moments", FactKind::dtype},
    {"sequence_parallel", "megatron.sequence_parallel"},
    {"recompute_granularity", "recompute"},
    {"recompute_method", "megatron.recompute_method"},
    {"checkpoint_activations", "megatron.checkpoint_activations"},
    {"activations_checkpoint_granularity", "recompute"},
    {"use_distributed_optimizer", "megatron.distributed_optimizer"},
    {"data_parallel_sharding_strategy", "megatron.strategy"},
    {"use_torch_fsdp2", "megatron.fsdp2"},
    {"use_megatron_fsdp", "megatron.fsdp"},
    {"use_custom_fsdp", "megatron.fsdp"},
    {"zero_stage", "megatron.zero_stage"},
};

// "['core_attn', 'moe_act']" as "core_attn+moe_act".
std::string joined_words(const std::string& list) {
  std::string joined;
  bool between = false;
  for (const char c : list) {
    const bool of_word = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    if (of_word && between && !joined.empty()) joined += '+';
    if (of_word) joined += c;
    between = !of_word;
  }
  return joined == "None" ? "" : joined;
}

void conclude_megatron(TrainingRun& run) {
  const auto on = [&](const char* name) { return is_true(run.said(name)); };
  const bool arguments = !run.said("megatron.bf16").empty();
  if (!run.said("megatron.fp8").empty() && run.said("megatron.fp8") != "False") {
    const std::string recipe = run.said("megatron.fp8_recipe");
    run.say("precision", recipe == "tensorwise"  ? "fp8_current"
                         : recipe == "blockwise" ? "fp8_block"
                         : recipe == "mxfp8"     ? "mxfp8"
                                                 : "fp8");
  }
  if (on("megatron.bf16")) run.say("precision", "bf16");
  if (on("megatron.fp16")) run.say("precision", "fp16");
  if (arguments) run.say("precision", "fp32");
  if (on("megatron.grouped"))
    run.say("kv_heads", run.said("megatron.query_groups"));
  else if (arguments)
    run.say("kv_heads", run.said("heads"));
  // It keeps of the updated weights what they have beyond those of compute; else all is in fp32, whatever is said.
  if (on("megatron.precision_aware")) {
    run.say("master_weights", "remainder");
    run.say("optimizer_moments", run.said("megatron.moments"));
  }
  if (on("megatron.checkpoint_activations")) run.say("recompute", "full");
  if (arguments) run.say("recompute", "none");
  if (run.said("recompute") == "selective")
    run.say("recompute_modules", joined_words(run.said("megatron.recompute_modules")));
  const std::string stage = run.said("megatron.zero_stage"), strategy = run.said("megatron.strategy");
  if (stage == "1" || stage == "2" || stage == "3") run.say("sharding", "zero" + stage);
  if (on("megatron.fsdp2")) run.say("sharding", "zero3");
  if (on("megatron.fsdp")) {
    if (strategy == "optim_grads_params") run.say("sharding", "zero3");
    if (strategy == "optim_grads") run.say("sharding", "zero2");
    if (strategy == "optim") run.say("sharding", "zero1");
    if (strategy == "no_shard") run.say("sharding", "none");
  } else if (arguments) {
    run.say("sharding", on("megatron.distributed_optimizer") ? "zero1" : "none");
  }
  if (run.number("megatron.experts") > 1) run.say("moe", "yes");
  if (!run.said("megatron.sequence_parallel").empty())
    run.say("sequence_parallel", on("megatron.sequence_parallel") ? "yes" : "no");
  if (run.number("gpus") == 0 && run.number("deepspeed.world_size") > 0)
    run.say("dp", run.said("deepspeed.world_size"));
}

class MegatronReader {
 public:
  MegatronReader(const Input& input, Sink& sink)
      : lines_(input), run_(input, sink, "megatron", StepFigure::seconds, [this](TrainingRun& run) {
          conclude_megatron(run);
          parameters(run);
        }) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    run_.finish();
  }

 private:
  void line(const std::string& text) {
    if (holds(text, kMegatronTime)) return iteration(text);
    if (holds(text, kArguments)) return begin();
    if (holds(text, "using world size:")) return world(text);
    if (holds(
            text,
            "max reserved:")) {  // [Rank 0] (after 2 iterations) memory (MB) | allocated: ... | max reserved: 1
      if (const auto megabytes = number_behind(text, "max reserved:"))
        run_.at_least("peak_memory_gib", *megabytes / 1024);
      return;
    }
    // Megatron Bridge's, in 10^9 bytes: mem-max-reserved-gigabytes: 182.2
    if (const auto gigabytes = number_behind(text, "mem-max-reserved-gigabytes:"))
      run_.at_least("peak_memory_gib", *gigabytes * 1e9 / (1024.0 * 1024 * 1024));
    if (holds(text, "padded vocab (size:"))
      return run_.say("vocab", number_behind(text, "(new size:").value_or(0));
    if (holds(text, "model parallel rank (")) return rank_parameters(text);
    if (holds(text, "otal number of parameters in billions:"))
      return run_.say("params_b", number_behind(text, "in billions:").value_or(0));
    if (tells_pause(text)) return run_.pause();
    take_deepspeed_facts(lines_, run_);
    // The arguments stand alone in their line.
    const std::string_view plain = trimmed(text);
    if (plain.starts_with("recompute_modules ."))  // a list
      return run_.say("megatron.recompute_modules", plain.substr(std::min(plain.find('['), plain.size())));
    if (holds(plain.substr(0, 60), "...") || holds(plain, ": ")) take_facts(plain, kMegatronFacts, run_);
  }

  void begin() {
    if (run_.has_steps()) ranks_.clear();
    run_.begin();
  }

  void iteration(const std::string& text) {
    const auto milliseconds = number_behind(text, kMegatronTime);
    if (!milliseconds || *milliseconds <= 0)
      return run_.unusable(lines_.place(), fmt::format("no number above 0 behind {}", kMegatronTime));
    LoggedStep step;
    step.value = *milliseconds / 1e3;
    const auto at = [&](std::string_view phrase) { return number_behind(text, phrase).value_or(0); };
    if (const auto number = number_behind(text, "iteration"); number && *number >= 0 && *number < 1e15)
      step.iteration = static_cast<std::int64_t>(*number);
    step.batch = at("global batch size:");
    if (step.batch == 0) step.batch = at("gloabl batch size:");  // so spelt in Megatron-DeepSpeed's kin
    for (const char* phrase : {"(TFLOP/s/GPU):", "TFLOPs:", "MODEL_TFLOP/s/GPU:"})
      if (step.tflops_per_gpu == 0) step.tflops_per_gpu = at(phrase);
    step.tokens_per_second_and_gpu = at("(tgs):");
    if (const double sequence = at("actual seqlen:"); sequence > 0) run_.say("seq_len", sequence);
    run_.step(step, lines_.place());
  }

  // using world size: 8, data-parallel size: 8, context-parallel size: 1, tensor-model-parallel size: 1, ...
  void world(const std::string& text) {
    for (const auto& [phrase, column] : {std::pair("using world size:", "gpus"),
                                         {" data-parallel size:", "dp"},
                                         {" data-parallel-size:", "dp"},
                                         {" context-parallel size:", "cp"},
                                         {" tensor-model-parallel size:", "tp"},
                                         {" pipeline-model-parallel size:", "pp"}})
      run_.say(column, number_behind(text, phrase).value_or(0));
  }

  // > number of parameters on (tensor, pipeline) model parallel rank (0, 1): 1234
  void rank_parameters(const std::string& text) {
    const auto where = behind(text, "model parallel rank (");
    const auto count = number_behind(text, "):");
    const std::size_t close = where->find(')');
    if (count && close != std::string_view::npos && ranks_.size() < 8192)
      ranks_.emplace(std::string(where->substr(0, close)), *count);
  }

  // All ranks of one copy of the model, if each has told its share.
  void parameters(TrainingRun& run) const {
    double sum = 0;
    for (const auto& [rank, count] : ranks_) sum += count;
    const double ways = std::max(1.0, run.number("tp")) * std::max(1.0, run.number("pp"));
    if (sum > 0 && static_cast<double>(ranks_.size()) == ways) run.say("params_b", sum / 1e9);
  }

  Lines lines_;
  std::map<std::string, double> ranks_;
  TrainingRun run_;
};

void read_megatron(const Input& input, Sink& sink) { MegatronReader(input, sink).read(); }

bool looks_like_megatron(std::string_view head) {
  return holds(head, kMegatronTime) || (holds(head, kArguments) && holds(head, "tensor_model_parallel_size"));
}

}  // namespace

const Format megatron{"megatron", "Megatron-LM training logs: iteration times, arguments",
                      looks_like_megatron, read_megatron, true};

}  // namespace aifsim::records
