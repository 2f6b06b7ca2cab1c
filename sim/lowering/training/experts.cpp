// Experts in place of the feed-forward block: a router sends each token to a few of them, over E ranks that share
// them out.
//
//   pairs        b x own tokens x experts per token, even over the experts of a rank
//   a rank gets  b h e n E (1 - (1 - 1/E)^k) bytes: each token once on each rank that has an expert of it; the exchange
//                takes as long as one in which all get and send as many. By a stack that forwards_tokens fewer cross
//                nodes (collectives/algorithms/forwarded.cpp)
//   an expert    pairs / local experts tokens: a product of its own each, one kernel after the other
//
//   h e  width and bytes of an activation    n  own tokens    k  experts per token
//   b    tokens of the busiest rank over the average (expert_imbalance; 1 as benchmarks force it, and a balancing loss
//        nears), where E > 1. All ranks stand for the busiest, which the others wait for
// The block that all tokens visit runs behind the two exchanges. Source: Megatron-LM's and DeepEP's dispatchers.
// Left out: the sums of that block between tensor-parallel ranks. Recompute: of the activation function (moe_act) or of
// that block (shared_experts) before its own gradients; of all (moe) with both exchanges.
// Assumption: no token is dropped or padded; experts are not split (expert tensor parallelism 1).
#include <algorithm>
#include <cmath>

#include "lowering/training/part.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

struct Routed {
  Routed(const ModelShare& m, const TrainingDescription& t)
      : shape(m, t),
        pairs(std::llround(busiest(m, t) * static_cast<double>(shape.own_tokens * m.experts.per_token))),
        up{std::max<std::int64_t>(1, pairs / m.local_experts),
           {m.mlp_inputs() * m.experts.ffn_hidden, m.hidden},
           m.local_experts},
        down{up.tokens, {m.hidden, m.experts.ffn_hidden}, m.local_experts},
        shared_up{shape.tokens, {m.mlp_inputs() * m.shared_ffn, m.hidden}},
        shared_down{shape.tokens, {m.hidden, m.shared_ffn}} {
    const double ranks = static_cast<double>(m.degrees.expert),
                 visits = static_cast<double>(m.experts.per_token);
    const double e = bytes_of(storage_of(t.precision));
    row_sent = e * static_cast<double>(shape.own_tokens * m.experts.per_token * m.hidden);
    row_pairs = e * static_cast<double>(pairs * m.hidden);
    wide_pairs = e * static_cast<double>(pairs * m.experts.ffn_hidden);
    wide_shared = e * static_cast<double>(shape.tokens * m.shared_ffn);
    if (m.degrees.expert > 1)
      exchange = {{Among::expert, CollectiveKind::all_to_all,
                   busiest(m, t) * shape.own_row * ranks * (1 - std::pow(1 - 1 / ranks, visits)), visits}};
    logits = 4 * static_cast<double>(shape.own_tokens * m.experts.count);
  }

  PassShape shape;
  std::int64_t pairs;  // of tokens that the rank gets, and experts
  Linear up, down, shared_up, shared_down;
  double row_sent, row_pairs, wide_pairs, wide_shared, logits;  // bytes
  std::vector<Exchange> exchange;
};

Kernel router(const ModelShare& m, const TrainingDescription& t, std::int64_t tokens) {
  return product(tokens, m.experts.count, m.hidden, storage_of(t.precision));
}

}  // namespace

double busiest(const ModelShare& m, const TrainingDescription& t) {
  return m.degrees.expert > 1 ? t.expert_imbalance : 1;
}

std::vector<Part> experts_forward(const ModelShare& m, const TrainingDescription& t, const Casts& casts) {
  const Routed r(m, t);
  const double gates = static_cast<double>(m.mlp_inputs());
  Part route{{router(m, t, r.shape.own_tokens), stream(StreamKind::softmax, 2 * r.logits),
              stream(StreamKind::copy, r.row_sent + r.shape.own_row)},
             r.exchange};
  Part compute{{stream(StreamKind::copy, 2 * r.row_pairs)}, r.exchange};
  forward_product(compute.kernels, r.up, t, casts);
  compute.kernels.push_back(stream(StreamKind::activation, (gates + 1) * r.wide_pairs));
  forward_product(compute.kernels, r.down, t, casts);
  if (m.shared_ffn > 0) {
    forward_product(route.overlapped, r.shared_up, t, casts);
    route.overlapped.push_back(stream(StreamKind::activation, (gates + 1) * r.wide_shared));
    forward_product(compute.overlapped, r.shared_down, t, casts);
  }
  return {route, compute, {{stream(StreamKind::add, r.row_sent + 2 * r.shape.own_row)}}};
}

std::vector<Part> experts_backward(const ModelShare& m, const TrainingDescription& t, const Backward& what) {
  const Routed r(m, t);
  const double gates = static_cast<double>(m.mlp_inputs());
  std::vector<Part> parts;
  if (what.inputs && recomputes(t, RecomputeModule::moe)) parts = experts_forward(m, t, {2, 0});
  if (what.inputs) {
    parts.push_back({{stream(StreamKind::copy, 2 * r.row_pairs)}, r.exchange});
    if (m.shared_ffn > 0) {
      if (recomputes(t, RecomputeModule::shared_experts)) {
        std::vector<Kernel>& beside = parts.back().overlapped;
        forward_product(beside, r.shared_up, t, {0, 0});
        beside.push_back(stream(StreamKind::activation, (gates + 1) * r.wide_shared));
        cast(beside, r.shape.tokens, m.shared_ffn, 1, t.precision);
      }
      input_gradient(parts.back().overlapped, r.shared_down, t);
      parts.back().overlapped.push_back(stream(StreamKind::activation, (2 * gates + 1) * r.wide_shared));
      input_gradient(parts.back().overlapped, r.shared_up, t);
    }
  }
  Part compute;
  if (what.inputs && recomputes(t, RecomputeModule::moe_act)) {
    compute.kernels.push_back(stream(StreamKind::activation, (gates + 1) * r.wide_pairs));
    cast(compute.kernels, r.pairs, m.experts.ffn_hidden, 1, t.precision);
  }
  if (what.inputs) {
    cast_gradient(compute.kernels, r.down, t);
    input_gradient(compute.kernels, r.down, t);
  }
  if (what.weights) weight_gradient(compute.kernels, r.down, t);
  if (what.inputs) {
    compute.kernels.push_back(stream(StreamKind::activation, (2 * gates + 1) * r.wide_pairs));
    cast_gradient(compute.kernels, r.up, t);
    input_gradient(compute.kernels, r.up, t);
    compute.exchanges = r.exchange;
  }
  if (what.weights) {
    if (m.shared_ffn > 0) {
      weight_gradient(compute.overlapped, r.shared_up, t);
      weight_gradient(compute.overlapped, r.shared_down, t);
    }
    weight_gradient(compute.kernels, r.up, t);
  }
  parts.push_back(std::move(compute));
  Part rest;
  if (what.inputs) {
    rest.kernels.push_back(stream(StreamKind::add, r.row_sent + 2 * r.shape.own_row));
    rest.kernels.push_back(product(r.shape.own_tokens, m.hidden, m.experts.count, storage_of(t.precision)));
  }
  if (what.weights && t.lora_rank == 0)
    rest.kernels.push_back(product(m.experts.count, m.hidden, r.shape.own_tokens, storage_of(t.precision)));
  parts.push_back(std::move(rest));
  return parts;
}

}  // namespace aifsim
