#include "lowering/training/lower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lowering/training/activation_offload.hpp"
#include "lowering/training/documents.hpp"
#include "lowering/training/emitter.hpp"
#include "lowering/training/gradients.hpp"
#include "lowering/training/groups.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/host_state.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/local_steps.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/muon.hpp"
#include "lowering/training/network.hpp"
#include "lowering/training/pieces.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/rollouts.hpp"
#include "lowering/training/schedule.hpp"

namespace aifsim {
namespace {

struct Inputs {
  const ModelDescription& model;
  const TrainingDescription& training;
  const StackDescription& stack;
  Layout layout;
  ModelShare share;
  std::int64_t micro_steps;
};

// One stage: what its ranks do.
class StageBuilder {
 public:
  StageBuilder(const Inputs& in, std::int64_t stage, std::size_t& events)
      : in_(in),
        layout_(in.layout),
        m_(in.share),
        t_(in.training),
        stack_(in.stack),
        stage_(stage),
        micro_steps_(in.micro_steps),
        ddp_(in.training.sharding == Sharding::ddp),
        guides_(guides_of(in.model, in.training, in.stack)),
        out_(events, group_sizes(in.layout, in.training, in.model.tied_embeddings)),
        offload_(out_, in.training.offload.activations, in.layout.chunks),
        pieces_(pieces_of(m_, t_, stack_, layout_, stage)),
        content_(content_of(pieces_, layout_, stage)) {
    parameters_ = parameters_of(m_, t_, layout_, content_);
    memory_ = memory_beside(m_, t_, stack_, layout_, stage, content_, guides_);
    for (const Guide& g : guides_) guide_pieces_.push_back(guide_pieces(g, stack_, layout_, stage));
    for (std::size_t* e : {&forward_in_, &forward_out_, &forward_sent_, &backward_in_, &backward_out_,
                           &backward_sent_, &guide_gathered_, &guide_computed_})
      *e = out_.event();
  }

  std::vector<Stream> build() {
    const auto turns = turns_of(t_.pipeline_schedule, layout_.pipeline, stage_, layout_.chunks,
                                layout_.parameters_sharded ? 1 : micro_steps_);
    out_.take_for_tensor_exchanges(*stack_.host_per_tensor_exchange);
    if (stack_.overlaps_experts && micro_steps_ > 1) out_.overlap_experts();
    if (stack_.forwards_tokens) out_.forward_tokens();
    hold_state();
    if (t_.rollouts) roll_out();
    begin_offload(turns);
    if (layout_.parameters_sharded) {
      out_.repeat(micro_steps_, [this] { sharded_pass(); });
    } else {
      for (const Turns& run : folded(turns, 2 * layout_.pipeline * layout_.chunks))
        out_.repeat(run.times, [&] {
          for (const Turn& turn : run.body) take(turn);
        });
    }
    offload_.end_step();
    finish_step();
    if (content_.embedding)
      load_data(out_, t_, useful_share(t_) * static_cast<double>(t_.micro_batch * micro_steps_ * t_.sequence),
                static_cast<double>(layout_.tensor * layout_.context));
    end_step(out_);
    return out_.streams();
  }

 private:
  bool begins(std::int64_t chunk) const { return stage_ == 0 && chunk == 0; }
  bool ends(std::int64_t chunk) const {
    return stage_ == layout_.pipeline - 1 && chunk == layout_.chunks - 1;
  }

  std::int64_t layers() const {
    std::int64_t sum = 0;
    for (const auto& piece : pieces_)
      for (const Segment& s : piece) sum += s.count;
    return sum;
  }

  void hold_state() {
    out_.hold(MemoryPurpose::parameters, memory_.parameters);
    out_.hold(MemoryPurpose::gradients, memory_.gradients);
    out_.hold(MemoryPurpose::optimizer, memory_.optimizer);
    out_.hold(MemoryPurpose::buffers, memory_.buffers);
  }
  void begin_offload(std::span<const Turn> turns) {
    if (!offload_.on()) return;
    offload_.begin_step();
    const KeptOfStage all = kept_of_stage(m_, t_, stack_, pieces_);
    const std::optional<Bytes> places = offload_places(all.largest, most_kept(turns, all.of_pieces));
    leaves_ = places.has_value();
    if (leaves_) out_.hold(MemoryPurpose::activations, *places);
  }

  // Answers, and what the frozen models say of them.
  void roll_out() {
    generate_answers(out_, m_, t_, layout_, engine_of(in_.model, t_, layout_.gpus()), memory_);
    out_.begin(StepPhase::scoring);
    for (std::size_t g = 0; g < guides_.size(); ++g) out_.repeat(micro_steps_, [&] { guide_pass(g, 0); });
    out_.begin(StepPhase::training);
  }

  // --- one layer

  double parameters_of_layer(LayerKind kind) const { return static_cast<double>(layer_parameters(m_, kind)); }
  // Of those with gradients: of experts, and of all else.
  double trained_expert(LayerKind kind) const {
    return t_.lora_rank > 0 ? 0 : static_cast<double>(expert_parameters(m_, kind));
  }
  double trained_dense(LayerKind kind) const {
    return t_.lora_rank > 0 ? static_cast<double>(lora_parameters(m_, kind, t_.lora_rank))
                            : parameters_of_layer(kind) - trained_expert(kind);
  }
  double storage() const { return bytes_of(storage_of(t_.precision)); }
  double gradient() const { return bytes_of(t_.gradient_precision); }
  // Ranks that share a rank's gradients by the time they are added up.
  double gradient_shards() const {
    return layout_.parameters_sharded || t_.sharding == Sharding::zero2
               ? static_cast<double>(layout_.state_shards)
               : 1;
  }
  double expert_shards() const {
    return layout_.parameters_sharded ? static_cast<double>(layout_.expert_copies) : 1;
  }
  Seconds host_of(LayerKind kind) const {
    return kind.experts ? *stack_.host_per_expert_layer : *stack_.host_per_layer;
  }
  Bytes kept(const Segment& s) const { return kept_per_layer(m_, t_, stack_, s.kind, s.recomputed); }
  Bytes copied(const Segment& s) const { return kept(s) / stack_.allocated_per_held; }

  // Of a forward pass, which the backward pass needs or not. Weights that every rank holds are cast once a step.
  Casts casts(bool for_backward, bool first_micro_step) const {
    const std::int64_t layouts = for_backward ? 2 : 1;
    return {t_.recompute == Recompute::per_op ? 1 : layouts, layout_.parameters_sharded ? layouts
                                                             : first_micro_step         ? 2
                                                                                        : 0};
  }

  void forward_layer(const Segment& s, StepLabel label, bool first_micro_step) {
    offload_.before_forward();
    out_.run(layer_forward(m_, t_, casts(!s.recomputed, first_micro_step), s.kind), label, host_of(s.kind));
    if (offload_.on()) offload_.after_forward(copied(s), label);
    if (!leaves_) out_.hold(MemoryPurpose::activations, kept(s));
  }
  void backward_layer(const Segment& s, StepLabel label, const Backward& what = {}) {
    if (offload_.on()) offload_.before_backward(copied(s), label);
    if (s.recomputed && what.inputs)
      out_.run(layer_forward(m_, t_, {2, layout_.parameters_sharded ? 2 : 0}, s.kind), label,
               host_of(s.kind));
    out_.run(layer_backward(m_, t_, what, s.kind), label, what.inputs ? host_of(s.kind) : Seconds{});
    if (!what.weights) return;
    if (micro_steps_ > 1 && !stack_.fuses_accumulation)
      out_.run(accumulate_gradients(
                   t_, trained_dense(s.kind) / gradient_shards() + trained_expert(s.kind) / expert_shards()),
               label);
    offload_.after_backward();
    if (!leaves_) out_.drop(MemoryPurpose::activations, kept(s));
  }

  void head_forward_pass() {
    out_.hold(MemoryPurpose::activations, memory_.logits);
    out_.run(head_forward(m_, t_), "head forward");
    for (const Guide& g : guides_) out_.run(guide_loss(g), "loss against the teacher");
  }
  void head_backward_pass() {
    for (const Guide& g : guides_) {
      out_.run(guide_loss(g), "loss against the teacher");
      if (g.keeps_logits) out_.drop(MemoryPurpose::activations, guide_logits(g));
    }
    out_.run(head_backward(m_, t_), "head backward");
  }

  // Of those that run in each micro-step.
  void guide_passes(std::int64_t chunk) {
    if (t_.rollouts) return;
    for (std::size_t g = 0; g < guides_.size(); ++g) guide_pass(g, chunk);
  }
  // A piece of the frozen model's forward pass; sharded, its layers come as the trained model's do.
  void guide_pass(std::size_t index, std::int64_t chunk) {
    const Guide& g = guides_[index];
    const bool sharded = layout_.parameters_sharded;
    if (sharded) gather_guide(g);
    if (begins(chunk)) out_.run(embedding_forward(g.model, g.training), std::string(g.name) + ", embedding");
    for (const Segment& s : guide_pieces_[index][static_cast<std::size_t>(chunk)])
      out_.repeat(s.count, [&] {
        if (sharded) out_.wait(compute, guide_gathered_);
        out_.run(layer_forward(g.model, g.training, {1, sharded ? 1 : 0}, s.kind),
                 {std::string(g.name) + ", layer #", s.first}, host_of(s.kind));
        if (sharded) out_.record(compute, guide_computed_);
      });
    if (!g.has_logits || !ends(chunk)) return;
    out_.hold(MemoryPurpose::activations, guide_logits(g));
    out_.run(head_forward(g.model, g.training), std::string(g.name) + ", head");
    if (!g.keeps_logits) out_.drop(MemoryPurpose::activations, guide_logits(g));
  }
  void gather_guide(const Guide& g) {
    const std::int64_t ahead = std::min({stack_.prefetch + 1, stack_.max_gathers_in_flight, g.model.layers});
    const auto gather = [&](std::int64_t first) {
      out_.collective(shard, shard_group, CollectiveKind::all_gather,
                      held_bytes(g.model, g.training, LayerKind::dense),
                      {std::string(g.name) + ", layer #", first});
      out_.record(shard, guide_gathered_);
    };
    out_.collective(shard, shard_group, CollectiveKind::all_gather,
                    storage() * static_cast<double>(root_parameters(g.model, t_.sequence)),
                    std::string(g.name) + ", embedding and head");
    out_.after(compute, shard);
    out_.repeat(ahead, [&] { gather(0); });
    out_.repeat(g.model.layers - ahead, [&] {
      out_.wait(shard, guide_computed_);
      gather(ahead);
    });
    out_.repeat(ahead, [&] { out_.wait(shard, guide_computed_); });
  }

  // --- full sharding

  void reduce(double bytes, const StepLabel& what) {
    out_.collective(shard, shard_group, CollectiveKind::reduce_scatter, bytes, what);
    sum_replicas(shard, bytes, what);
  }
  void reduce_experts(double bytes, const StepLabel& what) {
    out_.collective(shard, expert_copies, CollectiveKind::reduce_scatter, bytes, what);
    sum_expert_replicas(shard, bytes, what);
  }
  // Over the groups of hsdp, what `behind` has reduced within each.
  void sum_replicas(StreamIndex behind, double bytes, const StepLabel& what) {
    if (ddp_ || layout_.replicas == 1 || !(bytes > 0)) return;
    out_.after(replica, behind);
    out_.collective(replica, replica_group, CollectiveKind::all_reduce,
                    bytes / static_cast<double>(layout_.state_shards), what);
  }
  void sum_expert_replicas(StreamIndex behind, double bytes, const StepLabel& what) {
    if (layout_.expert_replicas == 1 || !(bytes > 0)) return;
    out_.after(replica, behind);
    out_.collective(replica, expert_replicas, CollectiveKind::all_reduce,
                    bytes / static_cast<double>(layout_.expert_copies), what);
  }

  // A layer's gather starts when the pass `ahead` passes before has been computed; a host that waits for that issues
  // no further gathers, so that they cannot queue before reductions.
  void sharded_pass() {
    const std::vector<Segment>& piece = pieces_.front();
    const std::int64_t layers = m_.all_layers();
    const std::int64_t ahead = std::min({stack_.prefetch + 1, stack_.max_gathers_in_flight, layers});
    const std::size_t gathered = out_.event(), computed = out_.event();
    const double root = storage() * static_cast<double>(root_parameters(m_, t_.sequence)),
                 root_gradients = t_.lora_rank > 0 ? 0 : root / storage() * gradient();
    const auto gather = [&](std::int64_t first, std::int64_t step) {
      const LayerKind kind = m_.kind_of(first);
      out_.collective(shard, shard_group, CollectiveKind::all_gather, gathered_bytes(m_, t_, stack_, kind),
                      {"layer #", first, step});
      out_.collective(shard, expert_copies, CollectiveKind::all_gather,
                      gathered_expert_bytes(m_, t_, stack_, kind), {"layer #, experts", first, step});
      out_.record(shard, gathered);
    };
    const auto reduce_next = [&](std::int64_t first) {
      out_.wait(shard, computed);
      reduce(gradient() * trained_dense(m_.kind_of(first)), {"layer #", first, -1});
      reduce_experts(gradient() * trained_expert(m_.kind_of(first)), {"layer #, experts", first, -1});
    };
    // So many layers from one on, up or down, in runs of one kind, also of those that are `behind`.
    const auto runs = [&](std::int64_t first, std::int64_t count, std::int64_t step, std::int64_t behind,
                          const auto& body) {
      const auto kinds = [&](std::int64_t i) {
        return std::pair(m_.kind_of(first + i * step).experts, m_.kind_of(first + behind + i * step).experts);
      };
      for (std::int64_t i = 0, next = 0; i < count; i = next) {
        while (next < count && kinds(next) == kinds(i)) ++next;
        out_.repeat(next - i, [&] { body(first + i * step); });
      }
    };

    guide_passes(0);
    out_.collective(shard, shard_group, CollectiveKind::all_gather, root, "embedding and head");
    out_.after(compute, shard);
    out_.run(embedding_forward(m_, t_), "embedding forward");
    runs(0, ahead, 1, 0, [&](std::int64_t i) { gather(i, 1); });
    runs(ahead, layers - ahead, 1, 0, [&](std::int64_t i) {
      out_.wait(shard, computed);
      gather(i, 1);
    });
    for (const Segment& s : piece)
      out_.repeat(s.count, [&] {
        out_.wait(compute, gathered);
        forward_layer(s, {"layer # forward", s.first}, true);
        out_.record(compute, computed);
      });
    offload_.end_forward(0);
    head_forward_pass();
    offload_.begin_backward(0);
    head_backward_pass();
    out_.hold(MemoryPurpose::activations, memory_.recomputed);
    runs(layers - 1, ahead, -1, 0, [&](std::int64_t i) {
      out_.wait(shard, computed);
      gather(i, -1);
    });
    out_.repeat(1, [&] { reduce_next(layers - 1); });
    runs(layers - 1 - ahead, layers - ahead, -1, ahead - 1, [&](std::int64_t i) {
      gather(i, -1);
      reduce_next(i + ahead - 1);
    });
    runs(ahead - 2, ahead - 1, -1, 0, reduce_next);
    for (auto s = piece.rbegin(); s != piece.rend(); ++s)
      out_.repeat(s->count, [&] {
        out_.wait(compute, gathered);
        backward_layer(*s, {"layer # backward", s->first + s->count - 1, -1});
        out_.record(compute, computed);
      });
    offload_.end_backward();
    out_.run(embedding_backward(m_, t_), "embedding backward");
    out_.drop(MemoryPurpose::activations, memory_.recomputed);
    out_.drop(MemoryPurpose::activations, memory_.logits);
    out_.after(shard, compute);
    reduce(root_gradients, "embedding and head");
  }

  // --- parameters that every rank holds, through a pipeline or not

  void take(const Turn& turn) {
    switch (turn.kind) {
      case TurnKind::forward:
        return forward_pass(turn);
      case TurnKind::backward:
        return backward_pass(turn, {});
      case TurnKind::backward_inputs:
        return backward_pass(turn, {true, false});
      case TurnKind::backward_weights:
        return backward_pass(turn, {false, true});
    }
  }

  // Collectives of parameters or gradients of so many of a rank's elements.
  struct Trained {
    double dense = 0, expert = 0;
  };
  void share(CollectiveKind kind, const Trained& p, double element, const StepLabel& what) {
    if (ddp_)
      out_.collective(replica, replica_group, kind, element * p.dense, what);
    else
      out_.collective(shard, shard_group, kind, element * p.dense, what);
    out_.collective(expert_shard, expert_copies, kind, element * p.expert, what);
  }
  StreamIndex dense_stream() const { return ddp_ ? replica : shard; }
  void reduce_gradients(const Trained& p, const StepLabel& what) {
    out_.after(dense_stream(), compute);
    if (p.expert > 0) out_.after(expert_shard, compute);
    const std::int64_t calls = calls_for_gradients(stack_, t_, p.dense + p.expert);
    const double n = static_cast<double>(calls);
    out_.repeat(calls, [&] {
      share(sum_of_gradients(stack_, t_.sharding), {p.dense / n, p.expert / n}, gradient(), what);
    });
    sum_replicas(shard, gradient() * p.dense, what);
    sum_expert_replicas(expert_shard, gradient() * p.expert, what);
  }
  static constexpr std::int64_t root_tensors = 2;  // of an end: embedding, or head, and a norm
  Trained of_layer(LayerKind kind) const { return {trained_dense(kind), trained_expert(kind)}; }
  double root_of(bool embedding, bool head) const {
    return t_.lora_rank > 0 ? 0 : static_cast<double>(end_parameters(m_, t_.sequence, embedding, head));
  }
  // Answers need the weights before the forward pass does.
  bool gathers_ahead() const {
    return (stack_.overlaps_parameters || kept_gathered(t_, layout_)) && gathers() && !t_.rollouts;
  }
  bool gathers() const { return !ddp_ && !layout_.parameters_sharded; }

  // Parameters that the optimizer has left with one rank each, of so many tensors.
  void hand_out(const Trained& p, std::int64_t tensors, double element, const StepLabel& what) {
    if (!stack_.broadcasts_parameters) return share(CollectiveKind::all_gather, p, element, what);
    const std::int64_t senders = std::min(tensors, layout_.state_shards);
    const auto n = static_cast<double>(senders);
    out_.repeat(senders, [&] {
      share(CollectiveKind::broadcast, {p.dense / n, p.expert / n}, element, what);
    });
  }

  // Those of the step before.
  void gather_ahead(const Trained& p, std::int64_t tensors, const StepLabel& what, double element) {
    if (!gathers_ahead()) return;
    hand_out(p, tensors, element, what);
    out_.after(compute, shard);
    if (p.expert > 0) out_.after(compute, expert_shard);
  }

  // What a micro-batch's pass gives to the next stage: forward, of frozen models beside the trained one, too.
  Bytes passed_on(std::int64_t by) const {
    double bytes = PassShape(m_, t_).own_row;
    for (const Guide& g : guides_)
      if (by > 0) bytes += PassShape(g.model, g.training).own_row;
    return Bytes{bytes};
  }
  void transfer(StreamIndex send, std::size_t ready, std::size_t sent, std::int64_t by, std::int64_t channel,
                const char* what) {
    out_.record(compute, ready);
    out_.wait(send, ready);
    out_.put(send, {Send{"pp", by, passed_on(by), channel}, what});
    if (stack_.overlaps_stages) return;
    out_.record(send, sent);
    out_.wait(compute, sent);
  }
  void receive(StreamIndex stream, std::size_t arrived, std::int64_t by, std::int64_t channel,
               const char* what) {
    out_.put(stream, {Receive{"pp", by, passed_on(by), channel}, what});
    out_.record(stream, arrived);
    out_.wait(compute, arrived);
  }

  void forward_pass(const Turn& turn) {
    if (!begins(turn.chunk)) receive(receive_forward, forward_in_, 1, 0, "receive activations");
    guide_passes(turn.chunk);
    if (begins(turn.chunk)) {
      if (turn.first) gather_ahead({root_of(true, content_.head), 0}, root_tensors, "embedding", storage());
      out_.run(embedding_forward(m_, t_), "embedding forward");
    }
    for (const Segment& s : pieces_[static_cast<std::size_t>(turn.chunk)])
      out_.repeat(s.count, [&] {
        if (turn.first)
          gather_ahead(of_layer(s.kind), layer_tensors(m_), {"layer #", s.first},
                       gathered_weight_bytes(t_, stack_));
        forward_layer(s, {"layer # forward", s.first}, turn.first);
      });
    offload_.end_forward(turn.chunk);
    if (ends(turn.chunk)) {
      if (turn.first && !content_.embedding)
        gather_ahead({root_of(false, true), 0}, root_tensors, "head", storage());
      head_forward_pass();
    } else {
      transfer(send_forward, forward_out_, forward_sent_, 1, 0, "send activations");
    }
  }

  void backward_pass(const Turn& turn, const Backward& what) {
    const std::vector<Segment>& piece = pieces_[static_cast<std::size_t>(turn.chunk)];
    offload_.begin_backward(turn.chunk);
    if (what.inputs) {
      if (ends(turn.chunk))
        head_backward_pass();
      else
        receive(receive_backward, backward_in_, -1, 1, "receive gradients");
      out_.hold(MemoryPurpose::activations, memory_.recomputed);
    }
    const bool reduces = what.weights && overlaps_gradients(stack_, t_.sharding) &&
                         (turn.last || t_.sharding == Sharding::zero2);
    std::int64_t number = 0;
    for (auto s = piece.rbegin(); s != piece.rend(); ++s)
      number = backward_segment(*s, what, reduces, number);
    offload_.end_backward();
    if (begins(turn.chunk) && what.weights) out_.run(embedding_backward(m_, t_), "embedding backward");
    if (what.inputs) {
      out_.drop(MemoryPurpose::activations, memory_.recomputed);
      if (ends(turn.chunk)) out_.drop(MemoryPurpose::activations, memory_.logits);
      if (!begins(turn.chunk))
        transfer(send_backward, backward_out_, backward_sent_, -1, 1, "send gradients");
    }
    if (!reduces) return;
    const double root = root_of(begins(turn.chunk), ends(turn.chunk));
    if (root > 0) reduce_gradients({root, 0}, "embedding and head");
  }

  std::int64_t backward_segment(const Segment& s, const Backward& what, bool reduces, std::int64_t number) {
    const std::int64_t bucket = std::max<std::int64_t>(1, stack_.bucket_layers), last = s.first + s.count - 1;
    const auto reduce_bucket = [&](std::int64_t count, std::int64_t at) {
      if (!reduces) return;
      const Trained one = of_layer(s.kind);
      const double n = static_cast<double>(count);
      reduce_gradients({n * one.dense, n * one.expert}, {"gradients, bucket #", at});
    };
    const std::int64_t whole = s.count / bucket, rest = s.count % bucket;
    if (bucket == 1) {
      out_.repeat(s.count, [&] {
        backward_layer(s, {"layer # backward", last, -1}, what);
        reduce_bucket(1, number);
      });
      return number + s.count;
    }
    out_.repeat(whole, [&] {
      out_.repeat(bucket, [&] { backward_layer(s, {"layer backward"}, what); });
      reduce_bucket(bucket, number);
    });
    out_.repeat(rest, [&] { backward_layer(s, {"layer # backward", s.first + rest - 1, -1}, what); });
    out_.repeat(std::min<std::int64_t>(rest, 1), [&] { reduce_bucket(rest, number + whole); });
    return number + whole + std::min<std::int64_t>(rest, 1);
  }

  void finish_step() {
    const Trained all{parameters_.trained_dense, parameters_.trained_expert};
    if (!layout_.parameters_sharded && !overlaps_gradients(stack_, t_.sharding))
      reduce_gradients(all, "gradients");
    for (const StreamIndex s : {shard, replica, expert_shard})
      if (out_.used(s)) out_.after(compute, s);
    if (in_.model.tied_embeddings && layout_.pipeline > 1 && (content_.embedding || content_.head)) {
      out_.after(replica, compute);
      out_.collective(replica, ends_group, CollectiveKind::all_reduce,
                      gradient() * static_cast<double>(m_.vocabulary * m_.hidden), "tied embedding");
      out_.after(compute, replica);
    }
    if (t_.optimizer == OptimizerKind::muon) orthogonalise(out_, m_, t_, layout_, content_);
    run_optimizer(out_, t_, stack_, updated_of(parameters_, layout_));
    if (gathers() && !kept_gathered(t_, layout_) && layout_.state_shards > 1)
      out_.host(*stack_.host_per_layer_shard * static_cast<double>(layers() * layout_.state_shards),
                "parts of layers copied");
    if (gathers() && !gathers_ahead()) {
      out_.after(shard, compute);
      if (all.expert > 0) out_.after(expert_shard, compute);
      const double narrow = gathered_weight_bytes(t_, stack_) / storage(),
                   root = root_of(content_.embedding, content_.head);
      hand_out({root + narrow * (all.dense - root), narrow * all.expert},
               layers() * layer_tensors(m_) + root_tensors, storage(), "parameters");
      out_.after(compute, shard);
      if (all.expert > 0) out_.after(compute, expert_shard);
    }
    average_islands(out_, t_, layout_, all.dense, all.expert);
    write_checkpoint(out_, trained_parameters(in_.model, t_), t_, stack_, layout_.gpus());
    out_.host(*stack_.host_per_step, "host work of the step");
  }

  const Inputs& in_;
  const Layout& layout_;
  const ModelShare& m_;  // one rank's
  const TrainingDescription& t_;
  const StackDescription& stack_;
  std::int64_t stage_, micro_steps_;
  bool ddp_;
  std::vector<Guide> guides_;
  std::vector<std::vector<std::vector<Segment>>> guide_pieces_;  // of each, by chunk
  Emitter out_;
  ActivationOffload offload_;
  bool leaves_ = false;                       // layers' activations, the GPU's memory
  std::vector<std::vector<Segment>> pieces_;  // by chunk
  StageContent content_;
  StageParameters parameters_;
  TrainingMemory memory_;
  std::size_t forward_in_ = 0, forward_out_ = 0, forward_sent_ = 0, backward_in_ = 0, backward_out_ = 0,
              backward_sent_ = 0, guide_gathered_ = 0, guide_computed_ = 0;
};

}  // namespace

Program lower_training(const ModelDescription& model, const TrainingDescription& training,
                       const StackDescription& stack, std::int64_t gpus) {
  const Layout layout = layout_of(model, training, gpus);
  const std::int64_t steps = micro_steps(model, training, gpus);
  Program program = empty_program(layout, training.sharding == Sharding::ddp, training.rollouts);
  if (model.network) {
    Role role{"rank", {}, {}};
    role.streams = network_streams(*model.network, training, stack, layout, steps, program.events);
    program.roles.push_back(std::move(role));
    return program;
  }
  const Inputs in{model, training, stack, layout, ModelShare(model, degrees_of(training, stack)), steps};
  for (std::int64_t stage = 0; stage < layout.pipeline; ++stage) {
    Role role{layout.pipeline == 1 ? "rank" : fmt::format("stage {}", stage), {}, {}};
    if (layout.pipeline > 1) role.at = {{"pp", stage, 1}};
    role.streams = StageBuilder(in, stage, program.events).build();
    program.roles.push_back(std::move(role));
  }
  return program;
}

}  // namespace aifsim
