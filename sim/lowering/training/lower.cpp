#include "lowering/training/lower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lowering/training/layout.hpp"
#include "lowering/training/memory.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

class Builder {
 public:
  Builder(const ModelDescription& model, const TrainingDescription& training, const StackDescription& stack,
          std::int64_t gpus)
      : layout_(layout_of(model, training, gpus)),
        m_(model, layout_.tensor),
        t_(training),
        storage_(storage_of(training.precision)),
        micro_steps_(micro_steps(model, training, gpus)),
        memory_(training_memory(model, training, stack, gpus)),
        stack_(stack) {
    const std::int64_t shards = layout_.state_shards;
    program_.meshes.emplace_back(std::vector<MeshAxis>{
        {"tp", layout_.tensor}, {"dp_shard", shards}, {"dp_replicate", layout_.data / shards}});
    program_.groups = {{"shard", {{"dp_shard"}}}, {"replica", {{"dp_replicate"}}}, {"tensor", {{"tp"}}}};
    for (const char* name : {"compute", "shard", "replica", "tensor", "loader"})
      streams_.push_back({name, {}});
    for (auto& s : streams_) into_.push_back(&s.operations);
  }

  Program build() {
    hold_state();
    if (layout_.parameters_sharded) {
      repeat(micro_steps_, [this] { sharded_pass(); });
    } else {
      replicated_pass(true, micro_steps_ == 1);
      repeat(micro_steps_ - 2, [this] { replicated_pass(false, false); });
      if (micro_steps_ > 1) replicated_pass(false, true);
    }
    finish_step();
    load_data();
    Role role{"rank", {}, {}};
    for (auto& s : streams_)
      if (!s.operations.empty()) role.streams.push_back(std::move(s));
    program_.roles.push_back(std::move(role));
    return std::move(program_);
  }

 private:
  enum StreamIndex { compute, shard, replica, tensor, loader };

  // What `body` puts on each stream, so many times.
  template <class Body>
  void repeat(std::int64_t times, Body body) {
    if (times < 1) return;
    std::vector<std::vector<Operation>> bodies(streams_.size());
    std::vector<std::vector<Operation>*> outside = into_;
    for (std::size_t s = 0; s < bodies.size(); ++s) into_[s] = &bodies[s];
    body();
    into_ = std::move(outside);
    for (std::size_t s = 0; s < bodies.size(); ++s)
      if (!bodies[s].empty()) into_[s]->push_back({Repeat{times, std::move(bodies[s])}});
  }

  std::size_t event() { return program_.events++; }
  void record(StreamIndex s, std::size_t event) { into_[s]->push_back({Record{event}}); }
  void wait(StreamIndex s, std::size_t event) { into_[s]->push_back({Wait{event}}); }
  // `later` goes on when `earlier` has come here.
  void after(StreamIndex later, StreamIndex earlier) {
    const std::size_t e = event();
    record(earlier, e);
    wait(later, e);
  }
  void run(const std::vector<Kernel>& kernels, const StepLabel& label) {
    for (const Kernel& k : kernels) into_[compute]->push_back({k, label});
  }
  void run(const std::vector<Part>& parts, const StepLabel& label) {
    for (const Part& part : parts) {
      run(part.kernels, label);
      const bool sums = part.sums && layout_.tensor > 1;
      if (sums) {
        after(tensor, compute);
        collective(tensor, CollectiveKind::all_reduce, activation_bytes(), label);
      }
      run(part.overlapped, label);
      if (sums) after(compute, tensor);
    }
  }
  void host(Seconds time, const std::string& label) {
    if (time.value > 0) into_[compute]->push_back({HostWork{time}, label});
  }
  void collective(StreamIndex s, CollectiveKind kind, double bytes, StepLabel what) {
    const std::size_t group = s == shard ? 0 : s == replica ? 1 : 2;
    if (sizes()[group] == 1) return;
    what.text = fmt::format("{} {}", name_of(kind), what.text);
    into_[s]->push_back({Collective{kind, group, Bytes{bytes}, Algorithm::automatic}, std::move(what)});
  }
  std::array<std::int64_t, 3> sizes() const {
    return {layout_.state_shards, layout_.data / layout_.state_shards, layout_.tensor};
  }

  void hold(MemoryPurpose purpose, Bytes bytes) { into_[compute]->push_back({Hold{purpose, bytes}}); }
  void drop(MemoryPurpose purpose, Bytes bytes) { into_[compute]->push_back({Drop{purpose, bytes}}); }
  void hold_state() {
    hold(MemoryPurpose::parameters, memory_.parameters);
    hold(MemoryPurpose::gradients, memory_.gradients);
    hold(MemoryPurpose::optimizer, memory_.optimizer);
    hold(MemoryPurpose::buffers, memory_.buffers);
  }

  // Ranks that share a rank's gradients by the time they are added up.
  double gradient_shards() const {
    return layout_.parameters_sharded || t_.sharding == Sharding::zero2
               ? static_cast<double>(layout_.state_shards)
               : 1;
  }
  double activation_bytes() const {
    return bytes_of(storage_) * static_cast<double>(t_.micro_batch * t_.sequence * m_.hidden);
  }
  double layer_bytes(Dtype d) const { return bytes_of(d) * static_cast<double>(layer_parameters(m_)); }
  double root_bytes(Dtype d) const {
    return bytes_of(d) * static_cast<double>(root_parameters(m_, t_.sequence));
  }

  // Of a forward pass, which the backward pass needs or not. Weights that every rank holds are cast once a step.
  Casts casts(bool for_backward, bool first_micro_step) const {
    const std::int64_t layouts = for_backward ? 2 : 1;
    return {layouts, layout_.parameters_sharded ? layouts : first_micro_step ? 2 : 0};
  }

  void forward_layer(StepLabel label, bool first_micro_step) {
    run(layer_forward(m_, t_, casts(t_.recompute == Recompute::none, first_micro_step)), label);
    hold(MemoryPurpose::activations, memory_.kept_per_layer);
  }
  void backward_layer(StepLabel label) {
    run(layer_backward(m_, t_, {2, layout_.parameters_sharded ? 2 : 0}), label);
    if (micro_steps_ > 1)
      run(accumulate_gradients(t_, static_cast<double>(layer_parameters(m_)) / gradient_shards()), label);
    drop(MemoryPurpose::activations, memory_.kept_per_layer);
  }
  void head() {
    hold(MemoryPurpose::activations, memory_.working);
    run(head_forward(m_, t_), "head forward");
    run(head_backward(m_, t_), "head backward");
  }
  void embedding_gradient() {
    run(embedding_backward(m_, t_), "embedding backward");
    drop(MemoryPurpose::activations, memory_.working);
  }

  void reduce(double shard_bytes, const StepLabel& what) {
    collective(shard, CollectiveKind::reduce_scatter, shard_bytes, what);
    if (layout_.replicas == 1) return;
    after(replica, shard);
    collective(replica, CollectiveKind::all_reduce, shard_bytes / static_cast<double>(layout_.state_shards),
               what);
  }

  // A layer's gather starts when the pass `ahead` passes before has been computed; a host that waits for that issues
  // no further gathers, so that they cannot queue before reductions.
  void sharded_pass() {
    const std::int64_t layers = m_.layers;
    const std::int64_t ahead = std::min({stack_.prefetch + 1, stack_.max_gathers_in_flight, layers});
    const std::size_t gathered = event(), computed = event();
    const double bytes = layer_bytes(storage_), gradient = layer_bytes(t_.gradient_precision);
    const auto gather = [&](std::int64_t first, std::int64_t step) {
      collective(shard, CollectiveKind::all_gather, bytes, {"layer #", first, step});
      record(shard, gathered);
    };
    const auto reduce_next = [&](std::int64_t first) {
      wait(shard, computed);
      reduce(gradient, {"layer #", first, -1});
    };

    collective(shard, CollectiveKind::all_gather, root_bytes(storage_), "embedding and head");
    after(compute, shard);
    run(embedding_forward(m_, t_), "embedding forward");
    repeat(ahead, [&] { gather(0, 1); });
    repeat(layers - ahead, [&] {
      wait(shard, computed);
      gather(ahead, 1);
    });
    repeat(layers, [&] {
      wait(compute, gathered);
      forward_layer({"layer # forward"}, true);
      record(compute, computed);
    });
    head();
    repeat(ahead, [&] {
      wait(shard, computed);
      gather(layers - 1, -1);
    });
    repeat(1, [&] { reduce_next(layers - 1); });
    repeat(layers - ahead, [&] {
      gather(layers - 1 - ahead, -1);
      reduce_next(layers - 2);
    });
    repeat(ahead - 1, [&] { reduce_next(ahead - 2); });
    repeat(layers, [&] {
      wait(compute, gathered);
      backward_layer({"layer # backward", layers - 1, -1});
      record(compute, computed);
    });
    embedding_gradient();
    after(shard, compute);
    reduce(root_bytes(t_.gradient_precision), "embedding and head");
  }

  void replicated_pass(bool first, bool last) {
    const std::int64_t layers = m_.layers, bucket = std::max<std::int64_t>(1, stack_.bucket_layers);
    const bool ddp = t_.sharding == Sharding::ddp;
    const StreamIndex stream = ddp ? replica : shard;
    const auto kind = ddp ? CollectiveKind::all_reduce : CollectiveKind::reduce_scatter;
    const bool reduces = last || t_.sharding == Sharding::zero2;
    run(embedding_forward(m_, t_), "embedding forward");
    repeat(layers, [&] { forward_layer({"layer # forward"}, first); });
    head();
    const auto reduce_bucket = [&](std::int64_t count, std::int64_t number) {
      if (!reduces) return;
      after(stream, compute);
      collective(stream, kind, static_cast<double>(count) * layer_bytes(t_.gradient_precision),
                 {"gradients, bucket #", number});
    };
    const std::int64_t whole = layers / bucket, rest = layers % bucket;
    if (bucket == 1) {
      repeat(layers, [&] {
        backward_layer({"layer # backward", layers - 1, -1});
        reduce_bucket(1, 0);
      });
    } else {
      repeat(whole, [&] {
        repeat(bucket, [&] { backward_layer({"layer backward"}); });
        reduce_bucket(bucket, 0);
      });
      repeat(rest, [&] { backward_layer({"layer # backward", rest - 1, -1}); });
      repeat(std::min<std::int64_t>(rest, 1), [&] { reduce_bucket(rest, whole); });
    }
    embedding_gradient();
    if (!reduces) return;
    after(stream, compute);
    collective(stream, kind, root_bytes(t_.gradient_precision), "embedding and head");
  }

  void finish_step() {
    for (const StreamIndex s : {shard, replica})
      if (!streams_[s].operations.empty()) after(compute, s);
    run(optimizer_step(t_.optimizer, static_cast<double>(total_parameters(m_, t_.sequence)) /
                                         static_cast<double>(layout_.state_shards)),
        "optimizer");
    if (t_.sharding == Sharding::zero1 || t_.sharding == Sharding::zero2) {
      after(shard, compute);
      collective(shard, CollectiveKind::all_gather,
                 static_cast<double>(m_.layers) * layer_bytes(storage_) + root_bytes(storage_), "parameters");
      after(compute, shard);
    }
    host(*stack_.host_per_step, "host work of the step");
  }

  void load_data() {
    if (t_.loader_tokens_per_second <= 0) return;
    const double tokens = static_cast<double>(t_.micro_batch * micro_steps_ * t_.sequence);
    into_[loader]->push_back({HostWork{Seconds{tokens / t_.loader_tokens_per_second}}, "load data"});
  }

  Layout layout_;
  ModelShare m_;  // one rank's
  const TrainingDescription& t_;
  Dtype storage_;
  std::int64_t micro_steps_;  // of the optimizer step
  TrainingMemory memory_;
  const StackDescription& stack_;
  Program program_;
  std::vector<Stream> streams_;
  std::vector<std::vector<Operation>*> into_;  // by stream: where its operations go
};

}  // namespace

Program lower_training(const ModelDescription& model, const TrainingDescription& training,
                       const StackDescription& stack, std::int64_t gpus) {
  return Builder(model, training, stack, gpus).build();
}

}  // namespace aifsim
