#include "lowering/training/model_shape.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "lowering/training/part.hpp"

namespace aifsim {
namespace {

ModelDescription gpt(std::int64_t layers, std::int64_t hidden, std::int64_t heads) {
  ModelDescription m;
  m.layers = layers;
  m.hidden = hidden;
  m.heads = m.kv_heads = heads;
  m.ffn_hidden = 4 * hidden;
  m.vocabulary = 50304;
  return m;
}

ModelDescription llama3_8b() {
  ModelDescription m;
  m.layers = 32;
  m.hidden = 4096;
  m.heads = 32;
  m.kv_heads = 8;
  m.ffn_hidden = 14336;
  m.vocabulary = 128256;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::rms_norm;
  m.position = PositionEncoding::rotary;
  return m;
}

double gemm_flops(const std::vector<Part>& parts) {
  double sum = 0;
  for (const Part& part : parts)
    for (const auto* kernels : {&part.kernels, &part.overlapped})
      for (const Kernel& k : *kernels)
        if (const auto* g = std::get_if<Gemm>(&k.op))
          sum += 2.0 * static_cast<double>(g->m * g->n * g->k * k.count);
  return sum;
}

std::int64_t sums(const std::vector<Part>& parts) {
  return std::count_if(parts.begin(), parts.end(), [](const Part& part) {
    return !part.exchanges.empty() && part.exchanges.front().kind == CollectiveKind::all_reduce;
  });
}

}  // namespace

TEST_CASE("parameters of published models", "[lowering]") {
  CHECK(static_cast<double>(total_parameters(llama3_8b(), 8192)) == Approx(8.03e9).epsilon(0.001));
  // 12 h^2 + 13 h per layer for GPT with biases (Narayanan et al. 2021).
  const auto m = gpt(32, 2560, 32);
  CHECK(layer_parameters(m) == 12 * 2560 * 2560 + 13 * 2560);
  CHECK(static_cast<double>(total_parameters(m, 4096)) == Approx(2.79e9).epsilon(0.01));
}

TEST_CASE("model FLOPs of one sequence are 6 per matrix parameter and token plus attention", "[lowering]") {
  const auto m = gpt(32, 2560, 32);
  const double matrices = 32.0 * 12 * 2560 * 2560 + 50304.0 * 2560;
  CHECK(model_flops(m, 4096).value == Approx(4096 * (6 * matrices + 12.0 * 32 * 2560 * 4096)));
}

TEST_CASE("a layer's products do 2 FLOPs per parameter and token forward, twice that backward",
          "[lowering]") {
  for (const auto& m : {gpt(2, 2560, 32), llama3_8b()}) {
    TrainingDescription t;
    t.sequence = 4096;
    t.micro_batch = 2;
    const double tokens = 2 * 4096;
    const ModelShare whole(m);
    const double forward = gemm_flops(layer_forward(whole, t));
    const double norms = static_cast<double>(m.norm == NormKind::layer_norm ? 13 * m.hidden : 2 * m.hidden);
    CHECK(forward == Approx(2 * tokens * (static_cast<double>(layer_parameters(whole)) - norms)));
    CHECK(gemm_flops(layer_backward(whole, t)) == Approx(2 * forward));
    CHECK(gemm_flops(layer_backward(whole, t, {true, false})) == Approx(forward));
    CHECK(gemm_flops(layer_backward(whole, t, {false, true})) == Approx(forward));
  }
}

TEST_CASE("halves of a backward pass exchange what the whole does", "[lowering]") {
  const auto bytes = [](const std::vector<Part>& parts) {
    double sum = 0;
    for (const Part& part : parts)
      for (const Exchange& e : part.exchanges) sum += e.bytes;
    return sum;
  };
  TrainingDescription t;
  t.sequence = 8192;
  t.micro_batch = 1;
  t.tensor_parallel = 4;
  t.context_parallel = 2;
  for (const bool sequence_parallel : {false, true}) {
    t.sequence_parallel = sequence_parallel;
    const ModelShare share(llama3_8b(), degrees_of(t, {}));
    CHECK(bytes(layer_backward(share, t, {true, false})) + bytes(layer_backward(share, t, {false, true})) ==
          bytes(layer_backward(share, t)));
  }
}

TEST_CASE("tensor-parallel ranks split the products evenly, hold the norms each, and sum twice per pass",
          "[lowering]") {
  const auto m = llama3_8b();
  TrainingDescription t;
  t.sequence = 8192;
  t.micro_batch = 1;
  for (const std::int64_t tensor : {2, 8}) {
    const ModelShare share(m, {.tensor = tensor}), whole(m);
    CHECK(gemm_flops(layer_forward(share, t)) * double(tensor) ==
          Approx(gemm_flops(layer_forward(whole, t))));
    CHECK(gemm_flops(layer_backward(share, t)) * double(tensor) ==
          Approx(gemm_flops(layer_backward(whole, t))));
    const std::int64_t norms = 2 * m.hidden;
    CHECK((layer_parameters(share) - norms) * tensor == layer_parameters(m) - norms);
    CHECK(sums(layer_forward(share, t)) == 2);
    CHECK(sums(layer_backward(share, t)) == 2);
  }
  // Fewer key and value heads than ranks: each rank holds one whole.
  CHECK(ModelShare(m, {.tensor = 16}).kv_heads == 1);
}

TEST_CASE("blocks side by side sum once for both, and share what they may", "[lowering]") {
  auto m = gpt(2, 2560, 32);
  TrainingDescription t;
  t.sequence = 4096;
  t.micro_batch = 1;
  const double products = gemm_flops(layer_forward(ModelShare(m), t));
  m.parallel_blocks = true;
  CHECK(gemm_flops(layer_forward(ModelShare(m), t)) == products);
  CHECK(gemm_flops(layer_backward(ModelShare(m), t)) == 2 * products);
  const ModelShare share(m, {.tensor = 4});
  CHECK(sums(layer_forward(share, t)) == 1);
  CHECK(sums(layer_backward(share, t)) == 1);
  const std::int64_t two = layer_parameters(ModelShare(m));
  m.norms_per_layer = 1;
  CHECK(layer_parameters(ModelShare(m)) == two - 2 * m.hidden);
}

TEST_CASE("a window leaves attention fewer keys, the same where it spans the sequence", "[lowering]") {
  auto m = llama3_8b();
  TrainingDescription t;
  t.sequence = 8192;
  t.micro_batch = 1;
  const auto keys = [&](LayerKind kind) {
    double sum = 0;
    for (const Part& part : layer_forward(ModelShare(m), t, {}, kind))
      for (const Kernel& k : part.kernels)
        if (const auto* a = std::get_if<Attention>(&k.op))
          sum += double(a->seq_kv) - (a->causal ? double(a->seq_q) / 2 : 0);
    return sum;
  };
  const LayerKind windowed{false, true};
  CHECK(keys(LayerKind::dense) == 4096);
  m.window.tokens = 1024;
  CHECK(keys(windowed) == 1024 - 1024.0 * 1024 / 16384);
  CHECK(keys(LayerKind::dense) == 4096);
  m.window.tokens = 8192;
  CHECK(keys(windowed) == 4096);
  m.window = {1024, 0, 0, true};  // eight sequences of 1,024
  CHECK(keys(windowed) == 512);
  m.window.tokens = 6144;
  CHECK(keys(windowed) == (6144.0 * 6144 + 2048 * 2048) / 16384);
  m.window.tokens = 8192;
  CHECK(keys(windowed) == 4096);
  m.window = {6144, 0, 0, true};
  CHECK(model_flops(llama3_8b(), 8192).value - model_flops(m, 8192).value ==
        Approx(12.0 * 32 * 32 * 128 * (8192.0 * 8192 - 6144.0 * 6144 - 2048.0 * 2048)));
  m.window = {1024, 4, 0};
  std::int64_t full = 0;
  for (std::int64_t i = 0; i < m.layers; ++i) full += !ModelShare(m).kind_of(i).windowed;
  CHECK(full == 8);
  CHECK_FALSE(ModelShare(m).kind_of(3).windowed);
  const double all = model_flops(llama3_8b(), 8192).value, less = model_flops(m, 8192).value;
  CHECK(all - less == Approx(12.0 * 24 * 32 * 128 * 8192 * (8192 - 1024)));
  m.causal = false;
  m.window = {};
  CHECK(keys(LayerKind::dense) == 8192);
}

TEST_CASE("experts in each so-manieth layer", "[lowering]") {
  auto m = llama3_8b();
  m.experts = {8, 2, 14336, 0, 4, 2};
  const ModelShare share(m);
  CHECK(share.expert_layers() == 14);
  CHECK_FALSE(share.kind_of(4).experts);
  CHECK(share.kind_of(5).experts);
}

}  // namespace aifsim
