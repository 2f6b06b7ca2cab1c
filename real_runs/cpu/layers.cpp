// Attention and the operations between the products. Buffers are not rotated: in a layer the operation before
// has just written what this one reads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "cpu/bench.hpp"
#include "cpu/ops.hpp"

namespace real_runs::cpu {
namespace {

struct AttentionShape {
  Size batch, heads, head_dim, sequence;
};

std::vector<AttentionShape> attention_shapes(bool full) {
  std::vector<AttentionShape> all;
  for (const Size batch : full ? std::vector<Size>{1, 2, 4, 8} : std::vector<Size>{1, 4})
    for (const Size heads : full ? std::vector<Size>{2, 4, 8, 16} : std::vector<Size>{4, 8})
      for (const Size head_dim : full ? std::vector<Size>{32, 64, 128} : std::vector<Size>{32, 64})
        for (const Size sequence :
             full ? std::vector<Size>{32, 64, 128, 256, 512, 1024} : std::vector<Size>{64, 128, 256})
          if (batch * heads * sequence * sequence <= (16 << 20))
            all.push_back({batch, heads, head_dim, sequence});
  return all;
}

void run_attention(Bench& bench, const AttentionShape& s) {
  const std::string what = std::to_string(s.batch) + " x " + std::to_string(s.heads) + " heads of " +
                           std::to_string(s.head_dim) + ", " + std::to_string(s.sequence) + " tokens";
  const auto n = static_cast<std::size_t>(s.batch * s.heads * s.sequence * s.head_dim);
  const auto square = static_cast<std::size_t>(s.sequence * s.sequence);
  Buffer q(n, 1), k(n, 2), v(n, 3), out(n), dout(n, 4), dq(n), dk(n), dv(n), ds(square);
  Buffer scores(square * static_cast<std::size_t>(s.batch * s.heads));
  const double unmasked = double(s.batch * s.heads) * double(s.sequence) * double(s.sequence) / 2;
  const double tensor = 4.0 * static_cast<double>(n);
  const auto finish = [&](const char* op, const Times& times, double products, double tensors) {
    Row row = bench.row(op);
    row.set("batch", double(s.batch)).set("heads", double(s.heads)).set("kv_heads", double(s.heads));
    row.set("head_dim", double(s.head_dim))
        .set("seq_q", double(s.sequence))
        .set("seq_kv", double(s.sequence));
    row.set("dtype", "fp32").set("flops", products * 2 * unmasked * double(s.head_dim));
    row.set("bytes", tensors * tensor).set("algorithm", "scores in memory");
    bench.print(row, times);
  };
  bench.begin("attention " + what);
  const auto forward = [&] {
    attention(q.data(), k.data(), v.data(), scores.data(), out.data(), s.batch, s.sequence, s.heads,
              s.head_dim);
  };
  finish("attention_forward", bench.time(forward), 2, 4);
  bench.begin("attention backward " + what);
  finish("attention_backward", bench.time([&] {
    attention_backward(q.data(), k.data(), v.data(), scores.data(), dout.data(), ds.data(), dq.data(),
                       dk.data(), dv.data(), s.batch, s.sequence, s.heads, s.head_dim);
  }),
         5, 8);
}

struct LayerCase {
  const char *op, *layer;
  double tensors;  // read and written, of rows * width floats
  std::function<void(Size rows, Size width)> work;
};

}  // namespace

void layer_cases(Bench& bench, bool run) {
  // Rows and widths; enough of them that each operation can be fitted by itself.
  std::vector<std::pair<Size, Size>> sizes;
  for (const Size width : bench.full ? std::vector<Size>{128, 256, 512, 1024, 2048, 4096}
                                     : std::vector<Size>{128, 192, 256, 512, 1024})
    for (const Size rows : bench.full ? std::vector<Size>{16, 64, 128, 256, 512, 1024, 4096}
                                      : std::vector<Size>{64, 128, 256, 512, 1024})
      sizes.emplace_back(rows, width);
  std::vector<std::pair<Size, Size>> of_optimizer = sizes;
  for (Size rows = 1500; rows <= (bench.full ? 24000 : 12000); rows += 1500)
    of_optimizer.emplace_back(rows, 768);
  const std::vector<AttentionShape> shapes = attention_shapes(bench.full);
  constexpr std::size_t kinds = 14;
  if (!run) {
    bench.cases += sizes.size() * (kinds - 1) + of_optimizer.size() + 2 * shapes.size();
    return;
  }
  for (const AttentionShape& s : shapes) run_attention(bench, s);
  const auto most = static_cast<std::size_t>(std::max(
      sizes.back().first * sizes.back().second, of_optimizer.back().first * of_optimizer.back().second));
  Buffer x(most, 1), y(most, 2), z(most, 3), d(most, 4), weight(8192, 5), bias(8192, 6), gradient(8192),
      scale(8192, 7), scratch(most);
  std::vector<std::int32_t> tokens(8192);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::int32_t>(i * 7919 % 61);
  Buffer angles(512 * 64);
  rotary_angles(angles.data(), 512, 64);
  const LayerCase cases[] = {
      {"rmsnorm", "forward", 2,
       [&](Size r, Size w) { rms_norm(x.data(), weight.data(), y.data(), scale.data(), r, w); }},
      {"rmsnorm", "backward", 4,
       [&](Size r, Size w) {
         rms_norm_backward(x.data(), weight.data(), scale.data(), d.data(), y.data(), gradient.data(), r, w);
       }},
      {"layernorm", "forward", 2,
       [&](Size r, Size w) { layer_norm(x.data(), weight.data(), bias.data(), y.data(), r, w); }},
      {"elementwise", "mlp_act", 2, [&](Size r, Size w) { gelu(x.data(), y.data(), r * w); }},
      {"elementwise", "mlp_act", 3,
       [&](Size r, Size w) { gelu_backward(x.data(), d.data(), y.data(), r * w); }},
      {"elementwise", "attn_rope", 2,
       [&](Size r, Size w) { rotary(x.data(), y.data(), angles.data(), r, w / 64, 64, 512); }},
      {"elementwise", "add", 3, [&](Size r, Size w) { add(x.data(), d.data(), y.data(), r * w); }},
      {"elementwise", "add", 3, [&](Size r, Size w) { add(x.data(), d.data(), x.data(), r * w); }},
      {"softmax", "forward", 2, [&](Size r, Size w) { softmax(x.data(), y.data(), r, w); }},
      {"embedding", "forward", 3,
       [&](Size r, Size w) {
         const Size vocabulary = std::min<Size>(61, r);
         for (Size i = 0; i < r; ++i) tokens[std::size_t(i)] = std::int32_t(i * 7919 % vocabulary);
         embedding(x.data(), z.data(), tokens.data(), y.data(), r, r, w);
       }},
      {"embedding", "backward", 3,
       [&](Size r, Size w) { embedding_backward(d.data(), tokens.data(), x.data(), y.data(), r, r, w, r); }},
      {"cross_entropy", "forward", 3,
       [&](Size r, Size w) { cross_entropy(x.data(), y.data(), tokens.data(), scale.data(), r, w); }},
      {"cross_entropy", "backward", 3,
       [&](Size r, Size w) {
         cross_entropy_backward(y.data(), tokens.data(), scale.data(), d.data(), r, w, 1 / float(r));
       }},
      {"adam", "92 bytes per parameter", 23,
       [&](Size r, Size w) {
         for (Size i = 0; i < 64; ++i) z.data()[i] = std::abs(z.data()[i]);
         adam(x.data(), d.data(), y.data(), z.data(), scratch.data(), r * w, 10, 0);
       }},
  };
  static_assert(std::size(cases) == kinds);
  for (const LayerCase& c : cases) {
    for (const auto& [rows, width] : std::strcmp(c.op, "adam") == 0 ? of_optimizer : sizes) {
      bench.begin(std::string(c.op) + " " + c.layer + " " + std::to_string(rows) + " x " +
                  std::to_string(width));
      const auto n = static_cast<std::size_t>(rows * width);
      for (Buffer* b : {&x, &y, &z, &d})
        for (std::size_t i = 0; i < n; ++i) b->data()[i] = float((i * 2654435761U >> 7) % 2000 + 1) / 2000;
      const Times times = bench.time([&] { c.work(rows, width); }, bench.full ? 0.5 : 0.035);
      Row row = bench.row(c.op);
      row.set("layer", c.layer).set("m", double(rows)).set("n", double(width)).set("dtype", "fp32");
      row.set("bytes", c.tensors * 4 * static_cast<double>(n));
      bench.print(row, times);
    }
  }
}

}  // namespace real_runs::cpu
