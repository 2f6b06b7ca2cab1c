// Which layers a pipeline stage has.
#pragma once
#include <cstdint>
#include <vector>

#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/model_shape.hpp"

namespace aifsim {

// Layers of one kind that follow each other.
struct Segment {
  LayerKind kind;
  bool recomputed = false;
  std::int64_t first = 0, count = 0;
};

// Of a stage, by virtual stage.
std::vector<std::vector<Segment>> pieces_of(const ModelShare& model, const TrainingDescription& training,
                                            const StackDescription& stack, const Layout& layout,
                                            std::int64_t stage);
StageContent content_of(const std::vector<std::vector<Segment>>& pieces, const Layout& layout,
                        std::int64_t stage);

// Activations that its layers keep of a micro-batch: of each virtual stage, and of the layer that keeps most.
struct KeptOfStage {
  std::vector<Bytes> of_pieces;
  Bytes largest;
};
KeptOfStage kept_of_stage(const ModelShare& model, const TrainingDescription& training,
                          const StackDescription& stack, const std::vector<std::vector<Segment>>& pieces);

}  // namespace aifsim
