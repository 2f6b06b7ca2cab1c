// Shapes of operations as the PyTorch profiler records them (record_shapes=True).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/record.hpp"

namespace aifsim::records {

struct TracedOp {
  std::string name;                             // "aten::addmm"
  std::vector<std::vector<std::int64_t>> dims;  // of each input; empty for what is no tensor
  std::vector<std::string> types, values;       // "c10::BFloat16"; "True", "0.5" for scalars
};

// Is this an operation whose shape a record can express?
bool has_shape(const std::string& op);
// Cells m, n, k, batch, dtype of a matrix product, or batch, heads, ... of causal attention; nothing where
// the dimensions do not tell, or attention is not causal.
std::optional<Metadata> shape_of(const TracedOp& op);
// "gemm", "attention_forward" or "attention_backward"
std::string shape_class(const std::string& op);

}  // namespace aifsim::records
