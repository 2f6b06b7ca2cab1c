#include "lowering/training/network.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

using Catch::Contains;

NetworkLayer layer(NetworkOp op) {
  NetworkLayer l;
  l.op = std::move(op);
  return l;
}

NetworkBlock block(std::vector<double> size, std::vector<NetworkOp> ops, std::int64_t repeat = 1) {
  NetworkBlock b;
  b.name = "block";
  b.repeat = repeat;
  b.size = std::move(size);
  for (NetworkOp& op : ops) b.layers.push_back(layer(std::move(op)));
  return b;
}

ModelDescription network_model(std::vector<NetworkBlock> blocks) {
  auto network = std::make_shared<NetworkDescription>();
  network->sample = "sample";
  network->blocks = std::move(blocks);
  ModelDescription m;
  m.network = std::move(network);
  return m;
}

TrainingDescription network_training(Sharding sharding = Sharding::ddp) {
  TrainingDescription t;
  t.sequence = 1;
  t.micro_batch = 4;
  t.sharding = sharding;
  return t;
}

double network_flops(const std::vector<Part>& parts) {
  double sum = 0;
  for (const Part& part : parts)
    for (const Kernel& k : part.kernels) {
      if (const auto* g = std::get_if<Gemm>(&k.op))
        sum += 2.0 * double(g->m) * double(g->n) * double(g->k) * double(g->batch * k.count);
      if (const auto* a = std::get_if<Attention>(&k.op))
        sum += (a->pass == Pass::forward ? 4.0 : 8.0) * double(a->batch * a->heads * a->head_dim) *
               double(a->seq_q * a->seq_kv);
    }
  return sum;
}

// A convolution of each kind, products, attention in windows and to another sequence.
std::vector<NetworkBlock> all_kinds() {
  ConvolutionLayer strided{3, 16, 2, 1, {3, 3}}, grouped{16, 16, 1, 4, {3, 3}}, up{16, 8, 2, 1, {2, 2}};
  up.transposed = true;
  TransformerLayer t;
  t.width = 32;
  t.heads = 4;
  t.ffn_hidden = 64;
  t.window = 16;
  t.memory = 8;
  t.memory_width = 24;
  return {block({8, 8}, {strided, NormLayer{16, 2}, ActivationLayer{16, false}, grouped, up}),
          block({64}, {t, LinearLayer{32, 12, 3, true, false}, ProductLayer{2, 3, 5, 7}}, 2)};
}

}  // namespace

TEST_CASE("parameters of layers", "[lowering]") {
  const auto of = [](NetworkOp op) { return size_of(block({4}, {std::move(op)})).parameters; };
  CHECK(of(LinearLayer{3, 5, 2, true, false}) == 2 * (15 + 5));
  CHECK(of(LinearLayer{3, 5, 2, true, true}) == 0);
  CHECK(of(ConvolutionLayer{4, 6, 1, 2, {3, 3}, true, false}) == 6 * 2 * 9 + 6);
  CHECK(of(EmbeddingLayer{100, 8, 0, false}) == 800);
  CHECK(of(ParametersLayer{7}) == 7);
  TransformerLayer t;
  t.width = 8;
  t.heads = 2;
  t.ffn_hidden = 32;
  CHECK(of(t) == 12 * 64 + 13 * 8);  // as a layer of GPT
  CHECK(parameters_of(*network_model({block({1}, {t}, 3)}).network) == 3 * (12 * 64 + 13 * 8));
}

TEST_CASE("kernels do the FLOPs that a sample has, and backward twice as many", "[lowering]") {
  const TrainingDescription t = network_training();
  for (const NetworkBlock& b : all_kinds()) {
    const double flops = 4 * size_of(b).flops;
    CHECK(network_flops(block_forward(b, t, {})) == Approx(flops));
    CHECK(network_flops(block_backward(b, t)) == Approx(2 * flops));
  }
  // Of a convolution: each side of the grid, window and channels counts.
  CHECK(size_of(block({8, 8}, {ConvolutionLayer{3, 16, 2, 1, {3, 3}}})).flops == 2 * 64 * 16 * 27);
  NetworkBlock twice = block({4}, {LinearLayer{3, 5}});
  twice.passes = 2;
  CHECK(size_of(twice).flops == 2 * 2 * 4 * 15);
  CHECK(size_of(twice).parameters == 15 + 5);
}

TEST_CASE("a convolution reads its input once, and one of single channels is no product", "[lowering]") {
  const TrainingDescription t = network_training();
  const auto op = [&](const ConvolutionLayer& c) {
    return block_forward(block({8, 8}, {c}), t, {}).at(0).kernels.at(0).op;
  };
  const auto product = std::get<Gemm>(op({16, 32, 1, 1, {3, 3}}));
  CHECK(product.m == 4 * 64);
  CHECK(product.n == 32);
  CHECK(product.k == 16 * 9);
  CHECK(product.reuse == 9);
  CHECK(std::get<Gemm>(op({16, 32, 2, 1, {3, 3}})).reuse == Approx(9.0 / 4));
  CHECK(std::get<Gemm>(op({16, 32, 2, 1, {1, 1}})).reuse == 1);
  CHECK(std::get<Streaming>(op({16, 16, 1, 16, {3, 3}})).bytes.value == 2.0 * 2 * 4 * 64 * 16);
}

TEST_CASE("steps of a network are well-formed and give back what they hold", "[lowering]") {
  std::vector<NetworkBlock> blocks = all_kinds();
  blocks.insert(blocks.begin(), block({10}, {EmbeddingLayer{1000, 16, 2, true}}));
  blocks.insert(blocks.begin(), block({4}, {LinearLayer{32, 32}}));
  blocks.front().frozen = true;
  const ModelDescription m = network_model(blocks);
  for (const Sharding sharding :
       {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp})
    for (const Recompute recompute : {Recompute::none, Recompute::full})
      for (const std::int64_t steps : {1, 3}) {
        TrainingDescription t = network_training(sharding);
        t.recompute = recompute;
        t.gradient_accumulation = steps;
        if (sharding == Sharding::hsdp) t.shard_group = 4;
        const Program program = lower_training(m, t, StackDescription{}, 8);
        CHECK(problems_of(program).empty());
        CHECK(peak_memory(program).total().value > 0);
      }
}

TEST_CASE("what is frozen has no gradients, and tables that are shared out are exchanged", "[lowering]") {
  std::vector<NetworkBlock> blocks{block({4}, {LinearLayer{64, 64}}), block({4}, {LinearLayer{64, 64}})};
  const double all =
      peak_memory(lower_training(network_model(blocks), network_training(), StackDescription{}, 8))
          .gradients.value;
  blocks[0].frozen = true;
  const double half =
      peak_memory(lower_training(network_model(blocks), network_training(), StackDescription{}, 8))
          .gradients.value;
  CHECK(half == Approx(all / 2));
  CHECK(training_flops(*network_model(blocks).network).value == (1 + 3) * 2.0 * 4 * 64 * 64);

  const NetworkBlock tables = block({10}, {EmbeddingLayer{1000, 16, 2, true}});
  const std::vector<Part> forward = block_forward(tables, network_training(), {});
  REQUIRE(forward.at(0).exchanges.size() == 1);
  CHECK(forward[0].exchanges[0].kind == CollectiveKind::all_to_all);
  CHECK(forward[0].exchanges[0].bytes == 2.0 * 4 * 2 * 16);
  const auto held = [&](std::int64_t gpus) {
    return peak_memory(lower_training(network_model({tables, block({1}, {LinearLayer{8, 8}})}),
                                      network_training(), StackDescription{}, gpus))
        .parameters.value;
  };
  CHECK(held(2) - held(8) == Approx(4.0 * 16000 * (0.5 - 0.125)));
}

TEST_CASE("what is not modelled of a network is refused with the reason", "[lowering]") {
  const ModelDescription m = network_model(all_kinds());
  TrainingDescription t = network_training();
  t.tensor_parallel = 2;
  CHECK_THROWS_WITH(lower_training(m, t, StackDescription{}, 8),
                    Contains("tensor_parallel 2 is not modelled for a network"));
  t = network_training();
  t.pipeline_parallel = 2;
  CHECK_THROWS_WITH(lower_training(m, t, StackDescription{}, 8),
                    Contains("pipeline_parallel 2 is not modelled"));
  t = network_training();
  t.lora_rank = 4;
  CHECK_THROWS_WITH(lower_training(m, t, StackDescription{}, 8), Contains("lora_rank is not modelled"));
  std::vector<NetworkBlock> frozen{block({4}, {LinearLayer{3, 5}})};
  frozen[0].frozen = true;
  CHECK_THROWS_WITH(lower_training(network_model(frozen), network_training(), StackDescription{}, 8),
                    Contains("nothing is trained"));
}

}  // namespace aifsim
