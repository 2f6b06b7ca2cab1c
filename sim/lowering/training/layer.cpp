// A layer: norm, attention, sum, norm, feed-forward block or experts, sum. Bytes of the passes bound by memory are
// counted as reads plus writes of whole activations in eager mode, with biases fused into the products.
#include <iterator>
#include <optional>

#include "lowering/training/part.hpp"
#include "lowering/training/per_op.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

bool is_product(const Kernel& k) { return std::holds_alternative<Gemm>(k.op); }

// Where the stack lets an exchange go on beside the product that needs it or makes it.
void overlap_gather(Part& gathering, Part& next) {
  if (gathering.exchanges.empty() || next.kernels.empty()) return;
  auto end = next.kernels.begin();
  while (end != next.kernels.end() && !is_product(*end)) ++end;
  if (end == next.kernels.end()) return;
  ++end;
  gathering.overlapped.insert(gathering.overlapped.end(), next.kernels.begin(), end);
  next.kernels.erase(next.kernels.begin(), end);
}

void overlap_scatter(Part& part) {
  if (part.exchanges.empty() || part.exchanges.front().kind != CollectiveKind::reduce_scatter ||
      part.exchanges.front().among != Among::tensor || part.kernels.empty() ||
      !is_product(part.kernels.back()))
    return;
  part.overlapped.insert(part.overlapped.begin(), part.kernels.back());
  part.kernels.pop_back();
}

// `before`, then the block, whose first product needs what is gathered.
void append(std::vector<Part>& parts, std::vector<Kernel> before, std::vector<Part> block,
            const std::vector<Exchange>& gathered, bool overlaps) {
  Part first{std::move(before), gathered};
  if (overlaps && !block.empty()) {
    for (Part& part : block) overlap_scatter(part);
    overlap_gather(first, block.front());
  }
  if (!first.kernels.empty() || !first.exchanges.empty()) parts.push_back(std::move(first));
  for (Part& part : block) parts.push_back(std::move(part));
}

// Norms before blocks that stand side by side.
std::vector<Kernel> norms(const ModelShare& m, const Kernel& one) {
  return std::vector<Kernel>(static_cast<std::size_t>(m.norms_per_layer), one);
}

// A block beside the one before: what both sum is summed once, behind the second.
void join(std::vector<Part>& parts, std::vector<Part> second) {
  Part& last = parts.back();
  const bool sums = !last.exchanges.empty() && last.exchanges.front().among == Among::tensor &&
                    last.exchanges.front().kind != CollectiveKind::all_gather;
  if (sums) last.exchanges.clear();
  for (Part& part : second) parts.push_back(std::move(part));
}

// Bytes as the stack's kernels move them.
std::vector<Part> as_moved(std::vector<Part> parts, double factor) {
  if (factor == 1) return parts;
  for (Part& part : parts)
    for (auto* kernels : {&part.kernels, &part.overlapped})
      for (Kernel& k : *kernels)
        if (auto* s = std::get_if<Streaming>(&k.op); s && s->kind != StreamKind::quantise) s->bytes *= factor;
  return parts;
}

}  // namespace

std::vector<Part> layer_forward(const ModelShare& m, const TrainingDescription& t, const Casts& casts,
                                LayerKind kind) {
  const PassShape shape(m, t);
  const auto gathered = input_of_column_product(m, shape);
  const bool overlaps = m.degrees.overlaps_tensor && m.degrees.sequence_parallel;
  const Kernel norm = stream(StreamKind::norm, 2 * shape.own_row),
               add = stream(StreamKind::add, 3 * shape.own_row);
  std::vector<Part> parts;
  if (m.parallel_blocks) {
    append(parts, norms(m, norm), attention_forward(m, t, casts, kind.windowed), gathered, overlaps);
    join(parts, feed_forward(m, t, casts));
    parts.push_back({{stream(StreamKind::add, 4 * shape.own_row)}});
    return as_moved(std::move(parts), m.degrees.elementwise);
  }
  // With four norms, one after each block too, before its sum.
  const std::vector<Kernel> after = m.norms_per_layer > 2 ? std::vector{norm, add} : std::vector{add};
  append(parts, {norm}, attention_forward(m, t, casts, kind.windowed), gathered, overlaps);
  std::vector<Kernel> between = after;
  between.push_back(norm);
  if (!kind.experts)
    append(parts, between, feed_forward(m, t, casts), gathered, overlaps);
  else
    append(parts, between, as_moved(experts_forward(m, t, casts), m.degrees.expert_passes), {}, false);
  parts.push_back({after});
  return as_moved(std::move(parts), m.degrees.elementwise);
}

std::vector<Part> layer_backward(const ModelShare& model, const TrainingDescription& t, const Backward& what,
                                 LayerKind kind) {
  const bool per_op = t.recompute == Recompute::per_op && what.inputs;
  std::optional<ModelShare> keeping;  // from what is computed again until the gradients
  if (per_op) keeping.emplace(model).degrees.keeps_gathered = true;
  const ModelShare& m = keeping ? *keeping : model;
  const PassShape shape(m, t);
  const auto gathered = what.inputs ? input_of_column_product(m, shape) : std::vector<Exchange>{};
  const bool overlaps = m.degrees.overlaps_tensor && m.degrees.sequence_parallel;
  const Kernel back = stream(StreamKind::norm, 4 * shape.own_row);
  const std::vector<Kernel> norm{back, stream(StreamKind::add, 3 * shape.own_row)};
  std::vector<Kernel> again;  // a norm, whose result the block's weights' gradients read
  if (what.inputs && recomputes(t, RecomputeModule::layernorm)) {
    again.push_back(stream(StreamKind::norm, 2 * shape.own_row));
    cast(again, shape.own_tokens, m.hidden, 1, t.precision);
  }
  std::vector<Part> parts;
  if (per_op) parts = again_per_op(model, t);
  if (m.parallel_blocks) {
    append(parts, again, feed_backward(m, t, what), gathered, overlaps);
    join(parts, attention_backward(m, t, what, kind.windowed));
    if (what.inputs) {
      parts.push_back({norms(m, back)});
      parts.back().kernels.push_back(stream(StreamKind::add, 4 * shape.own_row));
    }
    return as_moved(std::move(parts), m.degrees.elementwise);
  }
  std::vector<Kernel> after =
      what.inputs && m.norms_per_layer > 2 ? std::vector{back} : std::vector<Kernel>{};
  after.insert(after.end(), again.begin(), again.end());
  if (!kind.experts)
    append(parts, after, feed_backward(m, t, what), gathered, overlaps);
  else
    append(parts, after, as_moved(experts_backward(m, t, what), m.degrees.expert_passes), {}, false);
  std::vector<Kernel> between = what.inputs ? norm : std::vector<Kernel>{};
  between.insert(between.end(), after.begin(), after.end());
  append(parts, between, attention_backward(m, t, what, kind.windowed), gathered, overlaps);
  if (what.inputs) parts.push_back({norm});
  return as_moved(std::move(parts), m.degrees.elementwise);
}

}  // namespace aifsim
