// Other words that people use for an enumerator, understood wherever its own word is: in YAML, tables and on the
// command line. Case, blanks, hyphens and underscores never count ("ZeRO-3", "All Reduce"), so that these lists
// are written without them. One table for each kind of word.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "catalog/scenario.hpp"
#include "catalog/stack.hpp"

namespace aifsim::catalog {

// "ZeRO-3" -> "zero3".
std::string squeezed(std::string_view word);

template <class E>
using Synonym = std::pair<std::string_view, E>;

template <class E>
struct SynonymsOf {
  static constexpr std::array<Synonym<E>, 0> list{};
};

template <>
struct SynonymsOf<Dtype> {
  static constexpr auto list = std::to_array<Synonym<Dtype>>({{"bfloat16", Dtype::bf16},
                                                              {"torch.bfloat16", Dtype::bf16},
                                                              {"c10::bfloat16", Dtype::bf16},
                                                              {"bf16mixed", Dtype::bf16},
                                                              {"bf16true", Dtype::bf16},
                                                              {"ampbf16", Dtype::bf16},
                                                              {"float16", Dtype::fp16},
                                                              {"torch.float16", Dtype::fp16},
                                                              {"c10::half", Dtype::fp16},
                                                              {"half", Dtype::fp16},
                                                              {"16mixed", Dtype::fp16},
                                                              {"ampfp16", Dtype::fp16},
                                                              {"float", Dtype::fp32},
                                                              {"float32", Dtype::fp32},
                                                              {"torch.float32", Dtype::fp32},
                                                              {"single", Dtype::fp32},
                                                              {"mpifloat", Dtype::fp32},
                                                              {"tensorfloat32", Dtype::tf32},
                                                              {"double", Dtype::fp64},
                                                              {"float64", Dtype::fp64},
                                                              {"mpidouble", Dtype::fp64},
                                                              {"float8", Dtype::fp8},
                                                              {"fp8e4m3", Dtype::fp8},
                                                              {"f8e4m3", Dtype::fp8},
                                                              {"float8e4m3fn", Dtype::fp8},
                                                              {"c10::float8e4m3fn", Dtype::fp8},
                                                              {"c10::float8e4m3fnuz", Dtype::fp8},
                                                              {"signedchar", Dtype::int8},
                                                              {"mpichar", Dtype::int8},
                                                              {"mpibyte", Dtype::int8},
                                                              {"uint8", Dtype::int8},
                                                              {"8bit", Dtype::int8},
                                                              {"nvfp4", Dtype::fp4},
                                                              {"mxfp4", Dtype::fp4}});
};

template <>
struct SynonymsOf<MomentsFormat> {
  static constexpr auto list = std::to_array<Synonym<MomentsFormat>>({{"float", MomentsFormat::fp32},
                                                                      {"float32", MomentsFormat::fp32},
                                                                      {"torch.float32", MomentsFormat::fp32},
                                                                      {"bfloat16", MomentsFormat::bf16},
                                                                      {"torch.bfloat16", MomentsFormat::bf16},
                                                                      {"float16", MomentsFormat::fp16},
                                                                      {"torch.float16", MomentsFormat::fp16},
                                                                      {"half", MomentsFormat::fp16},
                                                                      {"float8", MomentsFormat::fp8},
                                                                      {"fp8e4m3", MomentsFormat::fp8},
                                                                      {"uint8", MomentsFormat::int8},
                                                                      {"torch.uint8", MomentsFormat::int8},
                                                                      {"8bit", MomentsFormat::int8}});
};

template <>
struct SynonymsOf<Precision> {
  static constexpr auto list = std::to_array<Synonym<Precision>>(
      {{"bfloat16", Precision::bf16},      {"torch.bfloat16", Precision::bf16},
       {"bf16mixed", Precision::bf16},     {"bf16true", Precision::bf16},
       {"ampbf16", Precision::bf16},       {"float16", Precision::fp16},
       {"torch.float16", Precision::fp16}, {"half", Precision::fp16},
       {"16mixed", Precision::fp16},       {"ampfp16", Precision::fp16},
       {"float", Precision::fp32},         {"float32", Precision::fp32},
       {"torch.float32", Precision::fp32}, {"single", Precision::fp32},
       {"tensorfloat32", Precision::tf32}, {"float8", Precision::fp8},
       {"fp8e4m3", Precision::fp8},        {"fp8delayed", Precision::fp8},
       {"fp8ds", Precision::fp8},          {"fp8tensorwise", Precision::fp8_current},
       {"fp8cs", Precision::fp8_current},  {"fp8blockwise", Precision::fp8_block},
       {"fp8mx", Precision::mxfp8},        {"mxfp8rceil", Precision::mxfp8}});
};

template <>
struct SynonymsOf<Sharding> {
  static constexpr auto list = std::to_array<Synonym<Sharding>>({{"none", Sharding::ddp},
                                                                 {"no", Sharding::ddp},
                                                                 {"noshard", Sharding::ddp},
                                                                 {"dp", Sharding::ddp},
                                                                 {"dataparallel", Sharding::ddp},
                                                                 {"distributeddataparallel", Sharding::ddp},
                                                                 {"zero0", Sharding::ddp},
                                                                 {"stage0", Sharding::ddp},
                                                                 {"stage1", Sharding::zero1},
                                                                 {"zerostage1", Sharding::zero1},
                                                                 {"optim", Sharding::zero1},
                                                                 {"distributedoptimizer", Sharding::zero1},
                                                                 {"distopt", Sharding::zero1},
                                                                 {"stage2", Sharding::zero2},
                                                                 {"zerostage2", Sharding::zero2},
                                                                 {"optimgrads", Sharding::zero2},
                                                                 {"shardgradop", Sharding::zero2},
                                                                 {"stage3", Sharding::zero3},
                                                                 {"zerostage3", Sharding::zero3},
                                                                 {"optimgradsparams", Sharding::zero3},
                                                                 {"fsdp", Sharding::zero3},
                                                                 {"fsdp1", Sharding::zero3},
                                                                 {"fsdp2", Sharding::zero3},
                                                                 {"fullshard", Sharding::zero3},
                                                                 {"fullyshard", Sharding::zero3},
                                                                 {"hybridshard", Sharding::hsdp},
                                                                 {"hybridsharding", Sharding::hsdp},
                                                                 {"hybrid", Sharding::hsdp}});
};

template <>
struct SynonymsOf<Recompute> {
  static constexpr auto list = std::to_array<Synonym<Recompute>>({{"no", Recompute::none},
                                                                  {"off", Recompute::none},
                                                                  {"false", Recompute::none},
                                                                  {"disabled", Recompute::none},
                                                                  {"uniform", Recompute::full},
                                                                  {"op", Recompute::per_op},
                                                                  {"selectiveop", Recompute::per_op},
                                                                  {"selectiveperop", Recompute::per_op},
                                                                  {"selective(perop)", Recompute::per_op},
                                                                  {"fullac", Recompute::full}});
};

template <>
struct SynonymsOf<AttentionKernel> {
  static constexpr auto list =
      std::to_array<Synonym<AttentionKernel>>({{"flashattention", AttentionKernel::flash},
                                               {"flashattention2", AttentionKernel::flash2},
                                               {"flashattn2", AttentionKernel::flash2},
                                               {"fa2", AttentionKernel::flash2},
                                               {"sdpa", AttentionKernel::flash2},
                                               {"math", AttentionKernel::plain}});
};

template <>
struct SynonymsOf<Mlp> {
  static constexpr auto list = std::to_array<Synonym<Mlp>>(
      {{"silu", Mlp::swiglu}, {"geglu", Mlp::swiglu}, {"gelunew", Mlp::gelu}, {"relu", Mlp::gelu}});
};

template <>
struct SynonymsOf<PositionEncoding> {
  static constexpr auto list =
      std::to_array<Synonym<PositionEncoding>>({{"rope", PositionEncoding::rotary},
                                                {"absolute", PositionEncoding::learned},
                                                {"alibi", PositionEncoding::none}});
};

template <>
struct SynonymsOf<OptimizerKind> {
  static constexpr auto list = std::to_array<Synonym<OptimizerKind>>({{"adam", OptimizerKind::adamw}});
};

template <>
struct SynonymsOf<LaunchStyle> {
  static constexpr auto list = std::to_array<Synonym<LaunchStyle>>({{"compile", LaunchStyle::compiled},
                                                                    {"torch.compile", LaunchStyle::compiled},
                                                                    {"cudagraph", LaunchStyle::graph},
                                                                    {"cudagraphs", LaunchStyle::graph}});
};

template <>
struct SynonymsOf<MeasuredOp> {
  static constexpr auto list = std::to_array<Synonym<MeasuredOp>>({{"all2all", MeasuredOp::all_to_all},
                                                                   {"bcast", MeasuredOp::broadcast},
                                                                   {"moedispatch", MeasuredOp::dispatch},
                                                                   {"moecombine", MeasuredOp::combine}});
};

}  // namespace aifsim::catalog
