// What an optimizer holds and moves for each parameter that it updates.
//
//   held    w + a m, beside the weights of compute
//   fused   norm 4, gradient 4, weights 2 W, averages 2 a m, and the 16-bit weight 2 where it is a copy: one pass (Apex,
//           Transformer Engine)
//   foreach a kernel for each elementary operation (PyTorch). Clipping: norm 4, scale 8. AdamW: decay 2 W, first
//           average 4 + 2 m, second 2 m and 4 + 2 m, square root 4 + m, bias correction 8, epsilon 8, update
//           4 + m + 2 W. SGD: momentum 2 m and 4 + 2 m, update m + 2 W
//   muon    of layers' matrices, under every stack by foreach: clipping as above, average 4 + 2 m, with what comes next
//           8 + m, cast 6, norm and scale 6, decay 2 W, update 2 + 2 W; between them muon.hpp's products. All else as
//           AdamW
//
// Bytes. a averages (AdamW 2, SGD with momentum and Muon 1) of m each (optimizer_moments); w of the weights that are
// updated beside those of compute (master_weights): fp32 4; remainder 2, the bits that one in fp32 has beyond bf16, so
// that both are read and written, where there are weights in bf16 (narrow_weights: 4); none 0. W: 4, or with none as
// compute has them. Where that is in 32 bits there is one copy of the weights. Averages of 8 bits carry a scale for each
// block of 2,048, which is not counted.
// Source: PyTorch's AdamW (foreach) and Muon, Transformer Engine's FusedAdam (exp_avg_dtype, store_param_remainders),
// Dettmers et al. 2021 (8-bit Optimizers via Block-wise Quantization, arXiv:2110.02861).
#pragma once
#include <vector>

#include "catalog/stack.hpp"
#include "catalog/workload.hpp"
#include "program/program.hpp"

namespace aifsim {

// Parameters that an optimizer updates; those of them in matrices of layers.
struct Updated {
  double all = 0, matrices = 0;
};

double moments_bytes(const TrainingDescription& training, const Updated& parameters);  // all averages
// Of the weights that are updated: beside those of compute; where ranks hold no others. Of one parameter.
double master_bytes(const TrainingDescription& training, const StackDescription& stack);
double weight_bytes(const TrainingDescription& training);

std::vector<Kernel> optimizer_step(const TrainingDescription& training, const StackDescription& stack,
                                   const Updated& parameters);

}  // namespace aifsim
