// The words of records for what tools name in their own ways.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace aifsim::records {

// "bfloat16", "c10::BFloat16", "half", "MPI_FLOAT" ... -> bf16, fp16, fp32; any other word stays as it is.
std::string dtype_word(std::string_view word);
std::optional<int> bytes_of_dtype(std::string_view record_word);

// "all_reduce_perf", "AllReduce", "ALLREDUCE", "alltoall" ... -> all_reduce, all_to_all.
std::optional<std::string> collective_word(std::string_view word);

// What a kernel of a trace is, from its name: gemm, attention_forward, attention_backward, attention_decode,
// rmsnorm, layernorm, softmax, cross_entropy, embedding, rotary, adam, all_reduce and the other collectives,
// copy, elementwise, or "other".
std::string kernel_class(std::string_view name);

}  // namespace aifsim::records
