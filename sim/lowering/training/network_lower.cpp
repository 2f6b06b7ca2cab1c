// Program of a network's step. Block instances follow each other as layers do in lower.cpp; data-parallel ranks
// alone share the work, so all ranks are one role.
#include <algorithm>

#include "lowering/training/activation_offload.hpp"
#include "lowering/training/emitter.hpp"
#include "lowering/training/gradients.hpp"
#include "lowering/training/host_state.hpp"
#include "lowering/training/network.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

class NetworkBuilder {
 public:
  NetworkBuilder(const NetworkDescription& network, const TrainingDescription& t,
                 const StackDescription& stack, const Layout& layout, std::int64_t micro_steps,
                 std::size_t& events)
      : t_(t),
        stack_(stack),
        layout_(layout),
        micro_steps_(micro_steps),
        ddp_(t.sharding == Sharding::ddp),
        out_(events, {layout.state_shards, layout.replicas, 1, 1, layout.expert, layout.expert_copies, 1, 1}),
        offload_(out_, t.offload.activations, 1) {
    StageParameters p;
    double matrices = 0, rows = 0, tables = 0;
    LayerSizes sizes;
    for (const NetworkBlock& block : network.blocks) {
      const BlockSize size = size_of(block);
      const double n = static_cast<double>(block.repeat);
      for (std::int64_t i = 0; i < block.repeat; ++i) all_.push_back({&block, size.parameters});
      p.dense += n * size.parameters;
      if (!block.frozen) p.trained_dense += n * size.parameters;
      matrices += n * size.matrices;
      rows += n * size.table_rows;
      tables += n * size.tables;
      sizes.layer = std::max(sizes.layer, size.parameters);
    }
    for (const Instance& i : all_)
      if (!i.block->frozen) trained_.push_back(i);
    std::reverse(trained_.begin(), trained_.end());
    sizes.layers = sizes.of_stage = static_cast<std::int64_t>(all_.size());
    trained_parameters_ = p.trained_dense;
    memory_ = state_memory(p, sizes, t, stack, layout);
    memory_.buffers += Bytes{2 * quantised_bytes(t.precision) * matrices};
    // Tables that are shared out are held in fp32, with a moment of each row.
    memory_.parameters += Bytes{4 * tables / static_cast<double>(layout.expert)};
    memory_.optimizer += Bytes{4 * rows / static_cast<double>(layout.expert)};
    gathered_ = out_.event();
    computed_ = out_.event();
  }

  std::vector<Stream> build() {
    out_.hold(MemoryPurpose::parameters, memory_.parameters);
    out_.hold(MemoryPurpose::gradients, memory_.gradients);
    out_.hold(MemoryPurpose::optimizer, memory_.optimizer);
    out_.hold(MemoryPurpose::buffers, memory_.buffers);
    if (offload_.on()) hold_places();
    offload_.begin_step();
    if (micro_steps_ == 1) {
      pass(true, true);
    } else {
      pass(true, false);
      out_.repeat(micro_steps_ - 2, [this] { pass(false, false); });
      pass(false, true);
    }
    offload_.end_step();
    finish_step();
    load_data(out_, t_, static_cast<double>(t_.micro_batch * micro_steps_ * t_.sequence), 1);
    end_step(out_);
    return out_.streams();
  }

 private:
  struct Instance {
    const NetworkBlock* block;
    double parameters;
  };

  double storage() const { return bytes_of(storage_of(t_.precision)); }
  double gradient() const { return bytes_of(t_.gradient_precision); }
  bool sharded() const { return layout_.parameters_sharded; }
  bool recomputed(const Instance& i) const { return t_.recompute == Recompute::full && !i.block->frozen; }
  bool gathers() const { return t_.sharding == Sharding::zero1 || t_.sharding == Sharding::zero2; }
  Casts casts(bool for_backward, bool first) const {
    const std::int64_t layouts = for_backward ? 2 : 1;
    return {layouts, sharded() ? layouts : first ? 2 : 0};
  }

  void reduce(const Instance& i) {
    const std::int64_t calls = calls_for_gradients(stack_, t_, i.parameters);
    out_.repeat(calls, [&] {
      out_.collective(ddp_ ? replica : shard, ddp_ ? replica_group : shard_group,
                      sum_of_gradients(stack_, t_.sharding),
                      gradient() * i.parameters / static_cast<double>(calls), i.block->name);
    });
    if (ddp_ || layout_.replicas == 1) return;
    out_.after(replica, shard);
    out_.collective(replica, replica_group, CollectiveKind::all_reduce,
                    gradient() * i.parameters / static_cast<double>(layout_.state_shards), i.block->name);
  }
  void gather(const Instance& i) {
    const bool sent = stack_.broadcasts_parameters && !layout_.parameters_sharded;
    out_.collective(shard, shard_group, sent ? CollectiveKind::broadcast : CollectiveKind::all_gather,
                    storage() * i.parameters, i.block->name);
  }

  // Gathers and reductions of a pass in the order in which the host issues them (lower.cpp, sharded_pass).
  void issue_sharded() {
    const std::size_t ahead =
        std::min({static_cast<std::size_t>(stack_.prefetch + 1),
                  static_cast<std::size_t>(stack_.max_gathers_in_flight), all_.size(), trained_.size()});
    const auto fetch = [&](const Instance& i, bool waits) {
      if (waits) out_.wait(shard, computed_);
      gather(i);
      out_.record(shard, gathered_);
    };
    const auto reduce_next = [&](const Instance& i) {
      out_.wait(shard, computed_);
      reduce(i);
    };
    for (std::size_t i = 0; i < all_.size(); ++i) fetch(all_[i], i >= ahead);
    for (std::size_t i = 0; i < ahead; ++i) fetch(trained_[i], true);
    for (std::size_t i = 0; i < trained_.size(); ++i) {
      reduce_next(trained_[i]);
      if (i + ahead < trained_.size()) fetch(trained_[i + ahead], false);
    }
  }

  void pass(bool first, bool last) {
    if (sharded()) issue_sharded();
    Bytes most;
    for (const Instance& i : all_) {
      if (sharded()) out_.wait(compute, gathered_);
      if (first && gathers() && stack_.overlaps_parameters && !i.block->frozen) {
        gather(i);
        out_.after(compute, shard);
      }
      const bool copied = offload_.on() && kept(i) > Bytes{};
      const StepLabel label = i.block->name + " forward";
      if (copied) offload_.before_forward();
      out_.run(block_forward(*i.block, t_, casts(!recomputed(i) && !i.block->frozen, first)), label,
               *stack_.host_per_layer);
      if (copied) offload_.after_forward(kept(i) / stack_.allocated_per_held, label);
      if (!leaves_) out_.hold(MemoryPurpose::activations, kept(i));
      most = std::max(most, recomputed(i) ? kept_of_block(*i.block, t_, stack_, false) : Bytes{});
      if (sharded()) out_.record(compute, computed_);
    }
    offload_.end_forward(0);
    offload_.begin_backward(0);
    out_.hold(MemoryPurpose::activations, most);
    const bool reduces =
        !sharded() && overlaps_gradients(stack_, t_.sharding) && (last || t_.sharding == Sharding::zero2);
    for (const Instance& i : trained_) {
      if (sharded()) out_.wait(compute, gathered_);
      backward(i);
      if (sharded()) out_.record(compute, computed_);
      if (!reduces) continue;
      out_.after(ddp_ ? replica : shard, compute);
      reduce(i);
    }
    offload_.end_backward();
    out_.drop(MemoryPurpose::activations, most);
  }

  void hold_places() {
    Bytes largest, all;
    for (const Instance& i : all_) {
      largest = std::max(largest, kept(i));
      all += kept(i);
    }
    const std::optional<Bytes> places = offload_places(largest, all);
    leaves_ = places.has_value();
    if (leaves_) out_.hold(MemoryPurpose::activations, *places);
  }

  Bytes kept(const Instance& i) const { return kept_of_block(*i.block, t_, stack_, recomputed(i)); }

  void backward(const Instance& i) {
    const StepLabel label = i.block->name + " backward";
    const bool copied = offload_.on() && kept(i) > Bytes{};
    if (copied) offload_.before_backward(kept(i) / stack_.allocated_per_held, label);
    if (recomputed(i))
      out_.run(block_forward(*i.block, t_, {2, sharded() ? 2 : 0}), label, *stack_.host_per_layer);
    out_.run(block_backward(*i.block, t_), label, *stack_.host_per_layer);
    if (micro_steps_ > 1 && !stack_.fuses_accumulation)
      out_.run(accumulate_gradients(t_, i.parameters / (sharded() || t_.sharding == Sharding::zero2
                                                            ? static_cast<double>(layout_.state_shards)
                                                            : 1)),
               label);
    if (copied) offload_.after_backward();
    if (!leaves_) out_.drop(MemoryPurpose::activations, kept(i));
  }

  void finish_step() {
    if (!sharded() && !overlaps_gradients(stack_, t_.sharding)) {
      out_.after(ddp_ ? replica : shard, compute);
      for (const Instance& i : trained_) reduce(i);
    }
    for (const StreamIndex s : {shard, replica})
      if (out_.used(s)) out_.after(compute, s);
    run_optimizer(out_, t_, stack_, {trained_parameters_ / static_cast<double>(layout_.state_shards)});
    if (gathers() && layout_.state_shards > 1)
      out_.host(
          *stack_.host_per_layer_shard * static_cast<double>(std::ssize(trained_) * layout_.state_shards),
          "parts of layers copied");
    if (gathers() && !stack_.overlaps_parameters) {
      out_.after(shard, compute);
      for (const Instance& i : trained_) gather(i);
      out_.after(compute, shard);
    }
    write_checkpoint(out_, {trained_parameters_}, t_, stack_, layout_.gpus());
    out_.host(*stack_.host_per_step, "host work of the step");
  }

  const TrainingDescription& t_;
  const StackDescription& stack_;
  const Layout& layout_;
  std::int64_t micro_steps_;
  bool ddp_;
  Emitter out_;
  ActivationOffload offload_;
  bool leaves_ = false;                  // blocks' activations, the GPU's memory
  std::vector<Instance> all_, trained_;  // in the order of the forward pass; of the backward pass
  double trained_parameters_ = 0;
  TrainingMemory memory_;
  std::size_t gathered_ = 0, computed_ = 0;
};

}  // namespace

std::vector<Stream> network_streams(const NetworkDescription& network, const TrainingDescription& training,
                                    const StackDescription& stack, const Layout& layout,
                                    std::int64_t micro_steps, std::size_t& events) {
  return NetworkBuilder(network, training, stack, layout, micro_steps, events).build();
}

}  // namespace aifsim
