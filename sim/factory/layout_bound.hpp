// What a step of a layout takes at least at level analytical, in microseconds: for searches over many layouts.
//
//   t >= max over stages s of   sum of F_i, i < s   +   M (F + B of stage s)   +   sum of B_i, i < s   +   h
//
//   F, B [s]  forward and backward pass of one micro-batch through a stage's pieces; F_i, B_i: through stage i's first
//   M         micro-batches           h [s]  host work of the step
//
// A stage begins when the first micro-batch has come through the stages before it, and what it ends with goes back
// through them (zero_bubble: some of it waits, and the last sum is left out). Where parameters are gathered layer by
// layer, one stream moves all of them twice a micro-batch and the gradients once, and the NICs of a node (or scale-up
// domain of nodes) take in what its ranks have not:
//
//   t >= M (2 P + G) (1 - g / n) (D / g) / b     P, G [B]  parameters as held, gradients as reduced, of a rank's group
//   n  ranks of the group, g of them in a node    D  GPUs of a node    b [B/s]  its NICs
//
// With zero2 gradients are moved so for each micro-batch, t >= M G (1 - g / n) (D / g) / b; what a stack moves behind the
// last backward pass is added where its parameters are whole: gradients (`reduces_after_backward`), and parameters of
// which the optimizer has updated a part (unless `overlaps_parameters`), of the stage that has least.
//
// A host launches all kernels of a step, those of the optimizer last:
//
//   t >= M x what the kernels of a stage take to be launched
//
// F and B come from the kernels and exchanges of one layer of each kind, run alone
// at level analytical, without launches; transfers between stages, what data-parallel ranks exchange besides, embedding
// and head of what is shared, and the optimizer are left out. Of networks that are no transformers the host work alone. A bound, so nothing is fitted.
#pragma once
#include <map>
#include <optional>
#include <tuple>

#include "factory/training_job.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/pieces.hpp"

namespace aifsim {

class LayoutBound {
 public:
  // Of jobs that differ from `base` in how ranks share the work, and in their size.
  explicit LayoutBound(const TrainingJob& base) : base_(base) {}

  struct Least {
    Seconds step;
    Joules energy;  // of all GPUs; 0 where power is not modelled
  };
  // CannotAnswer as make_training_plan gives it, but for memory.
  Least operator()(const TrainingDescription& training, std::int64_t gpus);

 private:
  struct Work {
    double time = 0, energy = 0, host = 0;  // host: until it has launched the kernels
    Work& operator+=(const Work& o);
    Work operator*(double times) const { return {time * times, energy * times, host * times}; }
  };
  // Of one micro-batch: of a layer, and of what stands outside them.
  struct LayerWork {
    Work forward, backward, embedding_forward, head_forward, head_backward, embedding_backward;
  };
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool, Recompute,
                         std::vector<RecomputeModule>, bool, bool, bool, bool>;
  const LayerWork& layer_work(const TrainingDescription& training, std::int64_t gpus, bool repeated,
                              LayerKind kind);
  // Until NICs have taken in what ranks that share a stage's state need of these bytes from other nodes.
  double from_other_nodes(const Layout& layout, double bytes) const;
  double gathers(const TrainingDescription& training, const Layout& layout, const ModelShare& share,
                 double micro_batches) const;
  // Of state that is shared, parameters not: what is moved for each micro-batch, and behind the last one.
  struct Shares {
    double of_micro_batch = 0, behind = 0;
  };
  Shares shares(const TrainingDescription& training, const Layout& layout, const ModelShare& share,
                const std::vector<std::vector<Segment>>& pieces) const;
  LayerWork measure(const TrainingDescription& training, std::int64_t gpus, bool repeated, bool accumulates,
                    LayerKind kind) const;

  TrainingJob base_;
  std::map<Key, LayerWork> known_;
};

}  // namespace aifsim
