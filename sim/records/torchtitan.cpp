// Logs of torchtitan: what it builds, then `step: 10  loss: 9.88  grad_norm: 2.64  memory: 47.50GiB(50.00%)  tps:
// 7,203  tflops: 417.15  mfu: 42.18%`. `tps` are tokens per second and GPU.
#include <fmt/format.h>

#include <cmath>

#include "records/format.hpp"
#include "records/lines.hpp"
#include "records/log_facts.hpp"

namespace aifsim::records {
namespace {

// Behind "Building llama3 8B with TransformerModelArgs(".
constexpr Fact kModel[] = {
    {"dim", "hidden", FactKind::count},
    {"n_layers", "layers", FactKind::count},
    {"n_heads", "heads", FactKind::count},
    {"n_kv_heads", "kv_heads", FactKind::count},
    {"vocab_size", "vocab", FactKind::count},
    {"hidden_dim", "ffn_hidden", FactKind::count},
    {"multiple_of", "titan.multiple_of", FactKind::count},
    {"ffn_dim_multiplier", "titan.multiplier", FactKind::positive},
    {"moe_enabled", "titan.moe"},
};

// Behind "with parallelism:".
constexpr Fact kMesh[] = {
    {"pp", "pp", FactKind::count},
    {"dp_replicate", "titan.replicate", FactKind::count},
    {"dp_shard", "titan.shard", FactKind::count},
    {"cp", "cp", FactKind::count},
    {"tp", "tp", FactKind::count},
    {"ep", "ep", FactKind::count},
};

// Of the configuration, printed as JSON.
constexpr Fact kConfiguration[] = {
    {"seq_len", "seq_len", FactKind::count},
    {"local_batch_size", "micro_batch", FactKind::count},
    {"global_batch_size", "global_batch", FactKind::count},
    {"mixed_precision_param", "precision", FactKind::dtype},
};

bool is_step(std::string_view line) { return holds(line, "step:") && holds(line, "tps:"); }

// The feed-forward width of Llama as Meta's code makes it from the other sizes.
void feed_forward(TrainingRun& run) {
  const double dim = run.number("hidden"), multiple = run.number("titan.multiple_of");
  if (dim <= 0 || multiple <= 0) return;
  double width = std::floor(2 * 4 * dim / 3);
  if (const double multiplier = run.number("titan.multiplier"); multiplier > 0)
    width = std::floor(multiplier * width);
  run.say("ffn_hidden", multiple * std::ceil(width / multiple));
}

void conclude_torchtitan(TrainingRun& run) {
  feed_forward(run);
  if (run.said("kv_heads").empty()) run.say("kv_heads", run.said("heads"));
  if (is_true(run.said("titan.moe"))) run.say("moe", "yes");
  const double replicate = run.number("titan.replicate"), shard = run.number("titan.shard");
  if (replicate > 0 && shard > 0) {
    const double ways =
        std::max(1.0, run.number("tp")) * std::max(1.0, run.number("pp")) * std::max(1.0, run.number("cp"));
    run.say("dp", replicate * shard);
    run.say("gpus", replicate * shard * ways);
    if (replicate > 1 && shard > 1) run.say("shard_group", shard);
    run.say("sharding", shard > 1 ? (replicate > 1 ? "hsdp" : "zero3") : "none");
  }
  // Each of these is told where it is applied.
  if (is_true(run.said("titan.built"))) run.say("recompute", "none");
}

class TorchtitanReader {
 public:
  TorchtitanReader(const Input& input, Sink& sink)
      : lines_(input),
        run_(input, sink, "torchtitan", StepFigure::tokens_per_second_and_gpu, conclude_torchtitan) {}

  void read() {
    while (lines_.next()) line(lines_.text());
    run_.finish();
  }

 private:
  void line(const std::string& text) {
    if (holds(text, "validate step:")) return run_.pause();
    if (is_step(text)) return step(text);
    if (holds(text, "Starting job:") && run_.has_steps()) return run_.begin();
    if (const auto mesh = behind(text, "device mesh with parallelism:"))
      return take_facts(*mesh, kMesh, run_);
    if (const auto mesh = behind(text, "device mesh with [")) return older_mesh(*mesh);
    if (const auto gpu = behind(text, "CUDA capacity:"))
      return run_.say("gpu", run_.sink().gpu_of(trimmed(gpu->substr(0, gpu->find(" with ")))));
    if (holds(text, "Building ") && holds(text, "Args(")) return take_facts(text, kModel, run_);
    if (holds(text, " total parameters")) return size(text);
    if (holds(text, "Compiling ") && holds(text, "torch.compile")) {
      run_.say("titan.built", "true");
      return run_.say("stack", "torchtitan_compile");
    }
    if (const auto applied = behind(text, "Applied ")) return apply(*applied);
    if (holds(text, "Float8") && (holds(text, "training active") || holds(text, "Swapped to")))
      return run_.correct("precision", "fp8");
    if (holds(text, "local batch size") && holds(text, "sequence length")) return start(text);
    if (tells_pause(text)) return run_.pause();
    take_facts(text, kConfiguration, run_);
  }

  void step(const std::string& text) {
    const auto rate = number_behind(text, "tps:");
    if (!rate || *rate <= 0) return run_.unusable(lines_.place(), "no number above 0 behind tps:");
    LoggedStep step;
    step.value = *rate;
    if (const auto number = number_behind(text, "step:"); number && *number >= 0 && *number < 1e15)
      step.iteration = static_cast<std::int64_t>(*number);
    step.tflops_per_gpu = number_behind(text, "tflops:").value_or(0);
    run_.at_least("peak_memory_gib", gibibytes_behind(text, "memory:").value_or(0));
    run_.step(step, lines_.place());
  }

  // Building 2-D device mesh with ['dp', 'tp'], [4, 2]
  void older_mesh(std::string_view text) {
    const std::size_t cut = text.find("], [");
    if (cut == std::string_view::npos) return;
    std::string_view names = text.substr(0, cut), sizes = text.substr(cut + 4);
    while (!names.empty()) {
      const std::size_t next = std::min(names.find(','), names.size());
      std::string_view name = trimmed(names.substr(0, next));
      while (!name.empty() && (name.front() == '\'' || name.front() == '[')) name.remove_prefix(1);
      while (!name.empty() && name.back() == '\'') name.remove_suffix(1);
      const auto size = leading_number(trimmed(sizes.substr(0, sizes.find(','))));
      const std::string column = name == "dp" || name == "dp_shard" ? "titan.shard"
                                 : name == "dp_replicate"           ? "titan.replicate"
                                                                    : std::string(name);
      if (size) run_.say(column, *size);
      names.remove_prefix(std::min(next + 1, names.size()));
      const std::size_t comma = sizes.find(',');
      sizes.remove_prefix(comma == std::string_view::npos ? sizes.size() : comma + 1);
    }
    for (const char* axis : {"titan.shard", "titan.replicate", "tp", "pp", "cp"}) run_.say(axis, 1);
  }

  // Model llama3 8B size: 8,030,261,248 total parameters
  void size(const std::string& text) {
    const auto count = number_behind(text, "size:");
    if (!count) return;
    run_.say("params_b", *count / 1e9);
    if (const auto model = behind(text, "Model "))
      run_.say("model", trimmed(model->substr(0, model->find("size:"))));
  }

  void apply(std::string_view what) {
    run_.say("titan.built", "true");
    if (holds(what, "activation checkpointing"))
      run_.say("recompute", trimmed(what.substr(0, what.find("activation checkpointing"))));
    if (what.starts_with("DDP")) run_.say("sharding", "none");
    if (what.starts_with("FSDP") && run_.said("titan.shard").empty()) run_.say("sharding", "zero3");
  }

  // Training starts at step 1, with local batch size 1, global batch size 8, sequence length 8192, ...
  void start(const std::string& text) {
    run_.say("micro_batch", number_behind(text, "local batch size").value_or(0));
    run_.say("global_batch", number_behind(text, "global batch size").value_or(0));
    run_.say("seq_len", number_behind(text, "sequence length").value_or(0));
  }

  Lines lines_;
  TrainingRun run_;
};

void read_torchtitan(const Input& input, Sink& sink) { TorchtitanReader(input, sink).read(); }

bool looks_like_torchtitan(std::string_view head) {
  for (const std::string_view line : lines_of(head))
    if (is_step(line) && holds(line, "loss:")) return true;
  return holds(head, "[titan]") && holds(head, "torchtitan");
}

}  // namespace

const Format torchtitan{"torchtitan", "torchtitan training logs: tokens per second and GPU, mesh",
                        looks_like_torchtitan, read_torchtitan, true};

}  // namespace aifsim::records
