// A layer: norm, attention, sum, norm, feed-forward block or experts, sum. Bytes of the passes bound by memory are
// counted as reads plus writes of whole activations in eager mode, with biases fused into the products.
#include <iterator>

#include "lowering/training/part.hpp"
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
  append(parts, {norm}, attention_forward(m, t, casts), gathered, overlaps);
  if (kind == LayerKind::dense)
    append(parts, {add, norm}, feed_forward(m, t, casts), gathered, overlaps);
  else
    append(parts, {add, norm}, as_moved(experts_forward(m, t, casts), m.degrees.expert_passes), {}, false);
  parts.push_back({{add}});
  return as_moved(std::move(parts), m.degrees.elementwise);
}

std::vector<Part> layer_backward(const ModelShare& m, const TrainingDescription& t, const Backward& what,
                                 LayerKind kind) {
  const PassShape shape(m, t);
  const auto gathered = what.inputs ? input_of_column_product(m, shape) : std::vector<Exchange>{};
  const bool overlaps = m.degrees.overlaps_tensor && m.degrees.sequence_parallel;
  const std::vector<Kernel> norm{stream(StreamKind::norm, 4 * shape.own_row),
                                 stream(StreamKind::add, 3 * shape.own_row)};
  std::vector<Part> parts;
  if (kind == LayerKind::dense)
    append(parts, {}, feed_backward(m, t, what), gathered, overlaps);
  else
    append(parts, {}, as_moved(experts_backward(m, t, what), m.degrees.expert_passes), {}, false);
  append(parts, what.inputs ? norm : std::vector<Kernel>{}, attention_backward(m, t, what), gathered,
         overlaps);
  if (what.inputs) parts.push_back({norm});
  return as_moved(std::move(parts), m.degrees.elementwise);
}

}  // namespace aifsim
