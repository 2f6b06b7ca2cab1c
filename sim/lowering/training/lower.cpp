#include "lowering/training/lower.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

class Builder {
 public:
  Builder(const ModelDescription& model, const TrainingDescription& training,
          const SoftwareDescription& software, std::int64_t gpus)
      : layout_(layout_of(model, training, gpus)),
        m_(model, layout_.tensor),
        t_(training),
        storage_(storage_of(training.precision)),
        micro_steps_(micro_steps(model, training, gpus)),
        software_(software),
        gpus_(gpus) {
    const std::int64_t shards = layout_.state_shards, split = layout_.tensor;
    program_.ranks = gpus;
    program_.communicators = {
        {"shard", shards, split}, {"replica", layout_.data / shards, shards * split}, {"tensor", split, 1}};
    for (const char* name : {"compute", "shard", "replica", "tensor", "loader"})
      streams_.push_back({name, {}});
  }

  Program build() {
    for (std::int64_t step = 0; step < micro_steps_; ++step) {
      first_step_ = step == 0;
      const bool last = step + 1 == micro_steps_;
      layout_.parameters_sharded ? sharded_pass() : replicated_pass(last);
    }
    finish_step();
    load_data();
    Role role{"rank", gpus_, {}};
    for (auto& s : streams_)
      if (!s.operations.empty()) role.streams.push_back(std::move(s));
    program_.roles.push_back(std::move(role));
    return std::move(program_);
  }

 private:
  enum StreamIndex { compute, shard, replica, tensor, loader };

  std::size_t record(StreamIndex s) {
    streams_[s].operations.push_back({Record{program_.events}, ""});
    return program_.events++;
  }
  void wait(StreamIndex s, std::size_t event) { streams_[s].operations.push_back({Wait{event}, ""}); }
  void run(const std::vector<Kernel>& kernels, const std::string& label) {
    for (const Kernel& k : kernels) streams_[compute].operations.push_back({k, label});
  }
  void run(const std::vector<Part>& parts, const std::string& label) {
    for (const Part& part : parts) {
      run(part.kernels, label);
      const bool sums = part.sums && layout_.tensor > 1;
      if (sums) {
        wait(tensor, record(compute));
        collective(tensor, CollectiveKind::all_reduce, activation_bytes(), label);
      }
      run(part.beside, label);
      if (sums) wait(compute, record(tensor));
    }
  }
  void host(Seconds time, const std::string& label) {
    if (time.value > 0) streams_[compute].operations.push_back({HostWork{time}, label});
  }
  void collective(StreamIndex s, CollectiveKind kind, double bytes, const std::string& what) {
    const std::size_t communicator = s == shard ? 0 : s == replica ? 1 : 2;
    if (program_.communicators[communicator].size == 1) return;
    streams_[s].operations.push_back({Collective{kind, communicator, Bytes{bytes}, Algorithm::automatic},
                                      fmt::format("{} {}", name_of(kind), what)});
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
  Casts casts(bool for_backward) const {
    const std::int64_t layouts = for_backward ? 2 : 1;
    return {layouts, layout_.parameters_sharded ? layouts : first_step_ ? 2 : 0};
  }

  // A layer's pass on the compute stream; `consumed_` remembers the passes for the rate limiter.
  void layer_pass(std::int64_t layer, bool forward) {
    const auto label = fmt::format("layer {} {}", layer, forward ? "forward" : "backward");
    run(forward ? layer_forward(m_, t_, casts(t_.recompute == Recompute::none))
                : layer_backward(m_, t_, {2, layout_.parameters_sharded ? 2 : 0}),
        label);
    if (!forward && micro_steps_ > 1)
      run(accumulate_gradients(t_, static_cast<double>(layer_parameters(m_)) / gradient_shards()), label);
    consumed_.push_back(record(compute));
  }

  // All-gather of the layer of pass number `pass` (counted over forward and backward).
  std::size_t gather_layer(std::int64_t layer, std::size_t pass) {
    const auto ahead = static_cast<std::size_t>(std::min(t_.prefetch + 1, t_.max_gathers_in_flight));
    if (pass >= ahead) {  // the event to wait for is known once that pass has been laid out
      limiter_.push_back({streams_[shard].operations.size(), pass - ahead});
      wait(shard, 0);
    }
    collective(shard, CollectiveKind::all_gather, layer_bytes(storage_), fmt::format("layer {}", layer));
    return record(shard);
  }

  void reduce_layer(double shard_bytes, const std::string& what) {
    collective(shard, CollectiveKind::reduce_scatter, shard_bytes, what);
    if (layout_.replicas == 1) return;
    wait(replica, record(shard));
    collective(replica, CollectiveKind::all_reduce, shard_bytes / static_cast<double>(layout_.state_shards),
               what);
  }

  void sharded_pass() {
    const std::int64_t layers = m_.layers;
    const std::size_t first = consumed_.size();
    limiter_.clear();
    if (first > 0) wait(shard, consumed_.back());
    collective(shard, CollectiveKind::all_gather, root_bytes(storage_), "embedding and head");
    wait(compute, record(shard));
    run(embedding_forward(m_, t_), "embedding forward");
    std::vector<std::size_t> gathered(2 * layers);
    for (std::int64_t i = 0; i < layers; ++i) gathered[i] = gather_layer(i, i);
    for (std::int64_t i = 0; i < layers; ++i) {
      wait(compute, gathered[i]);
      layer_pass(i, true);
    }
    run(head_forward(m_, t_), "head forward");
    run(head_backward(m_, t_), "head backward");
    std::int64_t issued = 0;
    for (std::int64_t j = 0; j < layers; ++j) {
      // A host that the rate limiter stops issues no further gathers, so that they cannot queue before
      // reductions.
      const std::int64_t window = std::min(t_.prefetch, t_.max_gathers_in_flight - 1);
      for (; issued < layers && issued <= j + window; ++issued)
        gathered[layers + issued] = gather_layer(layers - 1 - issued, layers + issued);
      wait(compute, gathered[layers + j]);
      layer_pass(layers - 1 - j, false);
      wait(shard, consumed_.back());
      reduce_layer(layer_bytes(t_.gradient_precision), fmt::format("layer {}", layers - 1 - j));
    }
    for (const auto& [at, pass] : limiter_)
      streams_[shard].operations[at] = {Wait{consumed_[first + pass]}, ""};
    run(embedding_backward(m_, t_), "embedding backward");
    wait(shard, record(compute));
    reduce_layer(root_bytes(t_.gradient_precision), "embedding and head");
  }

  void replicated_pass(bool last) {
    const std::int64_t layers = m_.layers, bucket = std::max<std::int64_t>(1, t_.bucket_layers);
    const bool ddp = t_.sharding == Sharding::ddp;
    const StreamIndex stream = ddp ? replica : shard;
    const auto kind = ddp ? CollectiveKind::all_reduce : CollectiveKind::reduce_scatter;
    const bool reduces = last || t_.sharding == Sharding::zero2;
    run(embedding_forward(m_, t_), "embedding forward");
    for (std::int64_t i = 0; i < layers; ++i) layer_pass(i, true);
    run(head_forward(m_, t_), "head forward");
    run(head_backward(m_, t_), "head backward");
    for (std::int64_t done = 0; done < layers;) {
      const std::int64_t count = std::min(bucket, layers - done);
      for (std::int64_t k = 0; k < count; ++k, ++done) layer_pass(layers - 1 - done, false);
      if (!reduces) continue;
      wait(stream, consumed_.back());
      collective(stream, kind, static_cast<double>(count) * layer_bytes(t_.gradient_precision),
                 fmt::format("gradients of layers {}-{}", layers - done, layers - done + count - 1));
    }
    run(embedding_backward(m_, t_), "embedding backward");
    if (!reduces) return;
    wait(stream, record(compute));
    collective(stream, kind, root_bytes(t_.gradient_precision), "embedding and head");
  }

  void finish_step() {
    if (!streams_[shard].operations.empty()) wait(compute, record(shard));
    if (!streams_[replica].operations.empty()) wait(compute, record(replica));
    run(optimizer_step(t_.optimizer, static_cast<double>(total_parameters(m_, t_.sequence)) /
                                         static_cast<double>(layout_.state_shards)),
        "optimizer");
    if (t_.sharding == Sharding::zero1 || t_.sharding == Sharding::zero2) {
      wait(shard, record(compute));
      collective(shard, CollectiveKind::all_gather,
                 static_cast<double>(m_.layers) * layer_bytes(storage_) + root_bytes(storage_), "parameters");
      wait(compute, record(shard));
    }
    host(software_.host_per_step, "host work of the step");
  }

  void load_data() {
    if (t_.loader_tokens_per_second <= 0) return;
    const double tokens = static_cast<double>(t_.micro_batch * micro_steps_ * t_.sequence);
    streams_[loader].operations.push_back(
        {HostWork{Seconds{tokens / t_.loader_tokens_per_second}}, "load data"});
  }

  Layout layout_;
  ModelShare m_;  // one rank's
  const TrainingDescription& t_;
  Dtype storage_;
  std::int64_t micro_steps_;  // of the optimizer step
  const SoftwareDescription& software_;
  std::int64_t gpus_;
  Program program_;
  std::vector<Stream> streams_;
  bool first_step_ = true;             // of the gradient accumulation
  std::vector<std::size_t> consumed_;  // events: a layer's pass has been computed
  struct Limit {
    std::size_t operation, pass;
  };
  std::vector<Limit> limiter_;
};

}  // namespace

Program lower_training(const ModelDescription& model, const TrainingDescription& training,
                       const SoftwareDescription& software, std::int64_t gpus) {
  return Builder(model, training, software, gpus).build();
}

}  // namespace aifsim
