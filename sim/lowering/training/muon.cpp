#include "lowering/training/muon.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

struct Matrices {
  Matrix one;
  std::int64_t count = 0;
};

std::vector<Matrices> shared_by_all(const ModelShare& m, const StageContent& c) {
  std::vector<Matrices> all;
  const auto add = [&](LayerKind kind, std::int64_t layers) {
    if (layers > 0)
      for (const Matrix& one : token_matrices(m, kind)) all.push_back({one, layers});
  };
  add(LayerKind::dense, c.dense);
  add(LayerKind::expert, c.expert);
  if (c.expert > 0) all.push_back({router_matrix(m), c.expert});
  return all;
}

std::vector<Matrices> of_experts(const ModelShare& m, const StageContent& c) {
  std::vector<Matrices> all;
  if (c.expert > 0)
    for (const Matrix& one : expert_matrices(m)) all.push_back({one, c.expert * m.local_experts});
  return all;
}

double elements(const std::vector<Matrices>& all) {
  double sum = 0;
  for (const Matrices& k : all) sum += static_cast<double>(k.one.elements() * k.count);
  return sum;
}

// Those of the busiest of so many ranks.
std::vector<Matrices> dealt(std::vector<Matrices> all, std::int64_t ranks) {
  std::stable_sort(all.begin(), all.end(),
                   [](const Matrices& a, const Matrices& b) { return a.one.elements() > b.one.elements(); });
  std::int64_t before = 0;
  for (Matrices& k : all) {
    const std::int64_t until = before + k.count;
    k.count = (until + ranks - 1) / ranks - (before + ranks - 1) / ranks;
    before = until;
  }
  return all;
}

void iterate(Emitter& out, const Matrix& one, Dtype dtype) {
  const std::int64_t r = std::min(one.n, one.k), c = std::max(one.n, one.k);
  const double added = bytes_of(dtype) * static_cast<double>(r * r + r * c);  // what a product is added to
  out.run(std::vector<Kernel>{product(r, r, c, dtype), product(r, r, r, dtype), product(r, c, r, dtype),
                              stream(StreamKind::add, added)},
          "orthogonalise");
}

}  // namespace

std::optional<double> dealt_out(const ModelShare& m, const TrainingDescription& t, const Layout& layout,
                                const StageContent& content) {
  if (t.sharding == Sharding::zero3 || t.sharding == Sharding::hsdp) return std::nullopt;
  return elements(dealt(shared_by_all(m, content), layout.state_shards)) +
         elements(dealt(of_experts(m, content), layout.state_shared() ? layout.expert_copies : 1));
}

void orthogonalise(Emitter& out, const ModelShare& m, const TrainingDescription& t, const Layout& layout,
                   const StageContent& content) {
  const Dtype dtype = storage_of(t.precision);
  const bool cut = t.sharding == Sharding::zero3 || t.sharding == Sharding::hsdp;
  const auto part = [&](const std::vector<Matrices>& all, std::int64_t ranks, StreamIndex stream,
                        GroupIndex group, const char* what) {
    if (all.empty()) return;
    const auto exchange = [&] {
      if (!cut) return;
      out.after(stream, compute);
      out.collective(stream, group, CollectiveKind::all_to_all,
                     bytes_of(dtype) * elements(all) / static_cast<double>(ranks), what);
      out.after(compute, stream);
    };
    exchange();
    for (const Matrices& k : dealt(all, ranks)) out.repeat(k.count * 5, [&] { iterate(out, k.one, dtype); });
    exchange();
  };
  part(shared_by_all(m, content), layout.state_shards, shard, shard_group, "matrices exchanged");
  // Full sharding calls its experts' groups from the stream of all gathers.
  part(of_experts(m, content), layout.state_shared() ? layout.expert_copies : 1,
       layout.parameters_sharded ? shard : expert_shard, expert_copies, "experts' matrices exchanged");
}

}  // namespace aifsim
