// Operations of a transformer in plain C++, fp32, on one core: what the CPU suite times, what the training
// step is made of, and what the CUDA programs compare their results with. Matrices are row-major.
#pragma once
#include <cstdint>

#include "common/step.hpp"

namespace real_runs::cpu {

void rms_norm(const float* x, const float* weight, float* y, float* inverse, Size rows, Size width);
// dx, and dweight added to.
void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy, float* dx,
                       float* dweight, Size rows, Size width);
void layer_norm(const float* x, const float* weight, const float* bias, float* y, Size rows, Size width);
void gelu(const float* x, float* y, Size n);  // tanh form
void gelu_backward(const float* x, const float* dy, float* dx, Size n);
void softmax(const float* x, float* y, Size rows, Size width);
// Rotates pairs (i, i + head_dim/2) of each head by position * 10000^(-2i/head_dim). `angles`: cosine and
// sine by position and pair, made once. x is [tokens, heads, head_dim].
void rotary_angles(float* angles, Size sequence, Size head_dim);
void rotary(const float* x, float* y, const float* angles, Size tokens, Size heads, Size head_dim,
            Size sequence);
void add(const float* a, const float* b, float* y, Size n);
// The rows of the tokens, plus those of their positions.
void embedding(const float* table, const float* positions, const std::int32_t* tokens, float* y, Size rows,
               Size sequence, Size width);
// Clears dtable and dpositions, then adds dy to the rows of the tokens.
void embedding_backward(const float* dy, const std::int32_t* tokens, float* dtable, float* dpositions,
                        Size rows, Size sequence, Size width, Size vocabulary);
// Mean loss; `log_sum` per row for the backward pass. Reads the logits, writes a copy, reads the copy.
double cross_entropy(const float* logits, float* copy, const std::int32_t* targets, float* log_sum, Size rows,
                     Size vocabulary);
// dlogits = (softmax - onehot) scale, from the copy.
void cross_entropy_backward(const float* copy, const std::int32_t* targets, const float* log_sum,
                            float* dlogits, Size rows, Size vocabulary, float scale);
// Gradient clipping and AdamW, one pass over memory per elementary operation as eager frameworks run it:
// 92 bytes per parameter. `scratch` has n floats. Returns the norm of the gradients.
double adam(float* parameters, float* gradients, float* first, float* second, float* scratch, Size n,
            int step, float rate);

// [tokens, 3, heads, head_dim] <-> q, k, v as [batch, heads, sequence, head_dim] each.
void split_heads(const float* qkv, float* q, float* k, float* v, Size batch, Size sequence, Size heads,
                 Size head_dim);
void join_heads(const float* q, const float* k, const float* v, float* qkv, Size batch, Size sequence,
                Size heads, Size head_dim);
// Causal attention; `out` as [tokens, heads, head_dim], `scores` (kept for the backward pass) as [batch,
// heads, sequence, sequence].
void attention(const float* q, const float* k, const float* v, float* scores, float* out, Size batch,
               Size sequence, Size heads, Size head_dim);
// `scratch` has sequence * sequence floats.
void attention_backward(const float* q, const float* k, const float* v, const float* scores,
                        const float* dout, float* scratch, float* dq, float* dk, float* dv, Size batch,
                        Size sequence, Size heads, Size head_dim);

// Calls the BLAS library.
void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
          bool accumulate = false);

}  // namespace real_runs::cpu
