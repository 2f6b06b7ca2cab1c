// Activations that leave the GPU between a layer's forward and its backward pass, for host memory or the node's drives.
//
//   way out    kernels -> link -> (drives)    a layer begins when the copy of the layer two before has ended
//   way back   (drives) -> link -> kernels    a fetch begins when the layer two passes before has been done backward;
//                                             a pass's first one goes on beside what stands before the pass
//   exposed    max(a / w, a G / d) - t        of each layer, where that is above 0
//   GPU memory 3 a_max: a layer computed, one copied, one fetched ahead; where no more is kept anyway, that
//
//   a [B]  kept of a layer: what recompute leaves, its input alone with recompute full     a_max  of the largest
//   w [B/s]  link to the host     d [B/s]  a node's drives read or write     G  ranks that share them     t [s]  a pass
//
// With drives two more layers of each way stand in host memory, so that link and drives go on beside each other.
// Assumption: pinned memory, copy engines of their own for each way, which slow no kernel; nothing is kept back, not even
// what is needed again at once. Source: Rajbhandari et al. 2021 (ZeRO-Infinity, arXiv:2104.07857); PyTorch's
// saved-tensor hooks and torchtune's OffloadActivations copy so on a stream of their own.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "lowering/training/emitter.hpp"
#include "lowering/training/schedule.hpp"

namespace aifsim {

class ActivationOffload {
 public:
  // `chunks`: pieces of the model that the role has.
  ActivationOffload(Emitter& out, OffloadTo to, std::int64_t chunks);
  bool on() const { return to_ != OffloadTo::none; }

  void begin_step();
  void before_forward();  // of a layer
  void after_forward(Bytes kept, const StepLabel& label);
  void end_forward(std::int64_t chunk);
  void begin_backward(std::int64_t chunk);
  void before_backward(Bytes kept, const StepLabel& label);
  void after_backward();
  void end_backward();
  void end_step();

 private:
  bool drives() const { return to_ == OffloadTo::nvme; }

  Emitter& out_;
  OffloadTo to_;
  std::size_t computed_ = 0, place_ = 0, copied_ = 0, host_out_ = 0;  // the way out
  std::size_t go_ = 0, read_ = 0, fetched_ = 0, host_in_ = 0;         // the way back
  std::vector<std::size_t> left_;                                     // by chunk
};

// Most that stays kept of the layers on the way through such passes, where nothing is offloaded. `kept`: by chunk.
Bytes most_kept(std::span<const Turn> turns, std::span<const Bytes> kept);
// That the GPU holds in place of it; `largest`: of a layer. None where that is no less, and all has its place.
std::optional<Bytes> offload_places(Bytes largest, Bytes most);

}  // namespace aifsim
