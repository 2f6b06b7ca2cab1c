#include "kernels/price_cache.hpp"

#include <bit>
#include <cstdint>

namespace aifsim {
namespace {

// Each field turns and multiplies what came before it (FNV's prime); sizes are mostly small or round, so the
// high half is folded in at the end.
class Mixer {
 public:
  template <class... Numbers>
  explicit Mixer(Numbers... numbers) {
    (add(static_cast<std::uint64_t>(numbers)), ...);
  }
  std::size_t value() const { return hash_ ^ (hash_ >> 32); }

 private:
  void add(std::uint64_t number) { hash_ = (std::rotl(hash_, 23) ^ number) * 1099511628211ULL; }
  std::uint64_t hash_ = 14695981039346656037ULL;
};

// Fields that mostly differ are enough: equality looks at all of them.
struct Hash {
  std::size_t operator()(const Gemm& g) const { return Mixer(g.m, g.n, g.k, g.batch, g.dtype).value(); }
  std::size_t operator()(const Attention& a) const {
    return Mixer(a.batch, a.heads, a.kv_heads, a.head_dim, a.seq_q, a.seq_kv, a.pass, a.dtype).value();
  }
  std::size_t operator()(const AttentionDecode& a) const {
    return Mixer(a.batch, a.heads, a.kv_heads, a.head_dim, a.seq_kv, a.dtype).value();
  }
  std::size_t operator()(const ExpertLayer& e) const {
    return Mixer(e.tokens, e.intermediate, e.hidden, e.topk, e.experts, e.tp, e.ep, e.format).value();
  }
  std::size_t operator()(const Streaming& s) const {
    return Mixer(s.kind, std::bit_cast<std::uint64_t>(s.bytes.value)).value();
  }
  std::size_t operator()(const HostTransfer& t) const {
    return Mixer(t.path, std::bit_cast<std::uint64_t>(t.bytes.value)).value();
  }
  std::size_t operator()(const Roofline& r) const {
    return Mixer(std::bit_cast<std::uint64_t>(r.flops.value), std::bit_cast<std::uint64_t>(r.bytes.value))
        .value();
  }
};

}  // namespace

std::size_t KernelOpHash::operator()(const KernelOp& op) const { return std::visit(Hash{}, op); }

}  // namespace aifsim
