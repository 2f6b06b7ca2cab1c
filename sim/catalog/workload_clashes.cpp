// What does not go together in a workload, whatever GPUs it is put on.
#include <fmt/format.h>

#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

// What does not go with a network's samples.
void check_of_network(const TrainingDescription& t, std::vector<Problem>& problems) {
  if (t.keys.find("sequence"))
    problems.push_back({t.place_of("sequence"),
                        "sequence: belongs to a model of tokens; a network's blocks say their sizes"});
  if (t.documents)
    problems.push_back(
        {t.documents->place, "documents: belongs to a model of tokens; a network's samples are alike"});
  for (const RecomputeModule module : t.recompute_modules)
    if (recomputes(t, module) && module != RecomputeModule::core_attn)
      problems.push_back({t.place_of("recompute_modules"),
                          fmt::format("recompute_modules: {} belongs to a model of tokens; of a network's "
                                      "blocks, core_attn goes",
                                      word_of(module))});
}

// What Muon is not modelled with.
void check_muon(const ModelDescription& m, const TrainingDescription& t, std::vector<Problem>& problems) {
  if (t.optimizer != OptimizerKind::muon) return;
  const auto refuse = [&](std::string_view why, std::string_view other = "optimizer") {
    problems.push_back({t.place_of("optimizer", other), fmt::format("optimizer: muon {}", why)});
  };
  if (m.network) refuse("is not modelled for a network of blocks; adamw and sgd are");
  if (t.lora_rank > 0) refuse("is not modelled for adapters (lora_rank); adamw and sgd are", "lora_rank");
  if (t.offload.optimizer != OffloadTo::none)
    refuse("is not modelled with offload.optimizer: its products are the GPUs'; adamw and sgd are",
           "offload");
}

// Updated weights that do not go with those of compute. What a workload holds stays where a scenario takes another
// precision.
void check_optimizer(const TrainingDescription& t, std::vector<Problem>& problems) {
  const Place& at = t.place_of("master_weights");
  if (at.file != t.place.file || t.master_weights == MasterWeights::fp32) return;
  if (t.precision == Precision::fp32 || t.precision == Precision::tf32)
    problems.push_back(
        {at, fmt::format("master_weights: belongs to compute in 16 bits, this is {}", word_of(t.precision))});
  if (t.master_weights == MasterWeights::remainder && t.precision == Precision::fp16)
    problems.push_back({at,
                        "master_weights: remainder belongs to weights in bf16, whose bits are the first of "
                        "those in fp32; this is fp16"});
}

void check_per_op(const ModelDescription& m, const TrainingDescription& t, std::vector<Problem>& problems) {
  const auto refuse = [&](std::string_view why) {
    problems.push_back({t.place_of("recompute"), fmt::format("recompute: per_op {}", why)});
  };
  if (t.recompute != Recompute::per_op) return;
  if (m.network)
    refuse("is not modelled for a network of blocks; none and full are");
  else if (m.experts.count > 0)
    refuse("is not modelled for experts; selective and full are");
  else if (t.attention == AttentionKernel::plain)
    refuse("is not modelled for attention plain, whose products are other operations; flash and flash2 are");
}

// On however many GPUs, a step has the sequences of one rank.
void check_run(const TrainingDescription& t, std::vector<Problem>& problems) {
  const double least = std::max(static_cast<double>(t.global_batch),
                                static_cast<double>(t.micro_batch * t.gradient_accumulation)) *
                       tokens_of_sequence(t);
  if (t.tokens.value > 0 && t.tokens.value * t.epochs < least)
    problems.push_back(
        {t.place_of("tokens"), fmt::format("tokens: {:.10g} are less than one step has, {:.10g} or more",
                                           t.tokens.value * t.epochs, least)});
}

// Modules that the model has not, and such as are part of others.
void check_modules(const ModelDescription& m, const TrainingDescription& t, std::vector<Problem>& problems) {
  const auto refuse = [&](RecomputeModule module, std::string_view why) {
    problems.push_back(
        {t.place_of("recompute_modules"), fmt::format("recompute_modules: {} {}", word_of(module), why)});
  };
  using enum RecomputeModule;
  const bool experts = m.experts.count > 0, shared = experts && m.experts.shared_ffn_hidden > 0;
  const bool dense = !experts || m.experts.dense_layers > 0 || m.experts.every > 1;
  if (recomputes(t, mla_up_proj) && m.latent.kv_rank == 0) refuse(mla_up_proj, "needs a model with latents");
  if (recomputes(t, mlp) && !dense) refuse(mlp, "needs layers without experts");
  for (const RecomputeModule module : {moe_act, shared_experts, moe})
    if (recomputes(t, module) && !(module == shared_experts ? shared : experts))
      refuse(module,
             module == shared_experts ? "needs experts that all tokens visit" : "needs a model with experts");
  for (const RecomputeModule module : {moe_act, shared_experts})
    if (recomputes(t, module) && recomputes(t, moe)) refuse(module, "is part of moe, which stands beside it");
}

}  // namespace

std::vector<Problem> clashes_of(const WorkloadDescription& workload) {
  const TrainingDescription& t = workload.training;
  const ModelDescription& m = workload.model;
  std::vector<Problem> problems;
  check_run(t, problems);
  check_optimizer(t, problems);
  check_muon(m, t, problems);
  check_per_op(m, t, problems);
  if (m.network) {
    check_of_network(t, problems);
    return problems;
  }
  if (t.documents && t.documents->tokens > t.sequence)
    problems.push_back({t.place_of("documents", "sequence"),
                        fmt::format("documents.tokens: must be at most the {} tokens of a sequence, found {}",
                                    t.sequence, t.documents->tokens)});
  if (m.positions > 0 && t.sequence > m.positions)
    problems.push_back(
        {t.place_of("sequence"), fmt::format("sequence: must be at most the {} learned positions, found {}",
                                             m.positions, t.sequence)});
  if (t.lora_rank > m.hidden)
    problems.push_back(
        {t.place, fmt::format("training.lora_rank: must be at most the hidden width {}, beyond which an "
                              "adapter's products are no narrower than the one beside it; found {}",
                              m.hidden, t.lora_rank)});
  const std::int64_t pieces = t.pipeline_parallel * t.virtual_stages;
  if (const std::int64_t layers = (m.layers + pieces - 1) / pieces; t.recompute_layers > layers)
    problems.push_back({t.place_of("recompute_layers"),
                        fmt::format("recompute_layers: must be at most the {} layers of {}, found {}", layers,
                                    pieces > 1 ? fmt::format("each of the {} pieces", pieces) : "the model",
                                    t.recompute_layers)});
  if (m.experts.count == 0 && t.expert_imbalance != 1)
    problems.push_back({t.place_of("expert_imbalance"), "expert_imbalance: needs a model with experts"});
  check_modules(m, t, problems);
  return problems;
}

}  // namespace aifsim::catalog
