// The words that stand for enumerators in YAML: the C++ names. One line per enumeration.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "catalog/scenario.hpp"
#include "catalog/stack.hpp"
#include "catalog/synonyms.hpp"

namespace aifsim::catalog {

template <class E>
struct WordsOf;  // `list`: the words, in the order of the enumerators, which count from 0

#define AIFSIM_WORDS(Enum, ...)                                                \
  template <>                                                                  \
  struct WordsOf<Enum> {                                                       \
    static constexpr auto list = std::to_array<std::string_view>(__VA_ARGS__); \
  }

AIFSIM_WORDS(Confidence, {"measured", "published", "announced", "derived", "fitted", "low", "assumed"});
AIFSIM_WORDS(Dtype, {"fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4"});
AIFSIM_WORDS(AttentionFormat, {"bf16", "fp8", "bf16_other", "fp8_other"});
AIFSIM_WORDS(StreamKind, {"norm", "activation", "rotary", "add", "embedding", "softmax", "cross_entropy",
                          "optimizer", "quantise", "copy"});
AIFSIM_WORDS(ExpertFormat, {"bf16", "fp8", "fp8_block", "fp4"});
AIFSIM_WORDS(Routing, {"usual", "adaptive", "ecmp", "static"});
AIFSIM_WORDS(Circuits, {"mesh", "ring"});
AIFSIM_WORDS(Pairing, {"all", "same_index"});
AIFSIM_WORDS(ExchangeKernel, {"normal", "low_latency"});
AIFSIM_WORDS(ExchangeHalf, {"dispatch", "combine"});
AIFSIM_WORDS(MeasuredOp, {"all_reduce", "all_gather", "reduce_scatter", "all_to_all", "broadcast", "reduce",
                          "gather", "scatter", "dispatch", "combine"});
AIFSIM_WORDS(PowerBound, {"rack", "site"});
AIFSIM_WORDS(Mlp, {"gelu", "swiglu"});
AIFSIM_WORDS(NormKind, {"layer_norm", "rms_norm", "plain_norm"});
AIFSIM_WORDS(PositionEncoding, {"learned", "rotary", "none"});
AIFSIM_WORDS(Biases, {"by_norm", "none", "qkv", "attention", "all"});
AIFSIM_WORDS(FrozenWeights, {"as_trained", "nf4"});
AIFSIM_WORDS(Objective, {"next_token", "distillation", "preference", "rollouts"});
AIFSIM_WORDS(QkNorm, {"none", "head", "full"});
AIFSIM_WORDS(AttentionKernel, {"flash", "flash2", "plain"});
AIFSIM_WORDS(Sharding, {"ddp", "zero1", "zero2", "zero3", "hsdp"});
AIFSIM_WORDS(Recompute, {"none", "selective", "per_op", "full"});
AIFSIM_WORDS(RecomputeModule,
             {"core_attn", "layernorm", "mla_up_proj", "mlp", "moe_act", "shared_experts", "moe"});
AIFSIM_WORDS(OffloadTo, {"none", "host", "nvme"});
AIFSIM_WORDS(Packing, {"packed", "padded"});
AIFSIM_WORDS(PipelineSchedule, {"gpipe", "1f1b", "zero_bubble"});
AIFSIM_WORDS(ContextExchange, {"ring", "all_gather"});
AIFSIM_WORDS(OptimizerKernels, {"foreach", "fused"});
AIFSIM_WORDS(PieceCut, {"layers", "work"});
AIFSIM_WORDS(OptimizerKind, {"adamw", "sgd", "muon"});
AIFSIM_WORDS(MomentsFormat, {"fp32", "bf16", "fp16", "fp8", "int8"});
AIFSIM_WORDS(MasterWeights, {"fp32", "remainder", "none"});
AIFSIM_WORDS(Precision,
             {"fp32", "tf32", "bf16", "fp16", "fp8", "fp8_current", "fp8_block", "mxfp8", "nvfp4"});
AIFSIM_WORDS(LaunchStyle, {"none", "eager", "compiled", "graph"});
AIFSIM_WORDS(Fidelity, {"analytical", "flow", "message"});
AIFSIM_WORDS(TrafficPattern, {"uniform", "permutation", "hotspot"});
AIFSIM_WORDS(StorageAccess, {"read", "write"});
AIFSIM_WORDS(HplPanels, {"automatic", "device", "host"});
AIFSIM_WORDS(EventChange, {"degradation", "failure", "repair"});
AIFSIM_WORDS(PlacementPolicy, {"contiguous", "scattered", "random", "fragmented", "list"});

#undef AIFSIM_WORDS

template <>
struct WordsOf<Algorithm> {
  static constexpr auto list = kAlgorithmNames;
};

template <class E>
std::span<const std::string_view> words() {
  return WordsOf<E>::list;
}

template <class E>
std::string_view word_of(E value) {
  return WordsOf<E>::list[static_cast<std::size_t>(value)];
}

// The enumerator of a word or of a synonym.
template <class E>
std::optional<E> value_of(std::string_view word) {
  for (std::size_t i = 0; i < WordsOf<E>::list.size(); ++i) {
    if (WordsOf<E>::list[i] == word) return static_cast<E>(i);
  }
  const std::string plain = squeezed(word.substr(0, 100));
  for (std::size_t i = 0; i < WordsOf<E>::list.size(); ++i) {
    if (squeezed(WordsOf<E>::list[i]) == plain) return static_cast<E>(i);
  }
  for (const auto& [synonym, value] : SynonymsOf<E>::list) {
    if (synonym == plain) return value;
  }
  return std::nullopt;
}

}  // namespace aifsim::catalog
