// Layers that predict further tokens: what they hold, and where a pipeline has them.
#include <catch2/catch.hpp>

#include "lowering/small_models.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/pieces.hpp"
#include "program/memory.hpp"

namespace aifsim {
namespace {

TrainingDescription eight_micro_steps() {
  TrainingDescription t;
  t.sequence = 256;
  t.micro_batch = 2;
  t.gradient_accumulation = 8;
  t.sharding = Sharding::ddp;
  return t;
}

}  // namespace

TEST_CASE("a layer that predicts a further token stands with the head, and the others make room",
          "[lowering]") {
  ModelDescription m = with_experts();
  TrainingDescription t = eight_micro_steps();
  t.expert_parallel = 4;
  const auto held = [&](std::size_t stage) {
    const Program p = lower_training(m, t, {}, 16);
    return peak_memory(p.roles[stage]).parameters.value;
  };
  const ModelShare without(m);
  const double before = held(0);
  m.predict_layers = 1;
  const ModelShare with(m);
  const std::int64_t own = layer_parameters(with, LayerKind::expert) + 2 * 512 * 512 + 3 * 512;
  CHECK(total_parameters(with, 256) - total_parameters(without, 256) == own);
  const ModelShare share(m, {.expert = 4});
  CHECK(held(0) - before == Approx(6.0 * static_cast<double>(layer_parameters(share, LayerKind::expert) +
                                                             2 * 512 * 512 + 3 * 512)));
  // Of four stages the last has fewer of the model's own layers, the head, and a copy of the embedding.
  t.pipeline_parallel = 4;
  t.expert_parallel = 4;
  double layers = 0;
  const Layout layout = layout_of(m, t, 16);
  for (std::int64_t stage = 0; stage < 4; ++stage) {
    const StageContent content = content_of(pieces_of(share, t, {}, layout, stage), layout, stage);
    layers += static_cast<double>(content.dense + content.expert);
    if (stage == 3) CHECK(content.dense + content.expert < m.layers / 4 + 1);
    const StageParameters p = parameters_of(share, t, layout, content);
    if (stage == 3)
      CHECK(p.dense + p.expert ==
            Approx(static_cast<double>((content.dense + content.expert) *
                                           layer_parameters(share, LayerKind::expert) +
                                       head_parameters(share) + share.vocabulary * 512)));
  }
  CHECK(layers == static_cast<double>(m.layers + 1));
}

}  // namespace aifsim
