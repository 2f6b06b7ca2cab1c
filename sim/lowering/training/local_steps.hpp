// Groups of ranks (islands) that train alone for H steps, each its own copy of the model, and then average what they have
// changed: DiLoCo (Douillard et al. 2023, arXiv:2311.08105), local SGD.
//
//   every H steps   all-reduce over the islands of each rank's share of what was trained, in the gradients' precision:
//                   n_dense / (ranks of an island that share it) + n_expert / copies of an expert
//                   outer step: 20 bytes for each element of the share (delta, momentum, weights, fp32)
//                   all-gather inside an island where ranks hold whole parameters (all but zero3)
//   memory          8 bytes for each element of the share: weights as they last were, momentum of the outer step
//
// A step pays 1/H of it. Assumed: it overlaps with nothing (streaming variants hide most of it); batches of islands
// are alike, so that they come to the exchange together. How many more tokens such a run needs is not modelled.
#pragma once
#include "lowering/training/emitter.hpp"
#include "lowering/training/layout.hpp"

namespace aifsim {

// Elements of a rank's share.
double island_share(const Layout& layout, double dense, double expert);
Bytes island_memory(const Layout& layout, double dense, double expert);
// Puts the exchange behind the optimizer; nothing where there is one island.
void average_islands(Emitter& out, const TrainingDescription& t, const Layout& layout, double dense,
                     double expert);
// The slowest axis of both meshes, and the group over it.
void add_islands(Program& program, std::int64_t islands);

}  // namespace aifsim
