// Attention by cuDNN's fused kernels (fused_attention.hpp), forward and backward, compared with reference.hpp before
// it is timed. Where the program was built without cuDNN the cases are left out, and said.
#include <cmath>
#include <memory>
#include <set>

#include "cuda/launch.cuh"
#include "cuda/reference.hpp"

#ifdef REAL_RUNS_CUDNN
#include "cuda/fused_attention.hpp"
#endif

namespace real_runs::cuda {

#ifndef REAL_RUNS_CUDNN
void fused_attention_cases(Bench& bench) {
  if (!bench.counting) skip("attention by cuDNN", "this program was built without cuDNN");
}
#else
namespace {

using T = __nv_bfloat16;
using F = FusedAttention;

std::size_t elements(const FusedShape& s, F::Tensor t) {
  const bool kv = t == F::kK || t == F::kV || t == F::kDK || t == F::kDV;
  const std::int64_t width = t == F::kStats || t == F::kDelta ? 1 : s.head_dim;
  return static_cast<std::size_t>(s.batch * (kv ? s.kv_heads : s.heads) * s.sequence * width);
}
bool in_fp32(F::Tensor t) { return t == F::kStats || t == F::kDelta || t == F::kDQSum; }
std::size_t bytes(const FusedShape& s, F::Tensor t) {
  return padded(elements(s, t) * (in_fp32(t) ? sizeof(float) : sizeof(T)));
}
std::size_t bytes(const FusedShape& s) {
  std::size_t sum = 0;
  for (int t = 0; t < F::kTensors; ++t) sum += bytes(s, static_cast<F::Tensor>(t));
  return sum;
}

class Handle {
 public:
  explicit Handle(cudaStream_t stream) {
    if (cudnnGetVersion() < 90800) throw Unsupported("the cuDNN that is loaded is older than 9.8");
    const cudnnStatus_t status = cudnnCreate(&handle_);
    if (status != CUDNN_STATUS_SUCCESS)  // a device that this cuDNN no longer knows, say
      throw Unsupported(std::string("cuDNN does not start: ") + cudnnGetErrorString(status));
    if (cudnnSetStream(handle_, stream) != CUDNN_STATUS_SUCCESS) fail("cuDNN does not take the stream");
  }
  ~Handle() { cudnnDestroy(handle_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cudnnHandle_t get() const { return handle_; }

 private:
  cudnnHandle_t handle_ = nullptr;
};

// Both directions on sets of tensors of their own, which the turns rotate through.
class FusedRun {
 public:
  FusedRun(const Handle& handle, const FusedShape& s, std::size_t sets, cudaStream_t stream)
      : s_(s),
        handle_(handle),
        stream_(stream),
        device_(handle.get()),
        forward_(device_, s, false),
        backward_(device_, s, true),
        tensors_(room_for(sets * bytes(s))),
        workspace_(std::max(forward_.workspace_bytes(), backward_.workspace_bytes())) {
    // NaN where nothing is written: what a pass leaves out, or expects to be zero, shows in the check.
    GPU_CHECK(cudaMemsetAsync(tensors_.as<void>(), 0xFF, tensors_.size(), stream));
    for (std::size_t set = 0; set < sets; ++set) {
      std::size_t at = set * bytes(s);
      F::Pointers pointers{};
      for (int t = 0; t < F::kTensors; ++t) {
        pointers[t] = tensors_.bytes_at(at);
        at += bytes(s, static_cast<F::Tensor>(t));
      }
      for (const F::Tensor t : {F::kQ, F::kK, F::kV, F::kDOut})
        fill(static_cast<T*>(pointers[t]), static_cast<Index>(elements(s, t)), static_cast<std::uint32_t>(t),
             stream);
      pointers_.push_back(pointers);
      forward_sets_.push_back(forward_.bind(pointers, workspace_.as<void>()));
      backward_sets_.push_back(backward_.bind(pointers, workspace_.as<void>()));
    }
  }
  std::size_t sets() const { return pointers_.size(); }
  void forward(std::size_t turn) const { forward_.run(handle_.get(), forward_sets_[turn % sets()]); }
  void backward(std::size_t turn) const { backward_.run(handle_.get(), backward_sets_[turn % sets()]); }
  void check() const {
    forward(0);
    backward(0);
    GPU_CHECK(cudaStreamSynchronize(stream_));
    // Each head with the key-value head that it reads; their gradients are summed.
    const Index group = s_.heads / s_.kv_heads, head = s_.sequence * s_.head_dim;
    const auto source = [&](std::size_t i) {
      const auto of = static_cast<Index>(i) / head, in = static_cast<Index>(i) % head;
      return static_cast<std::size_t>((of / s_.heads * s_.kv_heads + of % s_.heads / group) * head + in);
    };
    const auto q = host(F::kQ), k = host(F::kK), v = host(F::kV), dout = host(F::kDOut);
    std::vector<double> k_each(q.size()), v_each(q.size());
    for (std::size_t i = 0; i < q.size(); ++i) {
      k_each[i] = k[source(i)];
      v_each[i] = v[source(i)];
    }
    const auto wanted =
        reference::attention(q, k_each, v_each, dout, s_.batch * s_.heads, s_.sequence, s_.head_dim);
    std::vector<double> dk(k.size()), dv(v.size());
    for (std::size_t i = 0; i < q.size(); ++i) {
      dk[source(i)] += wanted.dk[i];
      dv[source(i)] += wanted.dv[i];
    }
    compare("out", host(F::kOut), wanted.out);
    compare("dq", host(F::kDQ), wanted.dq);
    compare("dk", host(F::kDK), dk);
    compare("dv", host(F::kDV), dv);
  }

 private:
  std::vector<double> host(F::Tensor t) const {
    std::vector<double> values;
    for (const T x : to_host(static_cast<const T*>(pointers_[0][t]), elements(s_, t)))
      values.push_back(static_cast<double>(__bfloat162float(x)));
    return values;
  }
  // The bytes, where they and the workspace fit.
  std::size_t room_for(std::size_t bytes_of_tensors) const {
    std::size_t free = 0, total = 0;
    GPU_CHECK(cudaMemGetInfo(&free, &total));
    const std::size_t workspace = std::max(forward_.workspace_bytes(), backward_.workspace_bytes());
    if (bytes_of_tensors + workspace > free / 10 * 9)
      throw Unsupported("its tensors and " + std::to_string(workspace) + " bytes of workspace do not fit");
    return bytes_of_tensors;
  }
  // Element by element, loosely, and by the norm of 8 rows of the sequence over all heads, within 1.5 %: weights and
  // their gradients are rounded to bf16 between the two products, which costs 0.3 %.
  void compare(const char* name, const std::vector<double>& got, const std::vector<double>& wanted) const {
    constexpr std::int64_t kRows = 8;
    const auto part_of = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<std::int64_t>(i) / s_.head_dim % s_.sequence / kRows);
    };
    std::vector<double> missed(part_of(got.size() - 1) + 1), all(missed.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      missed[part_of(i)] += (got[i] - wanted[i]) * (got[i] - wanted[i]);
      all[part_of(i)] += wanted[i] * wanted[i];
    }
    for (std::size_t part = 0; part < all.size(); ++part)
      if (!(std::sqrt(missed[part] / all[part]) <= 1.5e-2))
        fail(std::string("cuDNN's attention is not what was asked for: ") + name + " misses by " +
             std::to_string(100 * std::sqrt(missed[part] / all[part])) + " % in rows from " +
             std::to_string(static_cast<std::int64_t>(part) * kRows));
    for (std::size_t i = 0; i < got.size(); ++i)
      if (!(std::abs(got[i] - wanted[i]) <= 3e-2 * std::abs(wanted[i]) + 3e-2))
        fail(std::string("cuDNN's attention is not what was asked for: ") + name + " element " +
             std::to_string(i) + " is " + std::to_string(got[i]) + ", expected " + std::to_string(wanted[i]));
  }

  FusedShape s_;
  const Handle& handle_;
  cudaStream_t stream_;
  CudnnDevice device_;
  F forward_, backward_;
  Buffer tensors_, workspace_;
  std::vector<F::Pointers> pointers_;
  std::vector<CudnnObject> forward_sets_, backward_sets_;
};

std::string release() {
  const std::size_t v = cudnnGetVersion();
  return "cudnn-" + std::to_string(v / 10000) + "." + std::to_string(v % 10000 / 100) + "." +
         std::to_string(v % 100);
}

void measure(Bench& bench, const FusedRun& run, const FusedShape& s, bool backward) {
  const Times times =
      bench.time_in_graph([&](std::size_t turn) { backward ? run.backward(turn) : run.forward(turn); });
  Row row = bench.row(backward ? "attention_backward" : "attention_forward");
  row.set("software", release());
  row.set("batch", static_cast<double>(s.batch))
      .set("heads", static_cast<double>(s.heads))
      .set("kv_heads", static_cast<double>(s.kv_heads))
      .set("head_dim", static_cast<double>(s.head_dim))
      .set("seq_q", static_cast<double>(s.sequence))
      .set("seq_kv", static_cast<double>(s.sequence));
  const auto q = static_cast<double>(elements(s, F::kQ)), kv = static_cast<double>(elements(s, F::kK));
  row.set("dtype", "bf16").set("flops", (backward ? 5.0 : 2.0) * q * static_cast<double>(s.sequence));
  row.set("bytes", (backward ? 4.0 : 2.0) * sizeof(T) * (q + kv));
  row.set("algorithm", "fused");
  bench.print(row, times);
}

}  // namespace

void fused_attention_cases(Bench& bench) {
  struct Heads {
    std::int64_t query, kv;
  };
  const bool full = bench.options().full;
  const std::vector<std::int64_t> batches =
      full ? std::vector<std::int64_t>{1, 4} : std::vector<std::int64_t>{1};
  const std::vector<Heads> heads =
      full ? std::vector<Heads>{{32, 32}, {32, 8}, {64, 8}} : std::vector<Heads>{{32, 32}, {32, 8}};
  const std::vector<std::int64_t> sequences =
      full ? std::vector<std::int64_t>{512, 1024, 2048, 4096, 8192, 16384}
           : std::vector<std::int64_t>{512, 2048, 8192};
  std::unique_ptr<Handle> handle;
  std::set<std::pair<std::int64_t, std::int64_t> > checked;  // heads per key-value head, head size
  for (const std::int64_t batch : batches)
    for (const Heads& h : heads)
      for (const std::int64_t head_dim : {64, 128})
        for (const std::int64_t sequence : sequences) {
          const FusedShape s{batch, h.query, h.kv, sequence, head_dim};
          const std::string what = "attention by cuDNN, both directions, " + std::to_string(batch) + " x " +
                                   std::to_string(h.query) + "/" + std::to_string(h.kv) + " heads of " +
                                   std::to_string(head_dim) + ", " + std::to_string(sequence) + " tokens";
          if (!bench.begin(what)) continue;
          try {
            if (!handle) handle = std::make_unique<Handle>(bench.stream());
            // Each size of a head, and groups of heads apart, before the first of them is timed.
            const std::int64_t group = std::min<std::int64_t>(h.query / h.kv, 4);
            if (!checked.contains({group, head_dim})) {
              FusedRun(*handle, {2, 2 * group, 2, 136, head_dim}, 1, bench.stream()).check();
              checked.insert({group, head_dim});
            }
            std::size_t free = 0, total = 0;
            GPU_CHECK(cudaMemGetInfo(&free, &total));
            if (bytes(s) > free / 4) {
              skip(what, "its tensors do not fit in a quarter of the free memory");
              continue;
            }
            const FusedRun run(*handle, s, copies_for(bytes(s)), bench.stream());
            for (std::size_t set = 0; set < run.sets(); ++set)
              run.forward(set);  // the backward pass reads its results
            for (const bool backward : {false, true}) measure(bench, run, s, backward);
          } catch (const Unsupported& reason) {
            skip(what, reason.what());
          } catch (const std::runtime_error& error) {
            fail(error.what());
          }
        }
}
#endif

}  // namespace real_runs::cuda
