#include "lowering/training/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "catalog/words.hpp"
#include "lowering/training/network.hpp"

namespace aifsim {

namespace {

RefusedLayout refusal(const Place& place, const std::string& what) {
  return RefusedLayout(Problem{place, what});
}

void check_tensor_parallel(const ModelDescription& m, const Place& place, std::int64_t tensor,
                           std::int64_t gpus, const char* key = "tensor_parallel") {
  const auto refuse = [&](const std::string& what) {
    throw refusal(place, fmt::format("{} {} {}", key, tensor, what));
  };
  if (gpus % tensor != 0)
    refuse(fmt::format("does not divide a job of {} GPUs; a divisor of the GPU count would", gpus));
  if (m.heads % tensor != 0)
    refuse(fmt::format("does not divide the {} heads; a divisor of them would", m.heads));
  if (m.kv_heads % tensor != 0 && tensor % m.kv_heads != 0)
    refuse(fmt::format("neither divides the {} key and value heads nor is a multiple of them", m.kv_heads));
  if (m.ffn_hidden % tensor != 0)
    refuse(fmt::format("does not divide the feed-forward width {}; a divisor of it would", m.ffn_hidden));
}

// Of the product of all degrees: the largest of them.
const Place& place_of_degrees(const TrainingDescription& t) {
  const char* key = "tensor_parallel";
  std::int64_t most = t.tensor_parallel;
  for (const auto& [name, degree] : {std::pair("context_parallel", t.context_parallel),
                                     std::pair("pipeline_parallel", t.pipeline_parallel)})
    if (degree > most) {
      key = name;
      most = degree;
    }
  return t.place_of(key);
}

// What the gradients of weights read is computed again.
bool kept_for_weights(const TrainingDescription& t) {
  return t.recompute == Recompute::full || t.recompute == Recompute::per_op ||
         std::any_of(t.recompute_modules.begin(), t.recompute_modules.end(), [&](RecomputeModule module) {
           return recomputes(t, module) && module != RecomputeModule::core_attn;
         });
}

void check_pipeline(const ModelDescription& m, const TrainingDescription& t) {
  const std::int64_t pieces = t.pipeline_parallel * t.virtual_stages;
  if (t.virtual_stages > 1 && t.pipeline_parallel == 1)
    throw refusal(
        t.place_of("virtual_stages"),
        fmt::format("virtual_stages {} without a pipeline: pipeline_parallel is 1", t.virtual_stages));
  if (pieces > 1 && pieces > m.layers && pieces != m.layers + 2)
    throw refusal(
        t.place_of("pipeline_parallel"),
        fmt::format("pipeline_parallel {} x virtual_stages {} are more pieces than the {} layers (one piece "
                    "each for embedding and head goes)",
                    t.pipeline_parallel, t.virtual_stages, m.layers));
  if (t.pipeline_schedule == PipelineSchedule::zero_bubble && kept_for_weights(t))
    throw refusal(t.place_of("pipeline_schedule"),
                  fmt::format("pipeline_schedule zero_bubble with recompute {} is not modelled: what is "
                              "computed again would be kept until the weights' gradients; recompute none "
                              "goes, and selective of core_attn",
                              t.recompute == Recompute::selective ? "of modules beside core_attn"
                                                                  : catalog::word_of(t.recompute)));
  if (t.pipeline_schedule == PipelineSchedule::zero_bubble && t.offload.activations != OffloadTo::none)
    throw refusal(t.place_of("pipeline_schedule"),
                  "pipeline_schedule zero_bubble with offload.activations is not modelled: they would come "
                  "back twice, or stay until the weights' gradients; 1f1b and gpipe go");
}

void check_context(const TrainingDescription& t) {
  if (t.sequence % (t.context_parallel * 2) != 0 && t.context_parallel > 1)
    throw refusal(t.place_of("context_parallel"),
                  fmt::format("context_parallel {} does not cut sequences of {} into two pieces for each "
                              "rank; a divisor of {} would",
                              t.context_parallel, t.sequence, t.sequence / 2));
}

void check_experts(const ModelDescription& m, const TrainingDescription& t, std::int64_t ranks_of_stage) {
  const std::int64_t expert = t.expert_parallel;
  const auto refuse = [&](const std::string& what) {
    throw refusal(t.place_of("expert_parallel"), fmt::format("expert_parallel {} {}", expert, what));
  };
  if (m.experts.count == 0) {
    if (expert > 1) refuse("needs a model with experts");
    return;
  }
  if (expert > 1 && t.expert_imbalance > static_cast<double>(expert))
    throw refusal(
        t.place_of("expert_imbalance"),
        fmt::format("expert_imbalance {:.4g}: the busiest of {} ranks gets at most {} times the average",
                    t.expert_imbalance, expert, expert));
  if (m.experts.count % expert != 0)
    refuse(fmt::format("does not divide the {} experts; a divisor of them would", m.experts.count));
  if (ranks_of_stage % expert != 0)
    refuse(fmt::format("does not divide the {} ranks of a stage; a divisor of them would", ranks_of_stage));
  if (t.tensor_parallel > 1 && !t.sequence_parallel && expert > 1)
    throw refusal(
        t.place_of("expert_parallel", "tensor_parallel"),
        fmt::format("expert_parallel {} with tensor_parallel needs sequence_parallel, else tensor-parallel "
                    "ranks would send the same tokens",
                    expert));
  if ((t.sharding == Sharding::zero3 || t.sharding == Sharding::hsdp) && t.objective != Objective::next_token)
    throw refusal(
        t.place_of("sharding"),
        "experts with parameters that are gathered layer by layer (zero3, hsdp) beside a frozen model are "
        "not modelled; zero1, zero2 and ddp are");
}

// What is modelled of a network of blocks: data-parallel ranks.
void check_network(const NetworkDescription& network, const TrainingDescription& t) {
  const std::pair<const char*, std::int64_t> degrees[] = {{"tensor_parallel", t.tensor_parallel},
                                                          {"context_parallel", t.context_parallel},
                                                          {"pipeline_parallel", t.pipeline_parallel},
                                                          {"expert_parallel", t.expert_parallel}};
  for (const auto& [name, degree] : degrees)
    if (degree > 1)
      throw refusal(t.place_of(name),
                    fmt::format("{} {} is not modelled for a network of blocks, whose ranks share the "
                                "samples (ddp, zero1, zero2, zero3, hsdp); 1 would go",
                                name, degree));
  if (std::all_of(network.blocks.begin(), network.blocks.end(),
                  [](const NetworkBlock& block) { return block.frozen; }))
    throw refusal(network.place,
                  "every block is frozen, so that nothing is trained; one that is not would do");
  if (t.rollouts)
    throw refusal(t.rollouts->place, "a network of blocks generates no answers; a model of tokens would");
  if (t.objective != Objective::next_token)
    throw refusal(
        t.place_of("objective"),
        "an objective with a frozen model beside the trained one is not modelled for a network of blocks; "
        "`frozen` blocks are");
  if (t.lora_rank > 0)
    throw refusal(t.place_of("lora_rank"),
                  "lora_rank is not modelled for a network of blocks; `frozen` blocks are");
}

// A frozen model beside the trained one lies on the same ranks.
void check_guide(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  if (t.objective == Objective::next_token) return;
  if (t.objective == Objective::preference && t.micro_batch % 2 != 0)
    throw refusal(
        t.place_of("micro_batch", "objective"),
        fmt::format("micro_batch {} with objective preference: a micro-batch holds both answers of each "
                    "pair; an even one would go",
                    t.micro_batch));
  if (t.pipeline_parallel > 1 && t.rollouts)
    throw refusal(t.place_of("pipeline_parallel"),
                  "pipeline_parallel with rollouts is not modelled; 1 would go");
  if (!t.teacher_model) return;
  const ModelDescription& teacher = *t.teacher_model;
  if (teacher.network)
    throw refusal(t.teacher_place, "the teacher is a network of blocks; one of tokens would go");
  if (teacher.vocabulary != model.vocabulary)
    throw refusal(t.teacher_place,
                  fmt::format("the teacher has {} entries in its vocabulary, the model {}: logits "
                              "are compared entry by entry",
                              teacher.vocabulary, model.vocabulary));
  if (const std::int64_t pieces = t.pipeline_parallel * t.virtual_stages; pieces > teacher.layers)
    throw refusal(
        t.place_of("pipeline_parallel"),
        fmt::format("pipeline_parallel {} x virtual_stages {} are more pieces than the {} layers of the "
                    "teacher, which a stage has layers of, too",
                    t.pipeline_parallel, t.virtual_stages, teacher.layers));
  check_tensor_parallel(teacher, t.place_of("tensor_parallel"), t.tensor_parallel, gpus);
}

// What an engine that generates answers is modelled for.
void check_rollouts(const ModelDescription& m, const TrainingDescription& t, std::int64_t gpus) {
  if (!t.rollouts) return;
  const RolloutsDescription& r = *t.rollouts;
  const auto refuse = [&](const std::string& what) { throw refusal(r.place, what); };
  if (t.sequence < r.prompt + r.response)
    refuse(fmt::format("a sequence of {} tokens is shorter than prompt {} + response {} = {}", t.sequence,
                       r.prompt, r.response, r.prompt + r.response));
  if (!m.causal) refuse("rollouts of an encoder: it generates nothing; a causal model would");
  if (m.experts.count > 0)
    refuse("rollouts of a model with experts are not modelled; those of a dense model are");
  if (m.latent.kv_rank > 0)
    refuse("rollouts of a model with latent attention are not modelled; those with key and value heads are");
  check_tensor_parallel(m, r.place, r.tensor_parallel, gpus, "rollouts.tensor_parallel");
  if (r.tensor_parallel % t.tensor_parallel != 0 && t.tensor_parallel % r.tensor_parallel != 0)
    refuse(
        fmt::format("rollouts.tensor_parallel {} neither divides tensor_parallel {} nor is a multiple of it",
                    r.tensor_parallel, t.tensor_parallel));
  if (const std::int64_t tokens = r.prompt + std::max(r.response, r.longest);
      m.positions > 0 && tokens > m.positions)
    refuse(fmt::format("a prompt and the longest answer have {} tokens, the model {} learned positions",
                       tokens, m.positions));
  if (!r.reward) return;
  if (r.reward->network)
    throw refusal(r.reward_place, "the reward model is a network of blocks; one of tokens would go");
  check_tensor_parallel(*r.reward, r.reward_place, t.tensor_parallel, gpus);
  if (r.reward->experts.count > 0) check_experts(*r.reward, t, gpus);
}

}  // namespace

Layout layout_of(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  if (model.network) {
    check_network(*model.network, t);
  } else {
    check_tensor_parallel(model, t.place_of("tensor_parallel"), t.tensor_parallel, gpus);
    check_pipeline(model, t);
    check_context(t);
    check_guide(model, t, gpus);
    check_rollouts(model, t, gpus);
  }
  const std::int64_t split = t.tensor_parallel * t.context_parallel * t.pipeline_parallel;
  if (gpus % split != 0)
    throw refusal(place_of_degrees(t),
                  fmt::format("tensor_parallel {} x context_parallel {} x pipeline_parallel {} = {} does not "
                              "divide a job of {} GPUs; a divisor of the GPU count would",
                              t.tensor_parallel, t.context_parallel, t.pipeline_parallel, split, gpus));
  Layout l;
  l.tensor = t.tensor_parallel;
  l.context = t.context_parallel;
  l.pipeline = t.pipeline_parallel;
  l.chunks = t.virtual_stages;
  l.data = gpus / split;
  l.islands = t.local_steps > 0 ? t.local_groups : 1;
  if (l.islands > 1 && model.network)
    throw refusal(t.place_of("local_steps"),
                  "local_steps is not modelled for a network of blocks; 0 would go");
  if (l.data % l.islands != 0)
    throw refusal(t.place_of("local_groups"),
                  fmt::format("local_groups {} does not divide the {} data-parallel ranks; a divisor of them "
                              "would",
                              l.islands, l.data));
  l.expert = model.network && shares_tables_out(*model.network) ? gpus : t.expert_parallel;
  const std::int64_t of_stage = gpus / l.pipeline / l.islands;
  if (!model.network) check_experts(model, t, of_stage);
  if (t.objective != Objective::next_token && t.teacher_model && t.teacher_model->experts.count > 0)
    check_experts(*t.teacher_model, t, of_stage);
  l.expert_copies = of_stage / l.expert;
  const bool by_layer = l.pipeline == 1;  // a pipeline's stages keep what they have gathered
  const std::int64_t sharing = l.data / l.islands * l.context;
  switch (t.sharding) {
    case Sharding::ddp:
      l.replicas = sharing;
      return l;
    case Sharding::zero1:
    case Sharding::zero2:
      if (t.shard_group > 0) break;
      l.state_shards = sharing;
      return l;
    case Sharding::zero3:
      l.state_shards = sharing;
      l.parameters_sharded = by_layer;
      return l;
    case Sharding::hsdp:
      break;
  }
  const std::string sharding =
      t.sharding == Sharding::hsdp ? "hybrid sharding" : std::string(catalog::word_of(t.sharding));
  if (t.shard_group < 1 || sharing % t.shard_group != 0 || t.shard_group % l.context != 0)
    throw refusal(
        t.place_of("shard_group"),
        split == 1
            ? fmt::format("{} over groups of {} GPUs does not divide a job of {} GPUs; "
                          "shard_group must be a divisor of the GPU count",
                          sharding, t.shard_group, gpus)
            : fmt::format(
                  "{} over groups of {} ranks does not divide the {} "
                  "data-parallel ranks ({} GPUs / tensor_parallel {}{}); shard_group must be "
                  "a divisor of them{}",
                  sharding, t.shard_group, sharing, gpus, l.tensor,
                  l.pipeline > 1 ? fmt::format(" / pipeline_parallel {}", l.pipeline) : "",
                  l.context > 1 ? fmt::format(" and a multiple of context_parallel {}", l.context) : ""));
  l.state_shards = t.shard_group;
  l.replicas = sharing / t.shard_group;
  l.parameters_sharded = by_layer && t.sharding == Sharding::hsdp;
  if (model.experts.count == 0) return l;
  const std::int64_t of_group = t.shard_group * l.tensor;
  if (of_group % l.expert != 0)
    throw refusal(t.place_of("expert_parallel"),
                  fmt::format("expert_parallel {} does not divide the {} ranks of a shard group (shard_group "
                              "{} x tensor_parallel {}); a divisor of them would",
                              l.expert, of_group, t.shard_group, l.tensor));
  l.expert_copies = of_group / l.expert;
  l.expert_replicas = l.replicas;
  return l;
}

std::int64_t micro_steps(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  const std::int64_t ranks = layout_of(model, t, gpus).data;
  if (t.global_batch == 0) return t.gradient_accumulation;
  const std::int64_t at_once = ranks * t.micro_batch, rest = t.global_batch % at_once;
  if (rest == 0) return t.global_batch / at_once;
  const std::int64_t below = t.global_batch - rest;
  throw refusal(
      t.place_of("global_batch"),
      fmt::format("global_batch {} is no multiple of {} data-parallel ranks x micro_batch {} = {}; {}{} "
                  "would be",
                  t.global_batch, ranks, t.micro_batch, at_once,
                  below > 0 ? fmt::format("{} or ", below) : "", below + at_once));
}

}  // namespace aifsim
