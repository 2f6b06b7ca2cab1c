#include "factory/layout_bound.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/streaming.hpp"
#include "lowering/training/documents.hpp"
#include "lowering/training/gradients.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/pieces.hpp"
#include "metrics/energy.hpp"

namespace aifsim {
namespace {

constexpr double rounded =
    1e-6;  // by which a step with periods left out may be told too short (engine/steady.hpp)

// When the pieces of a step begin, with the exchanges that their kernels wait for, what their kernels take in energy
// above an idle board's, and how long the host launches them, in order.
class PieceTimes : public Listener {
 public:
  struct Piece {
    std::string label;
    double start = 0, energy = 0, host = 0;
  };
  PieceTimes(Seconds per_launch, Watts idle) : per_launch_(per_launch.value), idle_(idle.value) {}
  void ended(const StepEvent& e) override {
    const std::string& stream = e.plan->roles[e.role].streams[e.stream].name;
    std::string label = e.step->label.str(e.run);
    if (stream == "tensor" || stream == "context" || stream == "expert")
      label.erase(0, label.find(' ') + 1);  // "all_gather layer 0 backward"
    else if (stream != "compute")
      return;
    if (pieces.empty() || pieces.back().label != label) pieces.push_back({std::move(label), e.start.value});
    if (e.step->kind == StepKind::compute)
      pieces.back().host += per_launch_ * static_cast<double>(e.step->kernels) + e.step->host.value;
    if (e.step->burst.value > 0)
      pieces.back().energy +=
          e.step->energy.value * (e.step->time / e.step->burst) - idle_ * e.step->time.value;
  }
  std::vector<Piece> pieces;

 private:
  double per_launch_, idle_;
};

}  // namespace

LayoutBound::Work& LayoutBound::Work::operator+=(const Work& o) {
  time += o.time;
  energy += o.energy;
  host += o.host;
  return *this;
}

LayoutBound::LayerWork LayoutBound::measure(const TrainingDescription& t, std::int64_t gpus, bool repeated,
                                            bool accumulates, LayerKind kind) const {
  TrainingJob job = base_;
  job.beyond_memory = job.checked = true;
  job.training = t;
  job.model.layers = 1;
  job.model.experts.every = 1;
  job.model.experts.dense_layers = kind.experts ? 0 : 1;
  job.model.window.full_every = job.model.window.full_layers = 0;
  if (!kind.windowed) job.model.window.tokens = 0;
  job.training.objective = Objective::next_token;
  job.training.teacher_model.reset();
  job.training.rollouts.reset();
  job.training.pipeline_parallel = job.training.virtual_stages = 1;
  job.training.pipeline_schedule = PipelineSchedule::one_f_one_b;
  job.training.sharding = Sharding::ddp;
  job.training.shard_group = 0;
  job.training.recompute_layers = 0;
  job.training.global_batch = 0;
  job.training.gradient_accumulation = repeated ? 2 : 1;
  job.training.loader_tokens_per_second = 0;
  job.training.data.reset();
  job.training.checkpoint = {};
  job.training.offload = {};
  job.training.stragglers = {};
  job.training.local_steps = 0;
  job.training.local_groups = 1;
  job.stack.compute_slowdown.value = 0;
  job.stack.launch = LaunchStyle::none;
  job.stack.host_per_step.value = Seconds{};
  job.stack.fuses_accumulation = job.stack.fuses_accumulation || !accumulates;
  const std::int64_t per_node = job.platform->topology.gpus_per_node();
  job.gpus = std::lcm(t.tensor_parallel * t.context_parallel, t.expert_parallel);
  if (job.gpus > per_node) job.gpus = std::min(gpus, std::lcm(job.gpus, per_node));

  PieceTimes times(launch_time(job.platform->gpu, base_.stack.launch), idle_power(job.platform->gpu));
  const Plan plan = make_training_plan(job);
  const double end = analytical_duration(plan, &times).value;
  LayerWork found;
  // The last micro-step's time; of energy and launches, which the first one may have fewer of, the least.
  const auto stand = [](Work& known, Work one) {
    if (known.energy > 0) one.energy = std::min(one.energy, known.energy);
    if (known.host > 0) one.host = std::min(one.host, known.host);
    known = one;
  };
  const auto& pieces = times.pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Work one{(i + 1 < pieces.size() ? pieces[i + 1].start : end) - pieces[i].start, pieces[i].energy,
                   pieces[i].host};
    const std::string& label = pieces[i].label;
    if (label == "embedding forward") stand(found.embedding_forward, one);
    if (label == "head forward") stand(found.head_forward, one);
    if (label == "head backward") stand(found.head_backward, one);
    if (label == "embedding backward")
      stand(found.embedding_backward, {0, one.energy, one.host});  // reductions wait behind it
    if (label == "layer 0 forward") stand(found.forward, one);
    if (label == "layer 0 backward") stand(found.backward, one);
  }
  return found;
}

const LayoutBound::LayerWork& LayoutBound::layer_work(const TrainingDescription& t, std::int64_t gpus,
                                                      bool repeated, LayerKind kind) {
  const bool accumulates = t.sharding == Sharding::ddp || t.sharding == Sharding::zero1;
  const Key key{t.tensor_parallel,   t.context_parallel, t.expert_parallel,   t.micro_batch,
                t.sequence_parallel, t.recompute,        t.recompute_modules, repeated,
                accumulates,         kind.experts,       kind.windowed};
  const auto at = known_.find(key);
  return at != known_.end()
             ? at->second
             : known_.emplace(key, measure(t, gpus, repeated, accumulates, kind)).first->second;
}

double LayoutBound::from_other_nodes(const Layout& layout, double bytes) const {
  const Topology& machine = base_.platform->topology;
  const PlatformDescription& platform = base_.platform->description;
  if (layout.pipeline > 1 && layout.gpus() / layout.pipeline % machine.gpus_per_domain() != 0) return 0;
  const auto gpus = static_cast<double>(machine.gpus_per_domain()),
             n = static_cast<double>(layout.state_shards);
  const double here = std::min(n, std::max(1.0, gpus / static_cast<double>(layout.tensor)));
  const double nics = static_cast<double>(machine.nodes_per_domain()) * *platform.node.nics *
                      platform.fabric.injection->value;
  return bytes * (1 - here / n) * (gpus / here) / nics;
}

double LayoutBound::gathers(const TrainingDescription& t, const Layout& layout, const ModelShare& share,
                            double micro_batches) const {
  double bytes = 0;
  for (std::int64_t layer = 0; layer < share.all_layers(); ++layer) {
    const LayerKind kind = share.kind_of(layer);  // without experts, which fewer ranks share
    const double experts = static_cast<double>(expert_parameters(share, kind));
    bytes += 2 * gathered_bytes(share, t, base_.stack, kind);
    if (t.lora_rank == 0)
      bytes +=
          bytes_of(t.gradient_precision) * (static_cast<double>(layer_parameters(share, kind)) - experts);
  }
  return from_other_nodes(layout, micro_batches * bytes);
}

LayoutBound::Shares LayoutBound::shares(const TrainingDescription& t, const Layout& layout,
                                        const ModelShare& share,
                                        const std::vector<std::vector<Segment>>& pieces) const {
  Shares found;
  if (layout.parameters_sharded || layout.state_shards == 1 || t.lora_rank > 0) return found;
  double gradients = 0, parameters = 0;
  for (const std::vector<Segment>& piece : pieces)
    for (const Segment& s : piece) {
      const auto n = static_cast<double>(s.count);
      gradients += n * bytes_of(t.gradient_precision) *
                   static_cast<double>(layer_parameters(share, s.kind) - expert_parameters(share, s.kind));
      parameters += n * gathered_bytes(share, t, base_.stack, s.kind);
    }
  const double reduced = from_other_nodes(layout, gradients);
  const bool kept = kept_gathered(t, layout);
  if (!overlaps_gradients(base_.stack, t.sharding))
    found.behind += reduced;
  else if (t.sharding == Sharding::zero2)
    found.of_micro_batch = reduced;
  if (!kept && !(base_.stack.overlaps_parameters && !t.rollouts))
    found.behind += from_other_nodes(layout, parameters);
  return found;
}

LayoutBound::Least LayoutBound::operator()(const TrainingDescription& t, std::int64_t gpus) {
  const Layout layout = layout_of(base_.model, t, gpus);
  if (base_.model.network) return {*base_.stack.host_per_step, {}};
  const std::int64_t steps = micro_steps(base_.model, t, gpus);
  const bool repeated = steps > 1 && !layout.parameters_sharded;
  TrainingDescription kept = t;  // of layers that are not recomputed
  if (t.recompute == Recompute::full) kept.recompute = Recompute::none;
  const ModelShare share(base_.model, degrees_of(t, base_.stack));
  const LayerWork& ends = layer_work(t, gpus, repeated, share.kind_of(0));
  double fill = 0, drain = 0, most = 0, behind = 0, launched = 0;
  Work all;
  const double m = static_cast<double>(steps);
  for (std::int64_t stage = 0; stage < layout.pipeline; ++stage) {
    Work work;
    double first_forward = 0, first_backward = 0;
    const auto pieces = pieces_of(share, t, base_.stack, layout, stage);
    for (std::size_t chunk = 0; chunk < pieces.size(); ++chunk) {
      Work forward, backward;
      for (const Segment& s : pieces[chunk]) {
        const LayerWork& layer = layer_work(s.recomputed ? t : kept, gpus, repeated, s.kind);
        const double n = static_cast<double>(s.count);
        forward += layer.forward * n;
        backward += layer.backward * n;
      }
      if (stage == 0 && chunk == 0) {
        forward += ends.embedding_forward;
        backward += ends.embedding_backward;
      }
      if (stage == layout.pipeline - 1 && chunk + 1 == pieces.size()) {
        forward += ends.head_forward;
        backward += ends.head_backward;
      }
      if (chunk == 0) {
        first_forward = forward.time;
        first_backward = backward.time;
      }
      work += forward;
      work += backward;
    }
    const Shares shared = shares(t, layout, share, pieces);
    behind = stage == 0 ? shared.behind : std::min(behind, shared.behind);
    launched = std::max(launched, m * work.host);
    most = std::max({most, fill + m * work.time + drain, m * shared.of_micro_batch});
    fill += first_forward;
    if (t.pipeline_schedule != PipelineSchedule::zero_bubble) drain += first_backward;
    all += work * m;
  }
  if (layout.parameters_sharded) most = std::max(most, gathers(t, layout, share, m));
  most = std::max(most + behind, launched);
  Least least;
  most *= 1 - rounded;
  least.step = Seconds{most} + *base_.stack.host_per_step;
  if (t.loader_tokens_per_second > 0)
    least.step = std::max(least.step,
                          Seconds{useful_share(t) * static_cast<double>(t.micro_batch * steps * t.sequence) /
                                  t.loader_tokens_per_second});
  if (all.energy > 0) {
    const std::int64_t ranks = gpus / layout.pipeline;  // of a stage
    least.energy = Joules{all.energy * static_cast<double>(ranks)} +
                   idle_power(base_.platform->gpu) * least.step * static_cast<double>(gpus);
  }
  return least;
}

}  // namespace aifsim
