#include <fmt/format.h>

#include "catalog/fields.hpp"
#include "catalog/network_fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kLayers{.min = 1, .max = 1e5, .whole = true};
constexpr Limits kRanks{.min = 2, .max = 1e7, .whole = true};

}  // namespace

template <>
struct TableOf<ExpertsDescription> {
  static Table<ExpertsDescription> make() {
    using T = ExpertsDescription;
    return {{
                required("count", &T::count, kCount, "Routed experts of a layer."),
                required("per_token", &T::per_token, kCount, "Experts that a token visits."),
                required("ffn_hidden", &T::ffn_hidden, kCount, "Width inside an expert."),
                optional("shared_ffn_hidden", &T::shared_ffn_hidden, kCountOrZero,
                         "Width inside the block that all tokens visit beside them; 0 = none."),
                optional("dense_layers", &T::dense_layers, kCountOrZero,
                         "First layers that have a feed-forward block of the model's `ffn_hidden` instead."),
                optional("every", &T::every, kLayers, "Of the other layers, each so-manieth has experts."),
            },
            [](Reader& reader, const Node& node, const ExpertsDescription& experts) {
              if (experts.per_token > experts.count)
                reader.problem_in(node, "per_token",
                                  fmt::format("must be at most the {} experts, found {}", experts.count,
                                              experts.per_token));
            }};
  }
};

template <>
struct TableOf<WindowDescription> {
  static Table<WindowDescription> make() {
    using T = WindowDescription;
    return {{
                required("tokens", &T::tokens, kCount, "Last tokens that a query sees."),
                optional("blocks", &T::blocks,
                         "Blocks of so many tokens instead, which do not see each other (chunked attention "
                         "of Llama 4)."),
                optional("full_every", &T::full_every, kCountOrZero,
                         "Each so-manieth layer sees the whole sequence; 0 = none."),
                optional("full_layers", &T::full_layers, kCountOrZero,
                         "First layers that see the whole sequence."),
            },
            {}};
  }
};

template <>
struct TableOf<LatentAttentionDescription> {
  static Table<LatentAttentionDescription> make() {
    using T = LatentAttentionDescription;
    return {{
                optional("query_rank", &T::query_rank, kCountOrZero,
                         "Width of the latent vector of the queries; 0 = they are projected directly."),
                required("kv_rank", &T::kv_rank, kCount, "Width of the latent vector of keys and values."),
                required("rope_dim", &T::rope_dim, kCount,
                         "Part of a head that carries positions; the keys of all heads share it."),
                required("value_dim", &T::value_dim, kCount, "Width of a head's values."),
            },
            {}};
  }
};

// Taken from a file before fields are read (hf_config.hpp).
Field<ModelDescription> config_field() {
  Field<ModelDescription> field;
  field.property = {
      "config",
      "A Hugging Face config.json, relative to this file, which gives all of this; keys beside it "
      "stand over it.",
      false,
      "",
      "",
      false,
      {Codec<std::string>::shape({})}};
  field.read = [](Reader& reader, const Node& node, ModelDescription&) {
    reader.problem(node.place, "belongs into the workload's own file");
  };
  return field;
}

template <>
struct TableOf<ModelDescription> {
  static Table<ModelDescription> make() {
    using T = ModelDescription;
    return {
        {
            required("layers", &T::layers, kLayers, "Transformer layers."),
            required("hidden", &T::hidden, kCount, "Width of the residual stream."),
            required("heads", &T::heads, kCount, "Attention heads; they divide the hidden width."),
            required("kv_heads", &T::kv_heads, kCount,
                     "Key and value heads; they divide the heads, and equal them without grouped queries."),
            required("ffn_hidden", &T::ffn_hidden, kCount, "Width inside the feed-forward block."),
            required("vocabulary", &T::vocabulary, kCount, "Entries of the embedding table."),
            required("mlp", &T::mlp, "Feed-forward block: gelu has two matrices, swiglu three."),
            required("norm", &T::norm, "Normalisation before each block."),
            required("position", &T::position, "Position encoding; learned positions are parameters."),
            required("tied_embeddings", &T::tied_embeddings,
                     "Whether the output layer shares the weights of the embedding."),
            optional("head_dim", &T::head_dim, kCountOrZero,
                     "Width of a head; 0 = hidden / heads. With latent attention: of its part without "
                     "positions."),
            optional("experts", &T::experts, "Experts that replace the feed-forward block."),
            optional("latent_attention", &T::latent, "Multi-head latent attention, as in DeepSeek-V3."),
            optional("causal", &T::causal, "Whether a token sees only those before it; an encoder sees all."),
            optional("window", &T::window, "Layers whose attention reaches back so many tokens only."),
            optional("biases", &T::biases,
                     "Linear layers of the transformer layers that have biases; by_norm: all with "
                     "layer_norm, else none."),
            optional("qk_norm", &T::qk_norm,
                     "Norms of queries and keys: head (weights of a head's width), full (of all heads')."),
            optional(
                "norms_per_layer", &T::norms_per_layer, {.min = 1, .max = 4, .whole = true},
                "Norms of a layer: 2, 4 with norms before and after each block (Gemma 2), 1 where parallel "
                "blocks share one."),
            optional(
                "parallel_blocks", &T::parallel_blocks,
                "Attention and feed-forward block from the same input, added at once (GPT-NeoX, Falcon)."),
            optional("positions", &T::positions, kCountOrZero,
                     "Entries of learned positions; 0 = those of a training sequence."),
            optional("token_types", &T::token_types, kCountOrZero,
                     "Entries of the embedding of segments (BERT)."),
            optional("embedding_norm", &T::embedding_norm, "A norm after the embedding (BLOOM, BERT)."),
            optional("final_norm", &T::final_norm, "A norm before the head."),
            optional("head_layers", &T::head_layers, kCountOrZero,
                     "Layers of hidden x hidden, with bias and norm, before the logits (BERT)."),
            optional("head_bias", &T::head_bias, "Biases of the logits."),
            optional(
                "predict_layers", &T::predict_layers, kCountOrZero,
                "Layers behind the last that predict one token further each (multi-token prediction, "
                "DeepSeek-V3): each with the next token's embedding, a projection of both, and the head once "
                "more."),
            config_field(),
        },
        [](Reader& reader, const Node& node, const ModelDescription& model) {
          if (model.experts.dense_layers > model.layers) {
            reader.problem_in(node, "experts",
                              fmt::format("dense_layers must be at most the {} layers, found {}",
                                          model.layers, model.experts.dense_layers));
          }
          if (model.window.full_layers > model.layers)
            reader.problem_in(node, "window",
                              fmt::format("full_layers must be at most the {} layers, found {}", model.layers,
                                          model.window.full_layers));
          if (model.positions > 0 && model.position != PositionEncoding::learned)
            reader.problem_in(
                node, "positions",
                fmt::format("belongs to position learned, this is {}", word_of(model.position)));
          if (model.norms_per_layer == 3)
            reader.problem_in(node, "norms_per_layer", "must be 1, 2 or 4, found 3");
          if (model.norms_per_layer == 4 && model.parallel_blocks)
            reader.problem_in(node, "norms_per_layer",
                              "4 is not modelled beside parallel_blocks, 1 and 2 are");
          if (model.norms_per_layer == 1 && !model.parallel_blocks)
            reader.problem_in(node, "norms_per_layer", "1 belongs to parallel_blocks, which share it");
          if (model.parallel_blocks && model.experts.count > 0)
            reader.problem_in(node, "parallel_blocks", "is not modelled beside experts");
          if (model.head_dim == 0 && model.hidden % model.heads != 0) {
            reader.problem_in(
                node, "heads",
                fmt::format("must divide the hidden width {}, found {}", model.hidden, model.heads));
          }
          if (model.heads % model.kv_heads != 0) {
            reader.problem_in(node, "kv_heads",
                              fmt::format("must divide the {} heads, found {}", model.heads, model.kv_heads));
          }
        }};
  }
};

Field<TrainingDescription> sequence_field() {
  auto field = required("sequence", &TrainingDescription::sequence, kCount,
                        "Tokens per sequence. A model of tokens needs it, a network has none.");
  field.property.required = false;
  return field;
}

template <>
struct TableOf<DocumentsDescription> {
  static Table<DocumentsDescription> make() {
    using T = DocumentsDescription;
    return {
        {
            required("tokens", &T::tokens, kCount, "Of a document, on average; at most the sequence."),
            required("packing", &T::packing,
                     "packed: sequences are filled with documents, each of which sees itself alone; padded: "
                     "a document in each sequence, the rest of which is computed and does not count."),
        },
        {}};
  }
};

template <>
struct TableOf<StragglersDescription> {
  static Table<StragglersDescription> make() {
    using T = StragglersDescription;
    return {{
                optional("jitter", &T::jitter, kShareLost,
                         "Standard deviation of what a rank's kernels of a step take, over their mean, "
                         "independent of other ranks and steps; 0 = none."),
                optional("ranks", &T::ranks, kCountOrZero, "Ranks that are slower in every step; 0 = none."),
                optional("slower", &T::slower, kRatio,
                         "With ranks, and only then: by this share of the time, as 10%."),
            },
            [](Reader& reader, const Node& node, const StragglersDescription& s) {
              if (s.ranks > 0 && s.slower == 0)
                reader.missing_key(node, "slower", "By which share of the time the ranks are slower.");
              if (s.ranks == 0 && s.slower > 0) reader.problem_in(node, "slower", "belongs to ranks above 0");
            }};
  }
};

template <>
struct TableOf<DataDescription> {
  static Table<DataDescription> make() {
    using T = DataDescription;
    return {{
                required("tier", &T::tier, "Tier of the platform's storage, or nvme, the nodes' own drives."),
                required("bytes_per_token", &T::bytes_per_token, kPositive,
                         "That are read for each token of a model, each sample of a network."),
                optional("tokens_per_file", &T::tokens_per_file, kNotNegative,
                         "Tokens (samples) in a file; 0 = opening files takes no time."),
            },
            {}};
  }
};

template <>
struct TableOf<RolloutsDescription> {
  static Table<RolloutsDescription> make() {
    using T = RolloutsDescription;
    return {
        {
            required("prompt", &T::prompt, kCount, "Tokens of a prompt."),
            required("answers", &T::answers, kCount,
                     "Answers to each prompt; each is a sequence of the step."),
            required("response", &T::response, kCount, "Tokens of an answer, on average."),
            optional("longest", &T::longest, kCountOrZero,
                     "Tokens of the longest answer, for which the step waits; 0 = all are alike."),
            optional("tensor_parallel", &T::tensor_parallel, kCount,
                     "Consecutive ranks that split the model among them to generate: an engine."),
            optional("at_once", &T::at_once, kCountOrZero,
                     "Answers that an engine generates at once, the others after them; 0 = as many as memory "
                     "holds keys and values of."),
            optional(
                "host_per_token", &T::host_per_token, kNotNegative,
                "What the engine's scheduler takes on the host between two tokens; 4.9 ms where it is left "
                "out, as five published runs of vLLM on H100 say."),
            optional(
                "offload", &T::offload,
                "Whether the trainer's weights and optimizer are copied to host memory while answers are "
                "generated."),
            optional("reference", &T::reference,
                     "Whether a frozen copy of the model scores the answers (the KL term)."),
            optional(
                "policy", &T::policy,
                "Whether the trained model scores its answers once more before it is trained on them, as "
                "the engine's own probabilities differ."),
            optional_at("reward_model", &T::reward_model, &T::reward_place, {},
                        "A workload, by its name or path, whose model scores the answers; rules that do so "
                        "where left out, which take no time."),
        },
        [](Reader& reader, const Node& node, const RolloutsDescription& r) {
          if (r.longest > 0 && r.longest < r.response)
            reader.problem_in(node, "longest",
                              fmt::format("must be at least the {} tokens of the average answer, found {}",
                                          r.response, r.longest));
        }};
  }
};

// Keys that a variant or a sweep leaves out stay as the workload has them.
Field<TrainingDescription> rollouts_field() {
  using T = TrainingDescription;
  Field<T> field = part("rollouts", &T::rollouts,
                        "With objective rollouts: the answers that the model generates in each step.");
  field.property.shape.front().all_optional = true;
  field.read = [](Reader& reader, const Node& node, T& out) {
    const Presence presence = out.rollouts ? Presence::partial : Presence::whole;
    if (!out.rollouts) out.rollouts.emplace();
    read_object(reader, node, *out.rollouts, presence);
  };
  return field;
}

// Keys that a point of a sweep leaves out stay as the variant has them.
Field<TrainingDescription> checkpoint_field() {
  using T = TrainingDescription;
  Field<T> field =
      optional("checkpoint", &T::checkpoint, "Checkpoints of weights and optimizer; none where left out.");
  field.read = [](Reader& reader, const Node& node, T& out) {
    const bool over = reader.at_point && out.checkpoint.steps > 0;
    read_object(reader, node, out.checkpoint, over ? Presence::partial : Presence::whole);
  };
  return field;
}

Table<TrainingDescription> TableOf<TrainingDescription>::make() {
  using T = TrainingDescription;
  Table<T> made{
      {
          sequence_field(),
          part("documents", &T::documents,
               "Documents that fill the sequences; each is as long as a sequence where left out."),
          required("micro_batch", &T::micro_batch, kCount,
                   "Sequences per data-parallel rank and micro-step."),
          optional("gradient_accumulation", &T::gradient_accumulation, kCount,
                   "Micro-steps per optimizer step."),
          optional("global_batch", &T::global_batch, kCount,
                   "Sequences per optimizer step, instead of gradient_accumulation, which is then "
                   "global_batch / (data-parallel ranks x micro_batch)."),
          optional("tensor_parallel", &T::tensor_parallel, kCount,
                   "Consecutive ranks that split each layer's matrices among them, as Megatron-LM does; they "
                   "divide the heads and the feed-forward width."),
          optional(
              "sequence_parallel", &T::sequence_parallel,
              "Whether tensor-parallel ranks split norms and sums along the sequence, so that each sum of "
              "activations becomes an all-gather and a reduce-scatter."),
          optional("context_parallel", &T::context_parallel, kCount,
                   "Ranks that split each sequence; they exchange keys and values."),
          optional("context_exchange", &T::context_exchange,
                   "ring: keys and values go around while attention runs; all_gather: they are gathered "
                   "before it."),
          optional("pipeline_parallel", &T::pipeline_parallel, kCount,
                   "Stages that the layers are cut into; micro-steps follow each other through them."),
          optional("virtual_stages", &T::virtual_stages, kCount,
                   "Pieces of the model on each stage (the interleaved schedule); 1 = one."),
          optional("pipeline_schedule", &T::pipeline_schedule,
                   "gpipe: all forward passes, then all backward; 1f1b: one of each in turn; zero_bubble: "
                   "1f1b whose weight gradients fill the waiting (ZB-H1)."),
          optional("expert_parallel", &T::expert_parallel, kCount,
                   "Ranks that share out the experts of each layer; consecutive ranks of a stage."),
          optional("expert_imbalance", &T::expert_imbalance, {.min = 1},
                   "Tokens that the busiest of these ranks gets, over the average: the others wait for it, "
                   "and memory must hold them. 1 = routing is even, as benchmarks force it."),
          optional(
              "local_steps", &T::local_steps, kCountOrZero,
              "Steps that `local_groups` of ranks train alone, each its own copy of the model, before they "
              "average what they have changed (DiLoCo); 0 = all ranks share every step."),
          optional("local_groups", &T::local_groups, kCount,
                   "With local_steps, and only then: such groups, of consecutive ranks; one for each site."),
          optional("lora_rank", &T::lora_rank, kCountOrZero,
                   "Rank of the adapters beside all products of a layer but those of routed experts, which "
                   "alone are trained; 0 = all "
                   "weights are."),
          optional(
              "frozen_weights", &T::frozen_weights,
              "How the weights beside adapters are held: as_trained, in the precision of compute; nf4, in 4 "
              "bits, which each product casts (QLoRA)."),
          optional(
              "objective", &T::objective,
              "next_token; distillation: the same beside a frozen `teacher`, whose logits are the target; "
              "preference: pairs of answers against a frozen copy of the model (DPO), two sequences of a "
              "micro-batch each; rollouts: answers that the model has generated in the same step (PPO, "
              "GRPO)."),
          optional_at("teacher", &T::teacher, &T::teacher_place, {},
                      "With objective distillation: a workload, by its name or path, whose model it is."),
          rollouts_field(),
          required(
              "sharding", &T::sharding,
              "What the data-parallel ranks share: ddp nothing, zero1 optimizer state, zero2 gradients too, "
              "zero3 parameters too, hsdp as zero3 within groups that copy each other."),
          optional("shard_group", &T::shard_group, kRanks,
                   "Ranks that share one copy of the state: hsdp needs it; with zero1 and zero2 all ranks do "
                   "where it is left out."),
          optional(
              "recompute", &T::recompute,
              "Which activations the backward pass computes again: none; selective, those of modules of a "
              "layer; per_op, all of a layer but attention and every second product (torchtitan's selective "
              "of option op); full, layers from their inputs."),
          optional("recompute_layers", &T::recompute_layers, kCountOrZero,
                   "With recompute full: how many layers of each stage's piece; 0 = all."),
          optional("recompute_modules", &T::recompute_modules,
                   "With recompute selective, in Megatron's words: core_attn (attention's scores, alone "
                   "where left out), layernorm, mla_up_proj (queries, keys and values from latents), mlp, "
                   "moe_act (the experts' activation function), shared_experts, moe (all of the experts)."),
          optional(
              "precision", &T::precision,
              "What training computes in: fp32, tf32, bf16, fp16, or a Transformer Engine recipe for the "
              "linear layers of a bf16 model: fp8 (one scale per tensor, delayed), fp8_current (one scale "
              "per "
              "tensor, of the tensor itself), fp8_block (one per 128 elements), mxfp8 (one per 32), nvfp4 "
              "(one "
              "per 16)."),
          optional("gradient_precision", &T::gradient_precision, "Of reduce-scatter and all-reduce."),
          optional("optimizer", &T::optimizer,
                   "adamw; sgd, with momentum; muon: layers' matrices by the orthogonalised average of their "
                   "gradients, embeddings, head and vectors by AdamW."),
          optional("optimizer_moments", &T::optimizer_moments,
                   "Format of its running averages in memory: fp32, bf16, fp16, fp8 or int8 (8-bit Adam)."),
          optional("master_weights", &T::master_weights,
                   "What it updates where compute is in 16 bits: fp32, a copy in 32; remainder, the bits of "
                   "such a copy beyond the weights in bf16 (Transformer Engine); none, those weights."),
          optional("offload", &T::offload, "State that leaves the GPUs; none where left out."),
          checkpoint_field(),
          optional("attention", &T::attention,
                   "flash: the newest FlashAttention for the GPU; flash2: FlashAttention-2, as in PyTorch; "
                   "plain: scores in memory."),
          part("data", &T::data, "Storage that the samples are read from, while the step before runs."),
          optional_at("stack", &T::stack, &T::stack_place, {},
                      "The software that runs it: name of a file in workloads/stacks/, or a path."),
          optional("loader_tokens_per_second", &T::loader_tokens_per_second, kNotNegative,
                   "Tokens per second and GPU that the input pipeline delivers; 0 = not a limit."),
          optional("stragglers", &T::stragglers,
                   "Ranks that others wait for in each step; all go at one pace where left out."),
          optional("tokens", &T::tokens, kPositive,
                   "Tokens (samples, of a network) of the whole run, as 15T: its time, energy, carbon and "
                   "cost are told; only a step's where left out."),
          optional("epochs", &T::epochs, kPositive, "Passes over them."),
          optional("availability", &T::availability, kShare,
                   "Share of the time in which the run goes on: less for failures and maintenance."),
          part("failures", &T::failures,
               "Nodes that fail while it trains: what was done since the last checkpoint is done again."),
          optional("start", &T::start,
                   "Local time at which it starts, as 2027-01-15T08:00, for the hours' carbon, tariff and "
                   "temperature; those of a whole year where left out."),
      },
      check_training};
  for (Field<T>& field : made.fields)
    field.read = [read = field.read, key = field.property.name](Reader& reader, const Node& node, T& out) {
      read(reader, node, out);
      out.keys.set(key, node.place);
    };
  return made;
}

namespace {

Field<WorkloadDescription> network_field() {
  Field<WorkloadDescription> field;
  field.property = {"network",
                    "In place of `model`: blocks of layers with their shapes.",
                    false,
                    "",
                    "",
                    false,
                    {Codec<NetworkDescription>::shape({})}};
  field.read = [](Reader& reader, const Node& node, WorkloadDescription& out) {
    auto network = std::make_shared<NetworkDescription>();
    if (read_object(reader, node, *network)) out.model.network = std::move(network);
  };
  return field;
}

void check_workload(Reader& reader, const Node& node, const WorkloadDescription& workload) {
  const Node* network = node.find("network");
  if (!network && !node.find("model"))
    reader.missing_key(node, "model", "The architecture, or `network` with one of another kind.");
  if (network && node.find("model"))
    reader.problem_in(node, "network", "stands beside model; leave one of them out");
  const Node* training = node.find("training");
  if (training && !network && workload.training.sequence == 0)
    reader.missing_key(*training, "sequence", "Tokens per sequence.");
}

}  // namespace

Table<WorkloadDescription> TableOf<WorkloadDescription>::make() {
  using T = WorkloadDescription;
  Field<T> model = required("model", &T::model, "The architecture: a transformer of tokens.");
  model.property.required = false;
  return {{
              kind_field<T>({"workload"}, nullptr, "The kind of this file."),
              required("title", &T::title, "Name for people."),
              required("source", &T::source, "Who published the model and its training."),
              optional("known_as", &T::known_as, "What tables of measured runs call the model."),
              std::move(model),
              network_field(),
              required("training", &T::training, "How it is trained."),
          },
          check_workload};
}

}  // namespace aifsim::catalog
