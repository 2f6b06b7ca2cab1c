// The order of a pipeline stage's passes.
//
//   gpipe        all micro-batches forward, then all backward (Huang et al. 2019, arXiv:1811.06965)
//   1f1b         stage s of p does p - s - 1 forward, then one of each in turn, then the rest backward (Narayanan et
//                al. 2019, PipeDream-Flush)
//   interleaved  1f1b over v pieces of the model on each stage (Narayanan et al. 2021, arXiv:2104.04473): micro-batches
//                go through the pieces in groups of p; 2 (p - s - 1) + (v - 1) p passes forward before the first back
//   zero_bubble  1f1b, each backward pass in two halves; those of the weights wait until the stage would stand idle:
//                stage s does them s micro-batches later (Qi et al. 2023, arXiv:2401.10241, ZB-H1)
#pragma once
#include <cstdint>
#include <vector>

#include "catalog/workload.hpp"

namespace aifsim {

enum class TurnKind { forward, backward, backward_inputs, backward_weights };

// One pass of one micro-batch through one piece of the model.
struct Turn {
  TurnKind kind = TurnKind::forward;
  std::int64_t chunk = 0;
  bool first = false, last = false;  // micro-batch of the step
  bool operator==(const Turn&) const = default;
};

std::vector<Turn> turns_of(PipelineSchedule schedule, std::int64_t stages, std::int64_t stage,
                           std::int64_t chunks, std::int64_t micro_batches);

// The same as runs of a body that repeats.
struct Turns {
  std::int64_t times = 1;
  std::vector<Turn> body;
};
std::vector<Turns> folded(const std::vector<Turn>& turns, std::int64_t period);

// Layers of a piece of the model: those of stage s's piece c follow the pieces of all stages before it. Evenly; where
// that does not go, first and last piece, which have the embedding and the head, get one fewer if that evens it out,
// else the pieces after the first get one more.
struct Piece {
  std::int64_t first = 0, layers = 0;
};
Piece piece_of(std::int64_t layers, std::int64_t pieces, std::int64_t piece);
// The same by work: a piece ends where the work so far reaches its share, as nanotron cuts; the head, after the last
// layer, is worth `head` layers. Last pieces may be without any.
Piece piece_by_work(std::int64_t layers, double head, std::int64_t pieces, std::int64_t piece);

}  // namespace aifsim
