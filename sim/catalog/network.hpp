// A model that is no transformer of tokens: blocks of layers with their shapes (docs/models.md).
//
// Shapes are given, not derived: parameters, FLOPs and traffic of a layer follow from its widths and from the number
// of its positions, the product of `size`. How layers are connected matters for neither.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

// `count` matrices of in x out, each applied at every position.
struct LinearLayer {
  std::int64_t in = 0, out = 0, count = 1;
  bool bias = true, tied = false;  // tied: with weights that another layer counts
};

// Positions are those of its output; of its input where it is transposed.
struct ConvolutionLayer {
  std::int64_t in = 0, out = 0, stride = 1, groups = 1;
  std::vector<double> kernel;
  bool bias = false, transposed = false;
};

struct NormLayer {
  std::int64_t width = 0, parameters = 2;  // per channel
};

struct ActivationLayer {
  std::int64_t width = 0;
  bool gated = false;
};

struct AddLayer {
  std::int64_t width = 0;
};

// Without the projections around it.
struct AttentionLayer {
  std::int64_t heads = 0, kv_heads = 0, head_dim = 0;
  std::int64_t keys = 0;    // that each position sees, of another sequence; 0: its own positions
  std::int64_t window = 0;  // positions fall into windows of so many, which see themselves; 0: one
  bool causal = false;
};

// Norm, attention with its projections, sum; cross attention to `memory` positions where there is any; norm,
// feed-forward block, sum.
struct TransformerLayer {
  std::int64_t width = 0, heads = 0, kv_heads = 0, head_dim = 0, ffn_hidden = 0;
  Mlp mlp = Mlp::gelu;
  NormKind norm = NormKind::layer_norm;
  bool bias = true, qkv_bias = true, causal = false;
  std::int64_t window = 0, memory = 0, memory_width = 0;
};

// Rows of a table, one for each position; `pooled`: vectors that are left of them where they are summed.
struct EmbeddingLayer {
  std::int64_t entries = 0, width = 0, pooled = 0;
  bool shared_out = false;  // each rank holds its part of the table and sends rows to all others
};

// Of activations alone: m x k with k x n, `count` of them at each position.
struct ProductLayer {
  std::int64_t m = 1, n = 1, k = 1, count = 1;
};

// Passes over memory: gather, scatter, pooling, resampling, concatenation, Fourier transforms.
struct CopyLayer {
  std::int64_t width = 0, passes = 2;
};

struct ParametersLayer {
  std::int64_t count = 0;
};

// Softmax and cross-entropy over `width` classes.
struct LossLayer {
  std::int64_t width = 0;
};

using NetworkOp =
    std::variant<LinearLayer, ConvolutionLayer, NormLayer, ActivationLayer, AddLayer, AttentionLayer,
                 TransformerLayer, EmbeddingLayer, ProductLayer, CopyLayer, ParametersLayer, LossLayer>;

struct NetworkLayer {
  std::string kind;
  NetworkOp op;
  std::vector<double> size;  // of its positions; none: its block's
  std::int64_t repeat = 1;
  Place place;
};

// What is gathered, reduced and computed again together.
struct NetworkBlock {
  std::string name;
  std::int64_t repeat = 1;
  std::int64_t passes = 1;   // times that each of them runs in a forward pass, with the same weights
  bool frozen = false;       // runs forward alone
  std::vector<double> size;  // of its layers' positions
  std::vector<NetworkLayer> layers;
  Place place;
};

struct NetworkDescription {
  std::string sample;  // what one is
  std::vector<NetworkBlock> blocks;
  Place place;
};

}  // namespace aifsim
