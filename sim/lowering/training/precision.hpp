// What a training precision computes in, keeps, and casts.
//
// fp32, tf32, bf16 and fp16 compute everything in one format. The others are recipes of NVIDIA's Transformer
// Engine: the three products of a linear layer of the transformer blocks (forward, gradients of input and of
// weight) run in the narrow format; attention, norms, activations, embedding, output head, the all-gather of
// parameters (but see narrow_weights) and the sums of tensor parallelism stay in bf16, master weights and optimizer in
// fp32.
//
//   recipe       Transformer Engine     products  element with scales  scaled by
//   fp8          DelayedScaling         FP8       1 B                  tensor, maximum of earlier steps
//   fp8_current  Float8CurrentScaling   FP8       1 B                  tensor, its own maximum: read once more
//   fp8_block    Float8BlockScaling     FP8       1 + 4/128 B          128 elements
//   mxfp8        MXFP8BlockScaling      FP8       1 + 1/32 B           32 elements
//   nvfp4        NVFP4BlockScaling      FP4       1/2 + 1/16 B         16 elements, and tensor: read once more
//
// Casts are passes bound by memory. A product needs both operands scaled along its inner dimension, so a tensor
// that two products use along different dimensions is written twice, along rows and along columns:
//   input of a layer      rows for the forward product, columns for the gradient of the weight
//   weight                rows for the forward product, columns for the gradient of the input
//   gradient of output    rows for the gradient of the input, columns for that of the weight
// each read in bf16 (2 B), written once or twice. Under full recompute the forward pass writes rows alone, and the
// recomputing one both. Weights are cast in the first micro-step and kept; where parameters are sharded, in each.
// Weights that a stack holds in the narrow format alone are counted as if cast so, too. Assumption: no cast is fused into the kernel before it (a stack that fuses them is faster), and no layer is left
// out of a recipe, as some leave the last ones of nvfp4. With fp8 on Blackwell the columns of a tensor scaled as a
// whole need not be written; they are counted. Source: Transformer Engine's user guide and recipes; OCP Microscaling formats 1.0; "Pretraining Large Language Models with NVFP4" (NVIDIA 2025, arXiv:2509.25149).
#pragma once
#include "catalog/stack.hpp"
#include "catalog/workload.hpp"

namespace aifsim {

Dtype storage_of(Precision precision);  // of activations and gathered parameters
Dtype product_of(Precision precision);  // of the products of linear layers
// Of the product of a linear layer, as kernels/ knows it: fp16 runs on the units and at the rate of bf16, whose
// constants are measured on products alone; those of fp16 are of an inference engine's layers.
Dtype kernel_dtype(Dtype dtype);
bool quantises(Precision precision);  // a recipe: linear layers cast

// Bytes of an element of frozen weights: 4 bits, a scale of 8 bits per 64 of them, and one of 32 per 256 scales
// (Dettmers et al. 2023, QLoRA, arXiv:2305.14314). Each product that uses them first casts them to 16 bit.
double frozen_bytes(const TrainingDescription& training);

// Whether the stack holds linear layers' weights in the narrow format alone, which the optimizer writes from the fp32
// weights that it updates; whether ranks have all of them so. Where one scale goes with a tensor it is also what ranks
// that share the optimizer or the parameters gather; blocks' scales are found after a gather in 16 bits.
bool lists_narrow(const TrainingDescription& training, const StackDescription& stack);
bool narrow_weights(const TrainingDescription& training, const StackDescription& stack);
double gathered_weight_bytes(const TrainingDescription& training,
                             const StackDescription& stack);  // a linear layer's

// Bytes of a quantised element with its share of the scales.
double quantised_bytes(Precision precision);
// Whether a cast first reads the tensor for its maximum.
bool reads_maximum(Precision precision);

// Whether a GPU's `peak` has what a precision computes in. Units that scale blocks of 32 (mxfp8) came with those
// for FP4; NVFP4 is NVIDIA's.
bool runs_on(const GpuDescription& gpu, Precision precision);

}  // namespace aifsim
