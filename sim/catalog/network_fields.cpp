#include "catalog/network.hpp"

#include <fmt/format.h>

#include "catalog/network_fields.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::size_t kLongestSize = 5;

// Sides of a grid of positions.
template <class T>
void check_size(Reader& reader, const Node& node, const T& with, bool required) {
  if (with.size.empty() && required)
    reader.missing_key(node, "size", "Sides of the grid of positions that its layers run at.");
  if (with.size.size() > kLongestSize)
    reader.problem_in(node, "size",
                      fmt::format("at most {} sides, found {}", kLongestSize, with.size.size()));
}

}  // namespace

template <>
struct TableOf<LinearLayer> {
  static Table<LinearLayer> make() {
    using T = LinearLayer;
    return {
        {required("in", &T::in, kCount, "Width of the input."),
         required("out", &T::out, kCount, "Width of the output."),
         optional("count", &T::count, kCount, "Matrices, each applied at every position."),
         optional("bias", &T::bias, "Whether it adds a bias."),
         optional("tied", &T::tied, "Whether its weights are those of another layer, which counts them.")},
        {}};
  }
};

template <>
struct TableOf<ConvolutionLayer> {
  static Table<ConvolutionLayer> make() {
    using T = ConvolutionLayer;
    return {{required("in", &T::in, kCount, "Channels of the input."),
             required("out", &T::out, kCount, "Channels of the output."),
             required("kernel", &T::kernel, kCount, "Sides of its window, such as [3, 3]."),
             optional("stride", &T::stride, kCount,
                      "Positions of the input per position of the output, each way."),
             optional("groups", &T::groups, kCount, "Parts of the channels that do not see each other."),
             optional("bias", &T::bias, "Whether it adds a bias."),
             optional("transposed", &T::transposed, "Whether it goes up: `size` is then that of its input.")},
            {}};
  }
};

template <>
struct TableOf<NormLayer> {
  static Table<NormLayer> make() {
    using T = NormLayer;
    return {{required("width", &T::width, kCount, "Channels."),
             optional("parameters", &T::parameters, kCountOrZero, "Weights of each channel.")},
            {}};
  }
};

template <>
struct TableOf<ActivationLayer> {
  static Table<ActivationLayer> make() {
    using T = ActivationLayer;
    return {{required("width", &T::width, kCount, "Channels of its output."),
             optional("gated", &T::gated, "Whether it is a product of two halves.")},
            {}};
  }
};

template <>
struct TableOf<AddLayer> {
  static Table<AddLayer> make() { return {{required("width", &AddLayer::width, kCount, "Channels.")}, {}}; }
};

template <>
struct TableOf<AttentionLayer> {
  static Table<AttentionLayer> make() {
    using T = AttentionLayer;
    return {{required("heads", &T::heads, kCount, "Heads."),
             optional("kv_heads", &T::kv_heads, kCountOrZero, "Of keys and values; 0 = as many."),
             required("head_dim", &T::head_dim, kCount, "Width of a head."),
             optional("keys", &T::keys, kCountOrZero, "Keys that a position sees; 0 = all positions."),
             optional("window", &T::window, kCountOrZero,
                      "Positions of a window, within which they see each other; 0 = all are one."),
             optional("causal", &T::causal, "Whether a position sees only those before it.")},
            {}};
  }
};

template <>
struct TableOf<TransformerLayer> {
  static Table<TransformerLayer> make() {
    using T = TransformerLayer;
    return {{required("width", &T::width, kCount, "Width of the residual stream."),
             required("heads", &T::heads, kCount, "Attention heads."),
             optional("kv_heads", &T::kv_heads, kCountOrZero, "Of keys and values; 0 = as many."),
             optional("head_dim", &T::head_dim, kCountOrZero, "Width of a head; 0 = width / heads."),
             required("ffn_hidden", &T::ffn_hidden, kCountOrZero,
                      "Width inside the feed-forward block; 0 = none."),
             optional("mlp", &T::mlp, "gelu: two matrices, swiglu: three."),
             optional("norm", &T::norm, "Normalisation before each block."),
             optional("bias", &T::bias, "Whether linear layers add biases."),
             optional("qkv_bias", &T::qkv_bias, "Whether those of queries, keys and values do too."),
             optional("causal", &T::causal, "Whether a position sees only those before it."),
             optional("window", &T::window, kCountOrZero,
                      "Positions of a window, within which they see each other; 0 = all are one."),
             optional("memory", &T::memory, kCountOrZero,
                      "Positions that it attends to besides (cross attention); 0 = none."),
             optional("memory_width", &T::memory_width, kCountOrZero, "Their width; 0 = the same.")},
            {}};
  }
};

template <>
struct TableOf<EmbeddingLayer> {
  static Table<EmbeddingLayer> make() {
    using T = EmbeddingLayer;
    return {{required("entries", &T::entries, {.min = 1, .max = 1e13, .whole = true}, "Rows of the tables."),
             required("width", &T::width, kCount, "Width of a row."),
             optional("pooled", &T::pooled, kCountOrZero,
                      "Vectors of a sample that are left once rows are summed; 0 = all."),
             optional("shared_out", &T::shared_out,
                      "Whether ranks share the tables out, and send each other what they look up.")},
            {}};
  }
};

template <>
struct TableOf<ProductLayer> {
  static Table<ProductLayer> make() {
    using T = ProductLayer;
    return {{optional("m", &T::m, kCount, "Rows."), optional("n", &T::n, kCount, "Columns."),
             optional("k", &T::k, kCount, "Inner dimension."),
             optional("count", &T::count, kCount, "Products at each position.")},
            {}};
  }
};

template <>
struct TableOf<CopyLayer> {
  static Table<CopyLayer> make() {
    using T = CopyLayer;
    return {{required("width", &T::width, kCount, "Channels."),
             optional("passes", &T::passes, kCount, "Times that they are read or written.")},
            {}};
  }
};

template <>
struct TableOf<ParametersLayer> {
  static Table<ParametersLayer> make() {
    return {{required("count", &ParametersLayer::count, kCount, "Weights that no other layer counts.")}, {}};
  }
};

template <>
struct TableOf<LossLayer> {
  static Table<LossLayer> make() { return {{required("width", &LossLayer::width, kCount, "Classes.")}, {}}; }
};

template <>
struct TableOf<NetworkLayer> {
  static Table<NetworkLayer> make() {
    using T = NetworkLayer;
    Table<T> made{
        {
            kind_field<T>({"linear", "convolution", "norm", "activation", "add", "attention", "transformer",
                           "embedding", "product", "copy", "parameters", "loss"},
                          &T::kind, "What the layer does."),
            optional("size", &T::size, kCount, "Sides of its own grid of positions."),
            optional("repeat", &T::repeat, kCount, "Layers like it, one after the other."),
        },
        [](Reader& reader, const Node& node, const T& layer) {
          check_size(reader, node, layer, false);
          if (const auto* c = std::get_if<ConvolutionLayer>(&layer.op))
            if (c->in % c->groups != 0 || c->out % c->groups != 0)
              reader.problem_in(
                  node, "groups",
                  fmt::format("must divide the channels {} and {}, found {}", c->in, c->out, c->groups));
          if (const auto* t = std::get_if<TransformerLayer>(&layer.op))
            if (t->head_dim == 0 && t->width % t->heads != 0)
              reader.problem_in(node, "heads",
                                fmt::format("must divide the width {}, found {}", t->width, t->heads));
        }};
    add_alternative<LinearLayer>(made, "linear", &T::op);
    add_alternative<ConvolutionLayer>(made, "convolution", &T::op);
    add_alternative<NormLayer>(made, "norm", &T::op);
    add_alternative<ActivationLayer>(made, "activation", &T::op);
    add_alternative<AddLayer>(made, "add", &T::op);
    add_alternative<AttentionLayer>(made, "attention", &T::op);
    add_alternative<TransformerLayer>(made, "transformer", &T::op);
    add_alternative<EmbeddingLayer>(made, "embedding", &T::op);
    add_alternative<ProductLayer>(made, "product", &T::op);
    add_alternative<CopyLayer>(made, "copy", &T::op);
    add_alternative<ParametersLayer>(made, "parameters", &T::op);
    add_alternative<LossLayer>(made, "loss", &T::op);
    return made;
  }
};

template <>
struct TableOf<NetworkBlock> {
  static Table<NetworkBlock> make() {
    using T = NetworkBlock;
    return {{
                required("name", &T::name, "Name for people."),
                optional("repeat", &T::repeat, {.min = 1, .max = 1e4, .whole = true},
                         "Blocks like it, one after the other."),
                optional("passes", &T::passes, {.min = 1, .max = 1e4, .whole = true},
                         "Times that it runs in a forward pass, with the same weights."),
                optional("frozen", &T::frozen, "Whether it only runs forward, without gradients."),
                required("size", &T::size, kCount,
                         "Sides of the grid of positions that its layers run at, such as [56, 56]."),
                required("layers", &T::layers, "Its layers."),
            },
            [](Reader& reader, const Node& node, const T& block) { check_size(reader, node, block, true); }};
  }
};

Table<NetworkDescription> TableOf<NetworkDescription>::make() {
  using T = NetworkDescription;
  return {{
              required("sample", &T::sample, "What one sample is."),
              required("blocks", &T::blocks, "Blocks, in the order of the forward pass."),
          },
          {}};
}

}  // namespace aifsim::catalog
