#include "kernels/describe.hpp"

#include <fmt/format.h>

#include "catalog/words.hpp"

namespace aifsim {
namespace {

struct Line {
  std::string operator()(const Gemm& g) const {
    return fmt::format("gemm {} m{} n{} k{} x{}{}", name_of(g.dtype), g.m, g.n, g.k, g.batch,
                       g.quantised ? " quantised" : "");
  }
  std::string operator()(const Attention& a) const {
    std::string line = fmt::format("attention {} {} b{} h{}/{} d{} q{} kv{}",
                                   a.pass == Pass::forward ? "forward" : "backward", name_of(a.dtype),
                                   a.batch, a.heads, a.kv_heads, a.head_dim, a.seq_q, a.seq_kv);
    if (a.value_dim > 0) line += fmt::format(" v{}", a.value_dim);
    if (a.cached) line += fmt::format(" cached {}", name_of(a.cache_dtype));
    return line;
  }
  std::string operator()(const AttentionDecode& a) const {
    return fmt::format("decode {}/{} b{} h{}/{} d{} kv{}", name_of(a.dtype), name_of(a.cache_dtype), a.batch,
                       a.heads, a.kv_heads, a.head_dim, a.seq_kv) +
           (a.value_dim > 0 ? fmt::format(" v{}", a.value_dim) : "");
  }
  std::string operator()(const ExpertLayer& e) const {
    return fmt::format("experts {} m{} n{} k{} top{}/{} tp{} ep{} skew{}{}", catalog::word_of(e.format),
                       e.tokens, e.intermediate, e.hidden, e.topk, e.experts, e.tp, e.ep, e.skew,
                       e.gated ? "" : " ungated");
  }
  std::string operator()(const Streaming& s) const {
    return fmt::format("{} {} B", catalog::word_of(s.kind), s.bytes.value);
  }
  std::string operator()(const HostTransfer& t) const {
    static constexpr const char* paths[] = {"to device, pinned", "to device, pageable", "to host, pinned",
                                            "to host, pageable", "to peer"};
    return fmt::format("copy {} {} B", paths[static_cast<int>(t.path)], t.bytes.value);
  }
  std::string operator()(const Roofline& r) const {
    return fmt::format("roofline {} FLOP {} B", r.flops.value, r.bytes.value);
  }
};

}  // namespace

std::string describe(const KernelOp& op) { return std::visit(Line{}, op); }

}  // namespace aifsim
