// Averages of fewer bits, the weights that an optimizer updates, and weights that are held in a recipe's format alone.
#include "lowering/training/optimizer_state.hpp"

#include <catch2/catch.hpp>

#include "lowering/training/host_state.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

ModelDescription model() {
  ModelDescription m;
  m.layers = 4;
  m.hidden = 1024;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 4096;
  m.vocabulary = 8192;
  m.mlp = Mlp::swiglu;
  m.norm = NormKind::plain_norm;
  m.position = PositionEncoding::rotary;
  m.tied_embeddings = false;
  return m;
}

TrainingDescription training(Sharding sharding) {
  TrainingDescription t;
  t.sequence = 512;
  t.micro_batch = 1;
  t.sharding = sharding;
  return t;
}

StackDescription stack(OptimizerKernels kernels = OptimizerKernels::fused) {
  StackDescription s;
  s.optimizer_kernels = kernels;
  return s;
}

double moved(const TrainingDescription& t, const StackDescription& s) {
  const std::vector<Kernel> kernels = optimizer_step(t, s, {1});
  return std::get<Streaming>(kernels.front().op).bytes.value;
}

double parameters() { return static_cast<double>(total_parameters(ModelShare(model()), 512)); }

MemoryAccount account(const TrainingDescription& t, const StackDescription& s, std::int64_t gpus = 8) {
  return peak_memory(lower_training(model(), t, s, gpus));
}

// Bytes of the all-gathers of a step.
double gathered(const std::vector<Operation>& operations) {
  double bytes = 0;
  for (const Operation& o : operations) {
    const auto* c = std::get_if<Collective>(&o.what);
    if (c && c->kind == CollectiveKind::all_gather) bytes += c->bytes.value * static_cast<double>(c->times);
    if (const auto* r = std::get_if<Repeat>(&o.what))
      bytes += static_cast<double>(r->times) * gathered(r->body);
  }
  return bytes;
}
double gathered(const TrainingDescription& t, const StackDescription& s) {
  double bytes = 0;
  for (const Role& role : lower_training(model(), t, s, 8).roles)
    for (const Stream& stream : role.streams) bytes += gathered(stream.operations);
  return bytes;
}

}  // namespace

TEST_CASE("averages of fewer bits take less memory and fewer bytes of a step", "[lowering]") {
  const double p = parameters();
  for (const Sharding sharding : {Sharding::zero1, Sharding::zero3}) {
    TrainingDescription t = training(sharding);
    const MemoryAccount wide = account(t, stack());
    CHECK(wide.optimizer.value == Approx(8 * p / 8));
    for (const auto& [format, bytes] :
         {std::pair{MomentsFormat::bf16, 2.0}, {MomentsFormat::fp8, 1.0}, {MomentsFormat::int8, 1.0}}) {
      t.optimizer_moments = format;
      CHECK(account(t, stack()).optimizer.value == Approx(2 * bytes * p / 8));
      CHECK(account(t, stack()).parameters == wide.parameters);
      CHECK(moved(t, stack()) == Approx(18 + 4 * bytes));
      CHECK(moved(t, stack(OptimizerKernels::foreach)) == Approx(60 + 8 * bytes));
    }
  }
  TrainingDescription sgd = training(Sharding::ddp);
  sgd.optimizer = OptimizerKind::sgd;
  sgd.optimizer_moments = MomentsFormat::bf16;
  CHECK(account(sgd, stack()).optimizer.value == Approx(2 * p));
  CHECK(moved(sgd, stack()) == Approx(22));
  CHECK(moved(sgd, stack(OptimizerKernels::foreach)) == Approx(34));
}

TEST_CASE("what an optimizer updates: a copy, the bits that the weights lack, or the weights", "[lowering]") {
  const double p = parameters();
  TrainingDescription t = training(Sharding::zero1);
  const auto held = [&](MasterWeights master) {
    t.master_weights = master;
    return account(t, stack()).parameters.value;
  };
  CHECK(held(MasterWeights::fp32) == Approx((2 + 4.0 / 8) * p));
  CHECK(held(MasterWeights::remainder) == Approx((2 + 2.0 / 8) * p));
  CHECK(held(MasterWeights::none) == Approx(2 * p));
  CHECK(moved(t, stack()) == Approx(4 + 4 + 2 * 2 + 16));
  t.master_weights = MasterWeights::remainder;
  CHECK(moved(t, stack()) == Approx(4 + 4 + 2 * 4 + 16));
  // Each rank of full sharding has its part alone.
  t.sharding = Sharding::zero3;
  CHECK(held(MasterWeights::fp32) == Approx(4 * p / 8));
  CHECK(held(MasterWeights::remainder) == Approx(4 * p / 8));
  CHECK(held(MasterWeights::none) == Approx(2 * p / 8));
  // A checkpoint has all of it.
  t.optimizer_moments = MomentsFormat::bf16;
  CHECK(checkpoint_size({1}, t, stack()).value == Approx(2 + 4));
  t.master_weights = MasterWeights::fp32;
  CHECK(checkpoint_size({1}, t, stack()).value == Approx(2 + 4 + 4));
}

TEST_CASE("where compute is in 32 bits there is one copy of the weights", "[lowering]") {
  const double p = parameters();
  for (const Precision precision : {Precision::fp32, Precision::tf32})
    for (const Sharding sharding : {Sharding::ddp, Sharding::zero1}) {
      TrainingDescription t = training(sharding);
      t.precision = precision;
      CHECK(account(t, stack()).parameters.value == Approx(4 * p));
      CHECK(checkpoint_size({1}, t, stack()).value == Approx(12));
      CHECK(moved(t, stack()) == Approx(4 + 4 + 8 + 16));
    }
}

TEST_CASE("an optimizer on the host has weights of its own, and its averages", "[lowering]") {
  const double p = parameters();
  const auto hosted = [&](Precision precision, MomentsFormat moments, MasterWeights master) {
    TrainingDescription t = training(Sharding::zero1);
    t.precision = precision;
    t.optimizer_moments = moments;
    t.master_weights = master;
    t.offload.optimizer = OffloadTo::host;
    return host_state(model(), t, stack(), 8).memory.value - 4 * p / 8;  // less gradients
  };
  CHECK(hosted(Precision::bf16, MomentsFormat::fp32, MasterWeights::fp32) == Approx(12 * p / 8));
  CHECK(hosted(Precision::bf16, MomentsFormat::bf16, MasterWeights::remainder) == Approx(8 * p / 8));
  CHECK(hosted(Precision::bf16, MomentsFormat::bf16, MasterWeights::none) == Approx(6 * p / 8));
  CHECK(hosted(Precision::fp32, MomentsFormat::fp32, MasterWeights::fp32) == Approx(12 * p / 8));
}

TEST_CASE("weights in a recipe's format alone are not held in 16 bits, too", "[lowering]") {
  const double linear = 4.0 * static_cast<double>(layer_matrices(ModelShare(model())));
  TrainingDescription t = training(Sharding::zero1);
  t.precision = Precision::fp8_current;
  StackDescription both = stack(), narrow = stack();
  narrow.narrow_weights = {Precision::fp8_current, Precision::mxfp8};
  CHECK(account(t, both).total().value - account(t, narrow).total().value == Approx(2 * linear));
  CHECK(gathered(t, both) - gathered(t, narrow) == Approx(linear));
  SECTION("blocks' scales are found after the gather") {
    t.precision = Precision::mxfp8;
    CHECK(gathered(t, both) == Approx(gathered(t, narrow)));
    CHECK(account(t, narrow).total() < account(t, both).total());
  }
  SECTION("others are not") {
    t.precision = Precision::fp8_block;
    CHECK(account(t, both).total() == account(t, narrow).total());
    t.precision = Precision::bf16;
    CHECK(account(t, both).total() == account(t, narrow).total());
  }
  SECTION("gathered layer by layer, those of one layer are held") {
    t.sharding = Sharding::zero3;
    CHECK(gathered(t, both) - gathered(t, narrow) == Approx(2 * linear));  // for both passes
    CHECK(account(t, both).total().value - account(t, narrow).total().value == Approx(2 * linear * 3 / 4));
  }
  SECTION("there are no bits that weights in bf16 lack") {
    t.master_weights = MasterWeights::remainder;
    CHECK(master_bytes(t, both) == 2);
    CHECK(master_bytes(t, narrow) == 4);
  }
}

}  // namespace aifsim
