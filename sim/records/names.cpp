#include "records/names.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "catalog/words.hpp"
#include "records/lines.hpp"

namespace aifsim::records {

std::string dtype_word(std::string_view word) {
  // A record keeps the formats of 4 bits apart.
  const std::string plain = lower(word);
  if (plain == "nvfp4" || plain == "mxfp4") return std::string(word);
  const auto dtype = catalog::value_of<Dtype>(word);
  return dtype ? name_of(*dtype) : std::string(word);
}

std::optional<int> bytes_of_dtype(std::string_view word) {
  static const std::map<std::string_view, int> bytes{
      {"fp64", 8}, {"int64", 8}, {"uint64", 8}, {"fp32", 4},   {"int32", 4}, {"uint32", 4}, {"tf32", 4},
      {"bf16", 2}, {"fp16", 2},  {"fp8", 1},    {"f8e5m2", 1}, {"int8", 1},  {"uint8", 1}};
  const auto found = bytes.find(word);
  return found == bytes.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> collective_word(std::string_view word) {
  static const std::map<std::string_view, const char*> known{{"allreduce", "all_reduce"},
                                                             {"allgather", "all_gather"},
                                                             {"reducescatter", "reduce_scatter"},
                                                             {"reducescatterblock", "reduce_scatter"},
                                                             {"alltoall", "all_to_all"},
                                                             {"all2all", "all_to_all"},
                                                             {"broadcast", "broadcast"},
                                                             {"bcast", "broadcast"},
                                                             {"reduce", "reduce"},
                                                             {"gather", "gather"},
                                                             {"scatter", "scatter"},
                                                             {"sendrecv", "send_recv"},
                                                             {"barrier", "barrier"},
                                                             {"moedispatch", "moe_dispatch"},
                                                             {"moecombine", "moe_combine"}};
  std::string plain = lower(word);
  if (plain.size() > 5 && plain.ends_with("_perf")) plain.resize(plain.size() - 5);
  plain.erase(
      std::remove_if(plain.begin(), plain.end(), [](char c) { return c == '_' || c == '-' || c == ' '; }),
      plain.end());
  const auto found = known.find(plain);
  return found == known.end() ? std::nullopt : std::optional<std::string>(found->second);
}

std::string kernel_class(std::string_view name) {
  const std::string text = lower(name);
  const auto any = [&](std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](const char* part) { return holds(text, part); });
  };
  // Order matters: "ncclDevKernel_ReduceScatter" holds "reduce", "flash_bwd" kernels hold "gemm" in their
  // template arguments.
  if (any({"nccl", "rccl", "oneshot_lamport", "cross_device_reduce", "oneshotallreduce",
           "twoshotallreduce"})) {
    if (any({"allreduce", "all_reduce", "cross_device_reduce"})) return "all_reduce";
    if (any({"reducescatter", "reduce_scatter"})) return "reduce_scatter";
    if (any({"allgather", "all_gather"})) return "all_gather";
    if (any({"alltoall", "all_to_all"})) return "all_to_all";
    if (any({"broadcast"})) return "broadcast";
    if (any({"sendrecv", "send_recv"})) return "send_recv";
    if (any({"reduce"})) return "reduce";
    return "communication";
  }
  if (any({"flash_bwd", "fmha_bwd", "fmhabackward", "attentionbackward", "_dgrad_flash",
           "flash_attention_bwd", "sdpa_bprop"}))
    return "attention_backward";
  if (any({"paged_attention", "mmha", "decode_attention", "batchdecode", "flash_fwd_splitkv", "xqa"}))
    return "attention_decode";
  if (any({"flash_fwd", "flash_attn", "fmha", "flashattn", "attentionkernel", "batchprefill", "sdpa_fprop",
           "flash_attention", "attention_kernel"}))
    return "attention_forward";
  if (any({"splitkreduce", "split_k_reduce", "splitk_reduce"})) return "gemm_split_k_sum";
  if (any({"fused_moe", "moe_kernel", "grouped_gemm", "groupgemm", "moe_gemm"})) return "moe";
  if (any({"gemm", "nvjet", "cijk_", "matmul", "xmma", "s16816", "s1688", "h16816", "hmma", "wgmma",
           "cutlass_80", "cutlass_90", "cublas", "_mm_"}))
    return "gemm";
  if (any({"cross_entropy", "crossentropy", "nll_loss"})) return "cross_entropy";
  if (any({"rmsnorm", "rms_norm"})) return "rmsnorm";
  if (any({"layer_norm", "layernorm"})) return "layernorm";
  if (any({"softmax"})) return "softmax";
  if (any({"rotary", "rope"})) return "rotary";
  if (any({"adam"})) return "adam";
  if (any({"embedding", "indexselect", "index_select", "gatherkernel"})) return "embedding";
  if (any({"memcpy", "memset", "catarray", "copy_kernel", "direct_copy"})) return "copy";
  if (any({"elementwise", "reduce_kernel", "triton_poi", "triton_red", "triton_per", "act_and_mul", "silu",
           "gelu", "multi_tensor_apply", "foreach"}))
    return "elementwise";
  return "other";
}

}  // namespace aifsim::records
