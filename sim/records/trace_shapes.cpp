#include "records/trace_shapes.hpp"

#include <map>

#include "records/names.hpp"

namespace aifsim::records {
namespace {

enum class ShapeLayout { mm, bmm, linear, bshd, bhsd };

struct Known {
  const char* op;
  ShapeLayout layout;
  std::size_t first;       // index of the first matrix, or of the queries
  std::size_t causal = 0;  // index of the flag is_causal
};

// Inputs in the order of the operators' schemas (aten/src/ATen/native/native_functions.yaml).
const std::map<std::string, Known, std::less<>>& known() {
  static const std::map<std::string, Known, std::less<>> all{
      {"aten::mm", {"gemm", ShapeLayout::mm, 0}},
      {"aten::addmm", {"gemm", ShapeLayout::mm, 1}},
      {"aten::_scaled_mm", {"gemm", ShapeLayout::mm, 0}},
      {"aten::bmm", {"gemm", ShapeLayout::bmm, 0}},
      {"aten::baddbmm", {"gemm", ShapeLayout::bmm, 1}},
      {"aten::linear", {"gemm", ShapeLayout::linear, 0}},
      {"aten::_flash_attention_forward", {"attention_forward", ShapeLayout::bshd, 0, 8}},
      {"aten::_scaled_dot_product_flash_attention", {"attention_forward", ShapeLayout::bhsd, 0, 4}},
      {"aten::_scaled_dot_product_cudnn_attention", {"attention_forward", ShapeLayout::bhsd, 0, 6}},
      {"aten::_flash_attention_backward", {"attention_backward", ShapeLayout::bshd, 1, 11}},
      {"aten::_scaled_dot_product_flash_attention_backward",
       {"attention_backward", ShapeLayout::bhsd, 1, 11}},
  };
  return all;
}

using Dims = std::vector<std::int64_t>;

bool sound(const Dims& dims) {
  for (const std::int64_t d : dims)
    if (d <= 0 || d > 1'000'000'000'000) return false;
  return !dims.empty();
}

std::optional<Metadata> product(const TracedOp& op, const Known& k) {
  const Dims &a = op.dims[k.first], &b = op.dims[k.first + 1];
  if (!sound(a) || !sound(b)) return std::nullopt;
  std::int64_t m = 0, n = 0, inner = 0, batch = 1;
  if (k.layout == ShapeLayout::mm && a.size() == 2 && b.size() == 2 && a[1] == b[0]) {
    m = a[0], n = b[1], inner = a[1];
  } else if (k.layout == ShapeLayout::bmm && a.size() == 3 && b.size() == 3 && a[2] == b[1] && a[0] == b[0]) {
    batch = a[0], m = a[1], n = b[2], inner = a[2];
  } else if (k.layout == ShapeLayout::linear && b.size() == 2 && a.back() == b[1] && a.size() <= 4) {
    double tokens = 1;
    for (std::size_t i = 0; i + 1 < a.size(); ++i) tokens *= static_cast<double>(a[i]);
    if (tokens > 1e12) return std::nullopt;
    m = static_cast<std::int64_t>(tokens), n = b[0], inner = b[1];
  } else {
    return std::nullopt;
  }
  Metadata cells{{"m", std::to_string(m)}, {"n", std::to_string(n)}, {"k", std::to_string(inner)}};
  if (batch > 1) cells.emplace_back("batch", std::to_string(batch));
  return cells;
}

std::optional<Metadata> attention(const TracedOp& op, const Known& k) {
  const Dims &q = op.dims[k.first], &kv = op.dims[k.first + 1];
  if (q.size() != 4 || kv.size() != 4 || !sound(q) || !sound(kv)) return std::nullopt;
  if (op.values.size() <= k.causal || op.values[k.causal] != "True") return std::nullopt;
  const std::size_t seq = k.layout == ShapeLayout::bshd ? 1 : 2, heads = 3 - seq;
  return Metadata{{"batch", std::to_string(q[0])},         {"heads", std::to_string(q[heads])},
                  {"kv_heads", std::to_string(kv[heads])}, {"head_dim", std::to_string(q[3])},
                  {"seq_q", std::to_string(q[seq])},       {"seq_kv", std::to_string(kv[seq])}};
}

}  // namespace

bool has_shape(const std::string& op) { return known().count(op) > 0; }

std::string shape_class(const std::string& op) {
  const auto found = known().find(op);
  return found == known().end() ? "" : found->second.op;
}

std::optional<Metadata> shape_of(const TracedOp& op) {
  const auto found = known().find(op.name);
  if (found == known().end()) return std::nullopt;
  const Known& k = found->second;
  if (op.dims.size() < k.first + 2) return std::nullopt;
  auto cells =
      k.layout == ShapeLayout::bshd || k.layout == ShapeLayout::bhsd ? attention(op, k) : product(op, k);
  if (cells && op.types.size() > k.first) {
    std::string dtype = dtype_word(op.types[k.first]);
    if (dtype.size() > 40) return std::nullopt;
    cells->emplace_back("dtype", std::move(dtype));
  }
  return cells;
}

}  // namespace aifsim::records
