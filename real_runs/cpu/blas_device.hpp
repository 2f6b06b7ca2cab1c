// The training step's operations on one core: ops.hpp on vectors of the host.
#pragma once
#include "common/host_memory.hpp"
#include "cpu/ops.hpp"

namespace real_runs::cpu {

class BlasDevice : public HostMemory {
 public:
  void rms_norm(const float* x, const float* weight, float* y, float* inverse, Size rows, Size width) {
    cpu::rms_norm(x, weight, y, inverse, rows, width);
  }
  void rms_norm_backward(const float* x, const float* weight, const float* inverse, const float* dy,
                         float* dx, float* dweight, Size rows, Size width) {
    cpu::rms_norm_backward(x, weight, inverse, dy, dx, dweight, rows, width);
  }
  void gelu(const float* x, float* y, Size n) { cpu::gelu(x, y, n); }
  void gelu_backward(const float* x, const float* dy, float* dx, Size n) { cpu::gelu_backward(x, dy, dx, n); }
  void add(const float* a, const float* b, float* y, Size n) { cpu::add(a, b, y, n); }
  void embedding(const float* table, const float* positions, const std::int32_t* tokens, float* y, Size rows,
                 Size sequence, Size width) {
    cpu::embedding(table, positions, tokens, y, rows, sequence, width);
  }
  void embedding_backward(const float* dy, const std::int32_t* tokens, float* dtable, float* dpositions,
                          Size rows, Size sequence, Size width, Size vocabulary) {
    cpu::embedding_backward(dy, tokens, dtable, dpositions, rows, sequence, width, vocabulary);
  }
  void cross_entropy(const float* logits, float* copy, const std::int32_t* targets, float* log_sum, Size rows,
                     Size vocabulary) {
    loss_ = cpu::cross_entropy(logits, copy, targets, log_sum, rows, vocabulary);
  }
  double loss() const { return loss_; }
  void cross_entropy_backward(const float* copy, const std::int32_t* targets, const float* log_sum,
                              float* dlogits, Size rows, Size vocabulary, float scale) {
    cpu::cross_entropy_backward(copy, targets, log_sum, dlogits, rows, vocabulary, scale);
  }
  void adam(float* p, float* g, float* m, float* v, float* scratch, Size n, int step, float rate) {
    cpu::adam(p, g, m, v, scratch, n, step, rate);
  }
  void split_heads(const float* qkv, float* q, float* k, float* v, const StepShape& s) {
    cpu::split_heads(qkv, q, k, v, s.batch, s.sequence, s.heads, s.head_dim());
  }
  void join_heads(const float* q, const float* k, const float* v, float* qkv, const StepShape& s) {
    cpu::join_heads(q, k, v, qkv, s.batch, s.sequence, s.heads, s.head_dim());
  }
  // The scores, in memory.
  static Size kept_by_attention(const StepShape& s) { return s.batch * s.heads * s.sequence * s.sequence; }
  static Size scratch_of_attention(const StepShape& s) { return s.sequence * s.sequence; }
  void attention(const float* q, const float* k, const float* v, float* kept, float* out,
                 const StepShape& s) {
    cpu::attention(q, k, v, kept, out, s.batch, s.sequence, s.heads, s.head_dim());
  }
  void attention_backward(const float* q, const float* k, const float* v, const float* kept,
                          const float* dout, float* scratch, float* dq, float* dk, float* dv,
                          const StepShape& s) {
    cpu::attention_backward(q, k, v, kept, dout, scratch, dq, dk, dv, s.batch, s.sequence, s.heads,
                            s.head_dim());
  }
  void gemm(Transpose transpose, Size m, Size n, Size k, const float* a, const float* b, float* c,
            bool accumulate) {
    cpu::gemm(transpose, m, n, k, a, b, c, accumulate);
  }

 private:
  double loss_ = 0;
};

}  // namespace real_runs::cpu
