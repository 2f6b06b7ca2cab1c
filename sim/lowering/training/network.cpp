#include "lowering/training/network.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::int64_t count_of(const std::vector<double>& sides) {
  return std::llround(std::accumulate(sides.begin(), sides.end(), 1.0, std::multiplies<>()));
}

std::int64_t or_else(std::int64_t value, std::int64_t otherwise) { return value > 0 ? value : otherwise; }

void expand(const TransformerLayer& t, std::int64_t positions, std::int64_t times,
            std::vector<NetworkStep>& into) {
  const std::int64_t head_dim = or_else(t.head_dim, t.width / t.heads),
                     kv_heads = or_else(t.kv_heads, t.heads);
  const std::int64_t inner = t.heads * head_dim, kv = 2 * kv_heads * head_dim;
  const NormLayer norm{t.width, t.norm == NormKind::layer_norm ? 2 : t.norm == NormKind::rms_norm ? 1 : 0};
  const auto add = [&](NetworkOp op, std::int64_t at) { into.push_back({std::move(op), at, times}); };
  add(norm, positions);
  add(LinearLayer{t.width, inner + kv, 1, t.bias && t.qkv_bias}, positions);
  add(AttentionLayer{t.heads, kv_heads, head_dim, 0, t.window, t.causal}, positions);
  add(LinearLayer{inner, t.width, 1, t.bias}, positions);
  add(AddLayer{t.width}, positions);
  if (t.memory > 0) {
    add(norm, positions);
    add(LinearLayer{t.width, inner, 1, t.bias && t.qkv_bias}, positions);
    add(LinearLayer{or_else(t.memory_width, t.width), kv, 1, t.bias && t.qkv_bias}, t.memory);
    add(AttentionLayer{t.heads, kv_heads, head_dim, t.memory, 0, false}, positions);
    add(LinearLayer{inner, t.width, 1, t.bias}, positions);
    add(AddLayer{t.width}, positions);
  }
  if (t.ffn_hidden == 0) return;
  const bool gated = t.mlp == Mlp::swiglu;
  add(norm, positions);
  add(LinearLayer{t.width, (gated ? 2 : 1) * t.ffn_hidden, 1, t.bias}, positions);
  add(ActivationLayer{t.ffn_hidden, gated}, positions);
  add(LinearLayer{t.ffn_hidden, t.width, 1, t.bias}, positions);
  add(AddLayer{t.width}, positions);
}

struct Window {
  explicit Window(const ConvolutionLayer& c)
      : taps(count_of(c.kernel)),
        skipped(std::llround(std::pow(static_cast<double>(c.stride), static_cast<double>(c.kernel.size())))),
        in(c.in / c.groups),
        out(c.out / c.groups) {}
  std::int64_t taps, skipped;  // positions of the input in the window; per position of the output
  std::int64_t in, out;        // channels of a group
  bool depthwise() const { return in == 1 && out == 1; }
};

// Its rows in memory: of the larger grid and of the smaller one, which `positions` count.
std::int64_t large_rows(std::int64_t rows, const Window& w) { return rows * w.skipped; }

// The product that a convolution is from the grid of its input to that of its output, or back.
Kernel windows(std::int64_t rows, std::int64_t out, std::int64_t in, double depth, double reuse,
               std::int64_t groups, Dtype dtype) {
  const auto k = std::max<std::int64_t>(1, std::llround(static_cast<double>(in) * depth));
  return {Gemm{rows, out, k, groups, kernel_dtype(dtype), false, std::max(1.0, reuse)}, 1};
}

// Products of a forward pass, of the gradient of its input, and of that of its weights.
struct Convolution {
  Convolution(const ConvolutionLayer& c, std::int64_t rows, Dtype d) {
    const Window w(c);
    const double taps = static_cast<double>(w.taps), thinned = taps / static_cast<double>(w.skipped);
    down =
        windows(rows, c.transposed ? w.in : w.out, c.transposed ? w.out : w.in, taps, thinned, c.groups, d);
    up = windows(large_rows(rows, w), c.transposed ? w.out : w.in, c.transposed ? w.in : w.out, thinned, taps,
                 c.groups, d);
    weights = {Gemm{(c.transposed ? w.out : w.in) * w.taps, c.transposed ? w.in : w.out, rows, c.groups,
                    kernel_dtype(d), false, std::max(1.0, thinned)},
               1};
    depthwise = w.depthwise();
    const std::int64_t large = large_rows(rows, w);
    traffic = bytes_of(d) * static_cast<double>((c.transposed ? rows : large) * c.in +
                                                (c.transposed ? large : rows) * c.out);
    input = bytes_of(d) * static_cast<double>((c.transposed ? rows : large) * c.in);
    transposed = c.transposed;
  }
  Kernel forward() const {
    return depthwise ? stream(StreamKind::activation, traffic) : transposed ? up : down;
  }
  Kernel inputs() const {
    return depthwise ? stream(StreamKind::activation, traffic) : transposed ? down : up;
  }
  Kernel weight() const { return depthwise ? stream(StreamKind::activation, traffic) : weights; }
  Kernel down, up, weights;
  double traffic, input;  // bytes
  bool depthwise, transposed;
};

Kernel attention(const AttentionLayer& a, std::int64_t positions, const TrainingDescription& t, Pass pass) {
  Attention op;
  const std::int64_t window = or_else(std::min(a.window, positions), positions);
  op.batch = t.micro_batch * std::max<std::int64_t>(1, positions / window);
  op.heads = a.heads;
  op.kv_heads = or_else(a.kv_heads, a.heads);
  op.head_dim = a.head_dim;
  op.seq_q = window;
  op.seq_kv = or_else(a.keys, window);
  op.causal = a.causal;
  op.kernel = t.attention;
  op.pass = pass;
  op.dtype = storage_of(t.precision);
  return {op, 1};
}

Kernel activations_product(const ProductLayer& p, std::int64_t rows, Dtype d) {
  return {Gemm{p.m, p.n, p.k, rows * p.count, kernel_dtype(d)}, 1};
}

// One layer for a micro-batch.
class LayerWork {
 public:
  LayerWork(const NetworkStep& step, const TrainingDescription& t)
      : step_(step), t_(t), rows_(t.micro_batch * step.positions), dtype_(storage_of(t.precision)) {}

  Part forward(const Casts& casts) const {
    Part part;
    std::vector<Kernel>& k = part.kernels;
    std::visit(
        Overloaded{
            [&](const LinearLayer& l) { forward_product(k, linear(l), t_, casts); },
            [&](const ConvolutionLayer& c) { k.push_back(Convolution(c, rows_, dtype_).forward()); },
            [&](const NormLayer& n) { k.push_back(stream(StreamKind::norm, 2 * bytes(n.width))); },
            [&](const ActivationLayer& a) {
              k.push_back(stream(StreamKind::activation, (a.gated ? 3 : 2) * bytes(a.width)));
            },
            [&](const AddLayer& a) { k.push_back(stream(StreamKind::add, 3 * bytes(a.width))); },
            [&](const AttentionLayer& a) { k.push_back(attention(a, step_.positions, t_, Pass::forward)); },
            [&](const TransformerLayer&) {},
            [&](const EmbeddingLayer& e) {
              k.push_back(stream(StreamKind::embedding, bytes(e.width) + pooled_bytes(e)));
              if (e.shared_out)
                part.exchanges = {{Among::expert, CollectiveKind::all_to_all, pooled_bytes(e)}};
            },
            [&](const ProductLayer& p) { k.push_back(activations_product(p, rows_, dtype_)); },
            [&](const CopyLayer& c) { k.push_back(copy(c)); },
            [&](const ParametersLayer&) {},
            [&](const LossLayer& l) { k.push_back(loss(l)); },
        },
        step_.op);
    return part;
  }

  Part backward() const {
    Part part;
    std::vector<Kernel>& k = part.kernels;
    std::visit(Overloaded{
                   [&](const LinearLayer& l) {
                     cast_gradient(k, linear(l), t_);
                     input_gradient(k, linear(l), t_);
                     weight_gradient(k, linear(l), t_);
                   },
                   [&](const ConvolutionLayer& c) {
                     const Convolution all(c, rows_, dtype_);
                     k.push_back(all.inputs());
                     k.push_back(all.weight());
                   },
                   [&](const NormLayer& n) { k.push_back(stream(StreamKind::norm, 4 * bytes(n.width))); },
                   [&](const ActivationLayer& a) {
                     k.push_back(stream(StreamKind::activation, (a.gated ? 5 : 3) * bytes(a.width)));
                   },
                   [&](const AddLayer& a) { k.push_back(stream(StreamKind::add, 3 * bytes(a.width))); },
                   [&](const AttentionLayer& a) {
                     if (recomputes(t_, RecomputeModule::core_attn) && t_.attention == AttentionKernel::plain)
                       k.push_back(attention(a, step_.positions, t_, Pass::forward));
                     k.push_back(attention(a, step_.positions, t_, Pass::backward));
                   },
                   [&](const TransformerLayer&) {},
                   [&](const EmbeddingLayer& e) { k.push_back(embedding_backward(e)); },
                   [&](const ProductLayer& p) {
                     k.push_back(activations_product({p.m, p.k, p.n, p.count}, rows_, dtype_));
                     k.push_back(activations_product({p.k, p.n, p.m, p.count}, rows_, dtype_));
                   },
                   [&](const CopyLayer& c) { k.push_back(copy(c)); },
                   [&](const ParametersLayer&) {},
                   [&](const LossLayer& l) { k.push_back(loss(l)); },
               },
               step_.op);
    return part;
  }

  // Of its gradients, which come from the ranks that looked up.
  std::vector<Exchange> before_backward() const {
    const auto* e = std::get_if<EmbeddingLayer>(&step_.op);
    if (!e || !e->shared_out) return {};
    return {{Among::expert, CollectiveKind::all_to_all, pooled_bytes(*e)}};
  }

  // Bytes of its input.
  double kept() const {
    const double narrow = quantises(t_.precision) ? quantised_bytes(t_.precision) : bytes_of(dtype_);
    return std::visit(
        Overloaded{
            [&](const LinearLayer& l) { return narrow * static_cast<double>(rows_ * l.in); },
            [&](const ConvolutionLayer& c) { return Convolution(c, rows_, dtype_).input; },
            [&](const NormLayer& n) { return bytes(n.width); },
            [&](const ActivationLayer& a) { return (a.gated ? 2 : 1) * bytes(a.width); },
            [&](const AddLayer&) { return 0.0; },
            [&](const AttentionLayer& a) { return attention_kept(a); },
            [&](const TransformerLayer&) { return 0.0; },
            [&](const EmbeddingLayer&) { return 8 * static_cast<double>(rows_); },  // indices
            [&](const ProductLayer& p) {
              return bytes_of(dtype_) * static_cast<double>(rows_ * p.count * p.k) *
                     static_cast<double>(p.m + p.n);
            },
            [&](const CopyLayer&) { return 0.0; },
            [&](const ParametersLayer&) { return 0.0; },
            [&](const LossLayer& l) { return (bytes_of(dtype_) + 4) * static_cast<double>(rows_ * l.width); },
        },
        step_.op);
  }

 private:
  double bytes(std::int64_t width) const { return bytes_of(dtype_) * static_cast<double>(rows_ * width); }
  double pooled_bytes(const EmbeddingLayer& e) const {
    return bytes_of(dtype_) *
           static_cast<double>(t_.micro_batch * or_else(e.pooled, step_.positions) * e.width);
  }
  Linear linear(const LinearLayer& l) const { return {rows_, {l.out, l.in}, l.count}; }
  Kernel copy(const CopyLayer& c) const {
    return stream(StreamKind::copy, static_cast<double>(c.passes) * bytes(c.width));
  }
  Kernel loss(const LossLayer& l) const {
    return stream(StreamKind::cross_entropy,
                  static_cast<double>(rows_ * l.width) * (bytes_of(dtype_) + 4 + 4));
  }
  // A table's gradient is dense, as one of words is; of tables that are shared out, rows and the state of their
  // optimizer are read and written in fp32.
  Kernel embedding_backward(const EmbeddingLayer& e) const {
    const double rows = static_cast<double>(rows_ * e.width);
    if (e.shared_out) return stream(StreamKind::embedding, (bytes_of(dtype_) + 4 * 4) * rows);
    return stream(
        StreamKind::embedding,
        bytes_of(dtype_) * (static_cast<double>(e.entries) * static_cast<double>(e.width) + 2 * rows));
  }
  double attention_kept(const AttentionLayer& a) const {
    const double e = bytes_of(dtype_),
                 kv = static_cast<double>(2 * or_else(a.kv_heads, a.heads) * a.head_dim);
    const std::int64_t keys = a.keys > 0 ? t_.micro_batch * a.keys : rows_;
    double all = e * (static_cast<double>(rows_ * a.heads * a.head_dim) + static_cast<double>(keys) * kv);
    if (t_.attention == AttentionKernel::plain && !recomputes(t_, RecomputeModule::core_attn))
      all += 2 * e * static_cast<double>(rows_ * a.heads) *
             static_cast<double>(or_else(a.keys, or_else(a.window, step_.positions)));
    return all;
  }

  const NetworkStep& step_;
  const TrainingDescription& t_;
  std::int64_t rows_;
  Dtype dtype_;
};

double parameters_of_layer(const NetworkOp& op) {
  return std::visit(
      Overloaded{
          [](const LinearLayer& l) {
            return l.tied ? 0 : static_cast<double>(l.count * (l.in * l.out + (l.bias ? l.out : 0)));
          },
          [](const ConvolutionLayer& c) {
            const Window w(c);
            return static_cast<double>(c.out * w.in * w.taps + (c.bias ? c.out : 0));
          },
          [](const NormLayer& n) { return static_cast<double>(n.parameters * n.width); },
          [](const EmbeddingLayer& e) {
            return e.shared_out ? 0 : static_cast<double>(e.entries) * static_cast<double>(e.width);
          },
          [](const ParametersLayer& p) { return static_cast<double>(p.count); },
          [](const auto&) { return 0.0; },
      },
      op);
}

double flops_of_layer(const NetworkStep& step) {
  const double positions = static_cast<double>(step.positions);
  return std::visit(
      Overloaded{
          [&](const LinearLayer& l) { return 2 * positions * static_cast<double>(l.count * l.in * l.out); },
          [&](const ConvolutionLayer& c) {
            const Window w(c);
            return 2 * positions * static_cast<double>(c.out * w.in * w.taps);
          },
          [&](const AttentionLayer& a) {
            const auto keys = static_cast<double>(or_else(a.keys, or_else(a.window, step.positions)));
            return 4 * positions * keys * static_cast<double>(a.heads * a.head_dim);
          },
          [&](const ProductLayer& p) {
            return 2 * positions * static_cast<double>(p.count * p.m * p.n * p.k);
          },
          [](const auto&) { return 0.0; },
      },
      step.op);
}

void append(std::vector<Part>& into, Part part, std::int64_t times) {
  for (std::int64_t i = 0; i < times; ++i) {
    if (into.empty() || !into.back().exchanges.empty())
      into.push_back(part);
    else {
      into.back().kernels.insert(into.back().kernels.end(), part.kernels.begin(), part.kernels.end());
      into.back().exchanges = part.exchanges;
    }
  }
}

}  // namespace

std::vector<NetworkStep> steps_of(const NetworkBlock& block) {
  std::vector<NetworkStep> steps;
  for (const NetworkLayer& layer : block.layers) {
    const std::int64_t positions = count_of(layer.size.empty() ? block.size : layer.size);
    if (const auto* t = std::get_if<TransformerLayer>(&layer.op))
      expand(*t, positions, layer.repeat, steps);
    else
      steps.push_back({layer.op, positions, layer.repeat});
  }
  return steps;
}

BlockSize size_of(const NetworkBlock& block) {
  BlockSize size;
  for (const NetworkStep& step : steps_of(block)) {
    const double times = static_cast<double>(step.times);
    size.parameters += times * parameters_of_layer(step.op);
    size.flops += times * static_cast<double>(block.passes) * flops_of_layer(step);
    if (const auto* l = std::get_if<LinearLayer>(&step.op))
      size.matrices += times * static_cast<double>(l->count * l->in * l->out);
    if (const auto* e = std::get_if<EmbeddingLayer>(&step.op); e && e->shared_out) {
      size.table_rows += times * static_cast<double>(e->entries);
      size.tables += times * static_cast<double>(e->entries) * static_cast<double>(e->width);
    }
  }
  return size;
}

double parameters_of(const NetworkDescription& network) {
  double sum = 0;
  for (const NetworkBlock& block : network.blocks) {
    const BlockSize size = size_of(block);
    sum += static_cast<double>(block.repeat) * (size.parameters + size.tables);
  }
  return sum;
}

Flops forward_flops(const NetworkDescription& network) {
  Flops sum;
  for (const NetworkBlock& block : network.blocks)
    sum += Flops{static_cast<double>(block.repeat) * size_of(block).flops};
  return sum;
}

Flops training_flops(const NetworkDescription& network) {
  Flops sum;
  for (const NetworkBlock& block : network.blocks)
    sum += Flops{(block.frozen ? 1 : 3) * static_cast<double>(block.repeat) * size_of(block).flops};
  return sum;
}

std::int64_t blocks_of(const NetworkDescription& network) {
  std::int64_t sum = 0;
  for (const NetworkBlock& block : network.blocks) sum += block.repeat;
  return sum;
}

bool shares_tables_out(const NetworkDescription& network) {
  return std::any_of(network.blocks.begin(), network.blocks.end(),
                     [](const NetworkBlock& block) { return size_of(block).tables > 0; });
}

std::vector<Part> block_forward(const NetworkBlock& block, const TrainingDescription& t, const Casts& casts) {
  std::vector<Part> parts;
  const std::vector<NetworkStep> steps = steps_of(block);
  for (std::int64_t pass = 0; pass < block.passes; ++pass)
    for (const NetworkStep& step : steps) append(parts, LayerWork(step, t).forward(casts), step.times);
  return parts;
}

std::vector<Part> block_backward(const NetworkBlock& block, const TrainingDescription& t) {
  std::vector<Part> parts;
  const std::vector<NetworkStep> steps = steps_of(block);
  for (std::int64_t pass = 0; pass < block.passes; ++pass)
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      const LayerWork work(*step, t);
      for (std::int64_t i = 0; i < step->times; ++i) {
        if (const auto exchanges = work.before_backward(); !exchanges.empty())
          append(parts, {{}, exchanges}, 1);
        append(parts, work.backward(), 1);
      }
    }
  return parts;
}

Bytes kept_of_block(const NetworkBlock& block, const TrainingDescription& t, const StackDescription& stack,
                    bool recomputed) {
  if (block.frozen) return {};
  const std::vector<NetworkStep> steps = steps_of(block);
  double sum = 0;
  for (const NetworkStep& step : steps) {
    const double kept = LayerWork(step, t).kept();
    if (recomputed && kept > 0) {
      sum = kept;
      break;
    }
    sum += static_cast<double>(step.times) * kept;
  }
  return Bytes{std::round(stack.allocated_per_held * static_cast<double>(block.passes) * sum)};
}

}  // namespace aifsim
