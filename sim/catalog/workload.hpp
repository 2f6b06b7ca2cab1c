// A workload: a model's architecture and how it is trained (workloads/*.yaml).
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "catalog/figure.hpp"
#include "catalog/gpu.hpp"
#include "catalog/key_places.hpp"

namespace aifsim {

enum class Mlp { gelu, swiglu };
// plain_norm: layer norm without weights, as in OLMo.
enum class NormKind { layer_norm, rms_norm, plain_norm };
// none: no parameters and no passes (ALiBi).
enum class PositionEncoding { learned, rotary, none };
// Linear layers with biases. by_norm: all where the norm is layer_norm, else none.
enum class Biases { by_norm, none, qkv, attention, all };
// Norms of queries and keys: of each head's vector, with weights of a head's width; of all heads' together.
enum class QkNorm { none, head, full };
// flash: the newest FlashAttention for the GPU (3 on Hopper); flash2: FlashAttention-2, which PyTorch's
// scaled_dot_product_attention runs on every GPU; plain: the scores go through memory.
enum class AttentionKernel { flash, flash2, plain };

// Feed-forward blocks of which a router sends each token to a few.
struct ExpertsDescription {
  std::int64_t count = 0;              // routed experts of a layer; 0: the model has none
  std::int64_t per_token = 0;          // of them that a token visits
  std::int64_t ffn_hidden = 0;         // width inside one of them
  std::int64_t shared_ffn_hidden = 0;  // width of the block that all tokens visit beside them; 0: none
  std::int64_t dense_layers = 0;       // first layers that have a feed-forward block in their place
  std::int64_t every = 1;              // of the others, each so-manieth has experts
};

// Layers whose queries see the last so many tokens alone, or those before them in their own block of so many.
struct WindowDescription {
  std::int64_t tokens = 0;       // 0: none
  std::int64_t full_every = 0;   // each so-manieth layer sees all; 0: none
  std::int64_t full_layers = 0;  // first layers that see all
  bool blocks = false;           // the sequence is cut into blocks that do not see each other (Llama 4)
};

// Multi-head latent attention (DeepSeek-V2): queries, keys and values are projected up from latent vectors.
struct LatentAttentionDescription {
  std::int64_t query_rank = 0;  // width of the queries' latent vector; 0: queries are projected directly
  std::int64_t kv_rank = 0;     // of the one of keys and values; 0: no latent attention
  std::int64_t rope_dim = 0;    // part of a head that carries positions, shared by the keys of all heads
  std::int64_t value_dim = 0;   // of a head's values
};

struct NetworkDescription;  // network.hpp

// A transformer of tokens: a decoder, or an encoder (BERT) where attention is not causal.
struct ModelDescription {
  std::int64_t layers = 0, hidden = 0, heads = 0, kv_heads = 0, ffn_hidden = 0, vocabulary = 0;
  Mlp mlp = Mlp::gelu;
  NormKind norm = NormKind::layer_norm;
  PositionEncoding position = PositionEncoding::learned;
  bool tied_embeddings = false;
  std::int64_t head_dim = 0;  // 0: hidden / heads; with latent attention the part of a head without positions
  ExpertsDescription experts;
  LatentAttentionDescription latent;
  bool causal = true;
  WindowDescription window;
  Biases biases = Biases::by_norm;
  QkNorm qk_norm = QkNorm::none;
  std::int64_t norms_per_layer = 2;
  bool parallel_blocks = false;     // attention and feed-forward block side by side, from the same input
  std::int64_t positions = 0;       // entries of learned positions; 0: those of a sequence
  std::int64_t token_types = 0;     // entries of the embedding of segments
  bool embedding_norm = false;      // after the embedding
  bool final_norm = true;           // before the head
  std::int64_t head_layers = 0;     // hidden x hidden with bias and norm before the head
  bool head_bias = false;           // of the logits
  std::int64_t predict_layers = 0;  // behind the last, each with the head once more: multi-token prediction
  std::shared_ptr<const NetworkDescription> network;  // in place of all that: no transformer of tokens
  Place place;
};

enum class Sharding { ddp, zero1, zero2, zero3, hsdp };
// none: what backward reads is kept. selective: modules of a layer are computed again. per_op: all of a layer but
// attention and every second product. full: layers from their inputs.
enum class Recompute { none, selective, per_op, full };
// Of a layer, as Megatron-LM names them: attention's scores (of use where they go through memory); both norms;
// queries, keys and values from their latents; the feed-forward block; the experts' activation function; the block
// that all tokens visit; all of the experts, with the exchanges.
enum class RecomputeModule { core_attn, layernorm, mla_up_proj, mlp, moe_act, shared_experts, moe };
// Order of a stage's passes. one_f_one_b with several virtual stages is the interleaved schedule; zero_bubble splits
// backward passes and does the weights' gradients where a stage would wait (ZB-H1).
enum class PipelineSchedule { gpipe, one_f_one_b, zero_bubble };
// How ranks that split sequences give each other keys and values: around a ring, behind attention, or before it.
enum class ContextExchange { ring, all_gather };
// muon: matrices of layers by the orthogonalised average of their gradients, all else by AdamW.
enum class OptimizerKind { adamw, sgd, muon };
// What an optimizer updates where compute is in 16 bits: a copy in 32; the bits that one has beyond the weights of
// compute; those weights themselves.
enum class MasterWeights { fp32, remainder, none };
enum class MomentsFormat { fp32, bf16, fp16, fp8, int8 };
// What training computes in. fp8 to nvfp4 are recipes of NVIDIA's Transformer Engine for the linear layers of a
// 16-bit model (DelayedScaling, Float8CurrentScaling, Float8BlockScaling, MXFP8BlockScaling,
// NVFP4BlockScaling); lowering/training/precision.hpp says what each of them computes and casts.
enum class Precision { fp32, tf32, bf16, fp16, fp8, fp8_current, fp8_block, mxfp8, nvfp4 };
const char* name_of(Precision precision);

// Format of weights that adapters stand beside: as trained, or of 4 bits (QLoRA), which each pass casts.
enum class FrozenWeights { as_trained, nf4 };
// What a sequence is trained on: its next tokens; those and what a teacher says of them; which of two answers is
// preferred, against a frozen copy of the model (DPO); answers that the model has just generated (PPO, GRPO).
enum class Objective { next_token, distillation, preference, rollouts };

// Where state goes that leaves the GPUs: host memory, or the node's drives by way of it.
enum class OffloadTo { none, host, nvme };
struct OffloadDescription {
  OffloadTo optimizer = OffloadTo::none;    // its state and the fp32 weights, which the CPUs update
  OffloadTo activations = OffloadTo::none;  // from a layer's forward to its backward pass
  Place place;
};

// What is kept of the state from time to time.
struct CheckpointDescription {
  std::int64_t steps = 0;     // between two; 0: none
  BytesPerSecond rate;        // that storage takes of the whole job; 0: it is written to `tier`
  std::string tier;           // of the platform's storage, or "nvme"
  std::string then;           // "": it stays there; else it is copied to that tier while training goes on
  bool asynchronous = false;  // copied to host memory, and written from there while training goes on
  Place place;
};

// Nodes that fail while it trains.
struct FailureDescription {
  Seconds node_mtbf;  // of one node, between two failures
  Seconds restart;    // from a failure until training goes on
  Place place;
};

// Where the samples are read from.
struct DataDescription {
  std::string tier;            // of the platform's storage, or "nvme"
  Bytes bytes_per_token;       // of a network: per sample
  double tokens_per_file = 0;  // 0: opening files takes no time
  Place place;
};

// Documents that fill the sequences.
enum class Packing { packed, padded };  // several in each, or one and padding
struct DocumentsDescription {
  std::int64_t tokens = 0;  // of one, on average
  Packing packing = Packing::packed;
  Place place;
};

// Ranks whose kernels take longer than usual, so that the others wait.
struct StragglersDescription {
  double jitter = 0;       // standard deviation of a rank's time of a step, over its mean
  std::int64_t ranks = 0;  // that are always slower
  double slower = 0;       // by this share
  Place place;
};

// Answers that the model generates at the beginning of each step, which is then trained on them.
struct RolloutsDescription {
  std::int64_t prompt = 0, answers = 0;  // tokens of a prompt; answers to each
  std::int64_t response = 0;             // tokens of an answer, on average
  std::int64_t longest = 0;              // of the longest; 0: all are alike
  std::int64_t tensor_parallel = 1;      // ranks that split the model to generate
  std::int64_t at_once = 0;              // answers that an engine has in flight; 0: as many as memory holds
  Seconds host_per_token{4.9e-3};        // that the engine's scheduler takes between two tokens
  bool offload = false;                  // the trainer's state is in host memory meanwhile
  bool reference = true;                 // a frozen copy of the model scores the answers
  bool policy = true;                    // the trained model scores them itself
  std::string reward_model;              // a workload, whose model scores them; "": a rule does, in no time
  std::shared_ptr<const ModelDescription> reward;
  Place place, reward_place;
};

struct TrainingDescription {
  std::int64_t sequence = 0;
  std::optional<DocumentsDescription> documents;  // none: each is as long as a sequence
  std::int64_t micro_batch = 0;                   // sequences per data-parallel rank and micro-step
  std::int64_t gradient_accumulation = 1;  // micro-steps; where global_batch is given, it follows from that
  std::int64_t global_batch = 0;           // sequences per optimizer step; 0 = not given
  std::int64_t tensor_parallel = 1;        // ranks that split each layer's matrices among them
  bool sequence_parallel = false;          // they also split norms and sums along the sequence
  std::int64_t context_parallel = 1;       // ranks that split each sequence
  ContextExchange context_exchange = ContextExchange::ring;
  std::int64_t pipeline_parallel = 1;  // stages
  std::int64_t virtual_stages = 1;     // pieces of the model on each stage
  PipelineSchedule pipeline_schedule = PipelineSchedule::one_f_one_b;
  std::int64_t expert_parallel = 1;  // ranks that share a layer's experts
  double expert_imbalance = 1;       // tokens of the rank that gets most of them, over the average
  std::int64_t lora_rank = 0;        // of the adapters that alone are trained; 0: all weights are
  FrozenWeights frozen_weights = FrozenWeights::as_trained;
  Objective objective = Objective::next_token;
  std::string teacher;  // distillation: a workload, whose model it is
  std::shared_ptr<const ModelDescription> teacher_model;
  std::optional<RolloutsDescription> rollouts;  // with that objective
  std::int64_t local_steps =
      0;  // between two exchanges of what groups of ranks have trained alone; 0: every step is shared
  std::int64_t local_groups = 1;  // such groups (DiLoCo), of as many ranks each
  Sharding sharding = Sharding::zero3;
  std::int64_t shard_group = 0;  // hsdp: data-parallel ranks that share one copy of the state; else 0
  Recompute recompute = Recompute::none;
  std::int64_t recompute_layers = 0;  // with full: layers of each stage and virtual stage; 0: all
  std::vector<RecomputeModule> recompute_modules{RecomputeModule::core_attn};  // with selective
  Precision precision = Precision::bf16;   // of compute; parameters are gathered in its 16- or 32-bit format
  Dtype gradient_precision = Dtype::bf16;  // of reduce-scatter and all-reduce
  OptimizerKind optimizer = OptimizerKind::adamw;
  MomentsFormat optimizer_moments = MomentsFormat::fp32;  // of its running averages
  MasterWeights master_weights = MasterWeights::fp32;
  OffloadDescription offload;
  CheckpointDescription checkpoint;
  std::optional<DataDescription> data;
  AttentionKernel attention = AttentionKernel::flash2;
  std::string stack = "pytorch";  // of workloads/stacks/
  // Data loading: tokens per second and GPU that the input pipeline delivers; 0 = not a limit.
  double loader_tokens_per_second = 0;
  StragglersDescription stragglers;
  // The whole run: passes over so many tokens, from a moment on, on a machine that is up for a share of the time.
  Tokens tokens;  // 0: only a step is asked for
  double epochs = 1, availability = 1;
  std::optional<FailureDescription> failures;
  std::string start;  // "2027-01-15" or "2027-01-15T08:00", local time; "": any time of a year
  Place place;
  Place stack_place, teacher_place;  // which their paths start from
  KeyPlaces keys;
  // Of a key where it is given, else of the block.
  const Place& place_of(std::string_view key) const {
    const Place* found = keys.find(key);
    return found ? *found : place;
  }
  // Of two that clash, the one that this block gives; the first where both or neither are its own.
  const Place& place_of(std::string_view key, std::string_view other) const {
    const Place &a = place_of(key), &b = place_of(other);
    return a.file != place.file && b.file == place.file ? b : a;
  }
};

inline bool recomputes(const TrainingDescription& t, RecomputeModule module) {
  return t.recompute == Recompute::selective &&
         std::find(t.recompute_modules.begin(), t.recompute_modules.end(), module) !=
             t.recompute_modules.end();
}

// That count: without padding.
inline double tokens_of_sequence(const TrainingDescription& t) {
  const bool padded = t.documents && t.documents->packing == Packing::padded;
  return static_cast<double>(padded ? t.documents->tokens : t.sequence);
}

struct WorkloadDescription {
  std::string name, title, source;
  Place place;
  std::vector<std::string> known_as;  // the model, in tables of measured runs
  ModelDescription model;
  TrainingDescription training;
};

}  // namespace aifsim
