// Pipelines, experts, sequence and context parallelism, adapters: what ranks do together adds up to the model.
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "lowering/small_models.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/check.hpp"
#include "program/memory.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

TrainingDescription training() {
  TrainingDescription t;
  t.sequence = 256;
  t.micro_batch = 2;
  t.gradient_accumulation = 8;
  t.sharding = Sharding::zero1;
  return t;
}

double sum_over_ranks(const Program& p, double (*of)(const Operation&)) {
  double sum = 0;
  for (const Role& role : p.roles)
    for (const Stream& stream : role.streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        sum += of(op) * static_cast<double>(times * ranks_of(p, role).size());
      });
  return sum;
}

double host_work(const Operation& op) {
  const auto* h = std::get_if<HostWork>(&op.what);
  return h ? h->time.value : 0;
}
double host_of_kernels(const Operation& op) {
  const auto* k = std::get_if<Kernel>(&op.what);
  return k ? k->host.value : 0;
}

double product_flops(const Operation& op) {
  const auto* k = std::get_if<Kernel>(&op.what);
  const auto* g = k ? std::get_if<Gemm>(&k->op) : nullptr;
  return g ? 2.0 * static_cast<double>(g->m * g->n * g->k * k->count) : 0;
}

double sent(const Operation& op) {
  const auto* s = std::get_if<Send>(&op.what);
  return s ? s->bytes.value : 0;
}

double bytes_of_kind(const Program& p, CollectiveKind kind, std::size_t group) {
  double sum = 0;
  for (const Role& role : p.roles)
    for (const Stream& stream : role.streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        const auto* c = std::get_if<Collective>(&op.what);
        if (c && c->kind == kind && c->group == group) sum += c->bytes.value * static_cast<double>(times);
      });
  return sum;
}

}  // namespace

TEST_CASE("every layout's program is well formed", "[lowering]") {
  for (const bool experts : {false, true})
    for (const auto schedule :
         {PipelineSchedule::gpipe, PipelineSchedule::one_f_one_b, PipelineSchedule::zero_bubble})
      for (const std::int64_t stages : {1, 2, 4})
        for (const std::int64_t pieces : {1, 3})
          for (const std::int64_t context : {1, 2})
            for (const bool overlaps : {false, true})
              for (const auto sharding :
                   {Sharding::ddp, Sharding::zero1, Sharding::zero2, Sharding::zero3, Sharding::hsdp}) {
                if (pieces > 1 && (stages == 1 || schedule != PipelineSchedule::one_f_one_b)) continue;
                auto t = training();
                t.pipeline_schedule = schedule;
                t.pipeline_parallel = stages;
                t.virtual_stages = pieces;
                t.tensor_parallel = 2;
                t.sequence_parallel = experts || overlaps;
                t.context_parallel = context;
                t.expert_parallel = experts ? 4 : 1;
                t.sharding = sharding;
                t.shard_group = sharding == Sharding::hsdp ? 4 : 0;
                t.optimizer = overlaps ? OptimizerKind::muon : OptimizerKind::adamw;
                t.recompute =
                    overlaps && schedule != PipelineSchedule::zero_bubble ? Recompute::full : Recompute::none;
                t.recompute_layers = overlaps && t.recompute == Recompute::full ? 1 : 0;
                StackDescription stack;
                stack.overlaps_stages = stack.overlaps_tensor = stack.overlaps_parameters = overlaps;
                stack.overlaps_experts = overlaps;
                if (overlaps)
                  stack.reduces_after_backward = {Sharding::ddp, Sharding::zero1, Sharding::zero2};
                ModelDescription m = experts ? with_experts() : small();
                m.tied_embeddings = context == 2;
                m.predict_layers = overlaps ? 1 : 0;
                const Program p = lower_training(m, t, stack, 32);
                INFO(stages << " stages, " << pieces << " pieces, context " << context << ", overlaps "
                            << overlaps);
                CHECK(problems_of(p) == std::vector<std::string>{});
              }
}

TEST_CASE("products of all ranks add up to the same, however the model is split", "[lowering]") {
  for (const auto& [experts, further] : {std::pair{false, 0}, {true, 0}, {false, 1}, {true, 2}}) {
    ModelDescription m = experts ? with_experts() : small();
    m.predict_layers = further;
    const auto flops = [&](std::int64_t tensor, std::int64_t context, std::int64_t stages,
                           std::int64_t pieces, std::int64_t expert) {
      auto t = training();
      t.tensor_parallel = tensor;
      t.sequence_parallel = tensor > 1;
      t.context_parallel = context;
      t.pipeline_parallel = stages;
      t.virtual_stages = pieces;
      t.expert_parallel = expert;
      t.global_batch = 64;
      return sum_over_ranks(lower_training(m, t, {}, 16), product_flops);
    };
    const double one = flops(1, 1, 1, 1, 1);
    CHECK(flops(1, 1, 4, 1, 1) == Approx(one));
    CHECK(flops(1, 1, 4, 3, 1) == Approx(one));
    CHECK(flops(1, 2, 2, 1, 1) == Approx(one));
    CHECK(flops(2, 2, 2, 2, 1) == Approx(one));
    if (experts) {
      CHECK(flops(1, 1, 1, 1, 8) == Approx(one));
      CHECK(flops(2, 2, 4, 3, 4) == Approx(one));
    }
    // 6 FLOPs per parameter that a token meets; attention's scores are no products here.
    const double matrices = model_flops(m, 256).value * 64 -
                            12.0 * 256 * 256 * 64 * static_cast<double>((m.layers + further) * m.hidden);
    CHECK(one == Approx(matrices));
  }
}

TEST_CASE("stages send each micro-batch's activations once each way between neighbours", "[lowering]") {
  auto t = training();
  t.pipeline_parallel = 4;
  const double activation = 2.0 * 2 * 256 * 512, micro_batches = 8;
  CHECK(sum_over_ranks(lower_training(small(), t, {}, 4), sent) ==
        Approx(2 * 3 * micro_batches * activation));
  t.virtual_stages = 3;
  CHECK(sum_over_ranks(lower_training(small(), t, {}, 4), sent) ==
        Approx(2 * 11 * micro_batches * activation));
  t.virtual_stages = 1;
  t.tensor_parallel = 2;
  t.sequence_parallel = true;  // each rank sends its share
  CHECK(sum_over_ranks(lower_training(small(), t, {}, 8), sent) ==
        Approx(2 * 3 * micro_batches * activation));
}

TEST_CASE("a stage keeps the activations of as many micro-batches as are under way", "[lowering]") {
  auto t = training();
  t.pipeline_parallel = 4;
  const auto activations = [&](std::size_t stage) {
    const Program p = lower_training(small(), t, {}, 4);
    return peak_memory(p.roles[stage]).activations.value;
  };
  const double one = activations(2) / 2;
  CHECK(activations(0) == Approx(4 * one));
  CHECK(activations(1) == Approx(3 * one));
  t.pipeline_schedule = PipelineSchedule::gpipe;
  CHECK(activations(0) == Approx(8 * one));
  t.pipeline_schedule = PipelineSchedule::one_f_one_b;
  t.recompute = Recompute::full;
  CHECK(activations(1) < one * 3 / 2);
}

TEST_CASE("sequence parallelism moves what all-reduces moved as gathers and scatters, and keeps less",
          "[lowering]") {
  auto t = training();
  t.gradient_accumulation = 1;
  t.tensor_parallel = 4;
  const Program whole = lower_training(small(), t, {}, 4);
  t.sequence_parallel = true;
  const Program split = lower_training(small(), t, {}, 4);
  const double activation = 2.0 * 2 * 256 * 512;
  CHECK(bytes_of_kind(whole, CollectiveKind::all_reduce, 2) == Approx((4 * 12 + 2) * activation));
  CHECK(bytes_of_kind(split, CollectiveKind::all_reduce, 2) == 0);
  CHECK(bytes_of_kind(split, CollectiveKind::reduce_scatter, 2) == Approx((4 * 12 + 2) * activation));
  // Inputs that were kept scattered are gathered again for the weights' gradients.
  CHECK(bytes_of_kind(split, CollectiveKind::all_gather, 2) == Approx((6 * 12 + 2) * activation));
  CHECK(peak_memory(split).activations < peak_memory(whole).activations);
}

TEST_CASE("host and GPU both take what a stack says for each exchange of tensor-parallel ranks",
          "[lowering]") {
  for (const bool sequence : {false, true}) {
    auto t = training();
    t.tensor_parallel = 4;
    t.sequence_parallel = sequence;
    StackDescription stack;
    stack.host_per_layer.value = Seconds{1e-3};
    const Program before = lower_training(small(), t, stack, 8);
    stack.host_per_tensor_exchange.value = Seconds{1e-4};
    const Program after = lower_training(small(), t, stack, 8);
    const double waited = sum_over_ranks(after, host_work) - sum_over_ranks(before, host_work);
    // 8 ranks, micro-batches and 12 layers; sums forth and back of two blocks, or gathers and scatters and the two
    // gathers again.
    CHECK(waited >= 8 * 8 * 12 * (sequence ? 10 : 4) * 0.999e-4);
    CHECK(waited < 1.1 * 8 * 8 * 12 * (sequence ? 10 : 4) * 1e-4);
    CHECK(sum_over_ranks(after, host_of_kernels) - sum_over_ranks(before, host_of_kernels) == Approx(waited));
  }
}

TEST_CASE("experts send each token at most once to each rank, there and back, both ways", "[lowering]") {
  auto t = training();
  t.gradient_accumulation = 1;
  t.expert_parallel = 8;
  const Program p = lower_training(with_experts(), t, {}, 8);
  const double row = 2.0 * 2 * 256 * 512, ranks = 8 * (1 - 7.0 / 8 * 7 / 8);
  CHECK(bytes_of_kind(p, CollectiveKind::all_to_all, 4) == Approx(4 * 10 * row * ranks));
  StackDescription forwards;
  forwards.forwards_tokens = true;
  for (const bool does : {false, true})
    for (const Role& role : lower_training(with_experts(), t, does ? forwards : StackDescription{}, 8).roles)
      for (const Stream& stream : role.streams)
        for (const Operation& operation : stream.operations)
          if (const auto* c = std::get_if<Collective>(&operation.what);
              c && c->kind == CollectiveKind::all_to_all)
            CHECK(c->tokens == TokenSpread{0, does ? 2.0 : 1.0});
  // The experts' gradients go to the ranks that hold the same ones: here none.
  CHECK(bytes_of_kind(p, CollectiveKind::reduce_scatter, 5) == 0);
  t.expert_parallel = 4;
  const Program copied = lower_training(with_experts(), t, {}, 8);
  CHECK(bytes_of_kind(copied, CollectiveKind::reduce_scatter, 5) == Approx(2.0 * 10 * 4 * 3 * 512 * 256));
}

TEST_CASE("experts of full sharding are gathered from, and reduced to, the ranks that hold the same ones",
          "[lowering]") {
  auto t = training();
  t.sharding = Sharding::zero3;
  t.gradient_accumulation = 2;
  t.expert_parallel = 4;
  ModelDescription m = with_experts();
  const double experts = 2.0 * 4 * 3 * 512 * 256, micro_steps = 2;
  for (const std::int64_t dense : {0, 1, 2, 11})
    for (const std::int64_t every : {1, 2})
      for (const std::int64_t prefetch : {1, 2, 5}) {
        INFO(dense << " dense layers first, experts in every " << every << ", prefetch " << prefetch);
        m.experts.dense_layers = dense;
        m.experts.every = every;
        StackDescription stack;
        stack.prefetch = prefetch;
        stack.max_gathers_in_flight = prefetch + 1;
        const Program p = lower_training(m, t, stack, 8);
        CHECK(problems_of(p) == std::vector<std::string>{});
        const auto layers = static_cast<double>(ModelShare(m).expert_layers());
        CHECK(bytes_of_kind(p, CollectiveKind::all_gather, 5) == Approx(2 * micro_steps * layers * experts));
        CHECK(bytes_of_kind(p, CollectiveKind::reduce_scatter, 5) == Approx(micro_steps * layers * experts));
        // All else is shared by all eight: as of the model without them.
        ModelDescription rest = m;
        rest.experts.ffn_hidden = 1;
        CHECK(bytes_of_kind(p, CollectiveKind::reduce_scatter, 0) ==
              Approx(bytes_of_kind(lower_training(rest, t, stack, 8), CollectiveKind::reduce_scatter, 0)));
      }
  SECTION("the state is shared out, experts among their copies") {
    m = with_experts();
    const ModelShare share(m, degrees_of(t, {}));
    const double held =
        12 * (512 * 256 * 3 * 4) * 10 / 2.0;  // fp32 weights and moments of four experts, two copies
    const double all = peak_memory(lower_training(m, t, {}, 8)).optimizer.value * 12 / 8;
    t.expert_parallel = 8;
    const double alone = peak_memory(lower_training(m, t, {}, 8)).optimizer.value * 12 / 8;
    CHECK(all > held);
    CHECK(all == Approx(alone));  // twice the experts on half the ranks
  }
  SECTION("frozen ones, too, whose adapters alone are trained") {
    t.lora_rank = 4;
    const auto held = [&](std::int64_t ranks, OffloadTo to) {
      t.expert_parallel = ranks;
      t.offload.optimizer = to;
      return peak_memory(lower_training(with_experts(), t, {}, 8)).parameters.value;
    };
    for (const OffloadTo to : {OffloadTo::none, OffloadTo::host})
      for (const std::int64_t ranks : {2, 4, 8}) CHECK(held(ranks, to) == Approx(held(1, to)));
  }
  SECTION("gathered buffers are of the largest layer") {
    m = with_experts();
    const auto buffers = [&](std::int64_t ffn) {
      m.ffn_hidden = ffn;
      return peak_memory(lower_training(m, t, {}, 8)).buffers.value;
    };
    CHECK(buffers(64) == buffers(128));  // the experts'
    CHECK(buffers(1 << 16) > buffers(1 << 15));
  }
  SECTION("hybrid sharding: within groups, whose sums are added up over them") {
    t.sharding = Sharding::hsdp;
    t.shard_group = 8;
    m = with_experts();
    const Program p = lower_training(m, t, {}, 32);
    CHECK(problems_of(p) == std::vector<std::string>{});
    const auto reduced = [&](std::size_t group) {
      return bytes_of_kind(p, CollectiveKind::reduce_scatter, group);
    };
    const auto summed = [&](std::size_t group) {
      return bytes_of_kind(p, CollectiveKind::all_reduce, group);
    };
    CHECK(reduced(5) == Approx(micro_steps * 10 * experts));
    CHECK(summed(6) == Approx(reduced(5) / 2));  // each of the two that hold the same ones, with four copies
    CHECK(summed(1) == Approx(reduced(0) / 8));
    const auto held = [](const Program& program) { return peak_memory(program).optimizer.value; };
    t.sharding = Sharding::zero3;
    t.shard_group = 0;
    CHECK(held(p) == Approx(held(lower_training(m, t, {}, 8))));
  }
  SECTION("refused: groups that experts do not fill, and frozen models beside") {
    t.objective = Objective::preference;
    CHECK_THROWS_WITH(layout_of(m, t, 8), Catch::Contains("beside a frozen model"));
    t.objective = Objective::next_token;
    t.sharding = Sharding::hsdp;
    t.shard_group = 2;
    CHECK_THROWS_WITH(layout_of(m, t, 8), Catch::Contains("does not divide the 2 ranks of a shard group"));
  }
}

TEST_CASE("full sharding in a pipeline gathers once a step, and adds whole gradients up", "[lowering]") {
  auto t = training();
  t.pipeline_parallel = 4;
  t.sharding = Sharding::zero3;
  StackDescription stack;
  stack.overlaps_parameters = stack.fuses_accumulation = true;
  const Program p = lower_training(small(), t, stack, 32);
  CHECK(problems_of(p) == std::vector<std::string>{});
  const auto moved = [](const Program& program, CollectiveKind kind, std::size_t group) {
    return bytes_of_kind(program, kind, group);
  };
  t.sharding = Sharding::zero1;
  const Program whole = lower_training(small(), t, stack, 32);
  for (const CollectiveKind kind : {CollectiveKind::all_gather, CollectiveKind::reduce_scatter})
    CHECK(moved(p, kind, 0) == Approx(moved(whole, kind, 0)));
  // Beside what zero1 has, the summed gradients of the rank's part.
  const MemoryAccount a = peak_memory(p), b = peak_memory(whole);
  CHECK(a.parameters.value == Approx(b.parameters.value));
  CHECK(a.optimizer.value == Approx(b.optimizer.value));
  CHECK(a.gradients.value == Approx(b.gradients.value + b.optimizer.value / 2));
  t.sharding = Sharding::hsdp;
  t.shard_group = 4;
  const Program groups = lower_training(small(), t, stack, 32);
  CHECK(problems_of(groups) == std::vector<std::string>{});
  CHECK(moved(groups, CollectiveKind::reduce_scatter, 0) ==
        Approx(moved(p, CollectiveKind::reduce_scatter, 0)));
  CHECK(moved(groups, CollectiveKind::all_reduce, 1) ==
        Approx(moved(p, CollectiveKind::reduce_scatter, 0) / 4));
}

TEST_CASE("where no rank shares its stage, full sharding in a pipeline holds what others do", "[lowering]") {
  auto t = training();
  t.pipeline_parallel = 4;
  const auto held = [&](Sharding sharding) {
    t.sharding = sharding;
    return peak_memory(lower_training(small(), t, {}, 4));
  };
  CHECK(held(Sharding::zero3).total() == held(Sharding::zero1).total());
}

TEST_CASE("uneven routing makes a rank wait for the busiest, and hold its tokens", "[lowering]") {
  auto t = training();
  const ModelDescription m = with_experts();
  const auto work = [&](std::int64_t ranks, double imbalance) {
    t.expert_parallel = ranks;
    t.expert_imbalance = imbalance;
    const Program p = lower_training(m, t, {}, 8);
    CHECK(problems_of(p) == std::vector<std::string>{});
    return std::tuple(sum_over_ranks(p, product_flops), bytes_of_kind(p, CollectiveKind::all_to_all, 4),
                      peak_memory(p).activations.value);
  };
  const auto [flops, bytes, kept] = work(8, 1);
  const auto [more_flops, more_bytes, more_kept] = work(8, 1.5);
  CHECK(more_bytes == Approx(1.5 * bytes));
  const double routed = 8 * 8 * 10 * 3 * 2.0 * (2 * 256 * 2) * 3 * 512 * 256;  // of eight ranks
  CHECK(more_flops - flops == Approx(0.5 * routed));
  CHECK(more_kept > kept);
  CHECK(work(1, 1.5) == work(1, 1));  // a rank has all experts
  t.expert_parallel = 2;
  t.expert_imbalance = 2.5;
  CHECK_THROWS_WITH(layout_of(m, t, 8), Catch::Contains("gets at most 2 times the average"));
}

TEST_CASE("exchanges with experts wait for their layer alone where they go on beside another micro-batch",
          "[lowering]") {
  // Waits of a pass of one layer for the exchanges: behind each of two, or behind both.
  const auto waits = [](std::int64_t micro_batches, bool overlaps, double& bytes) {
    auto t = training();
    t.gradient_accumulation = micro_batches;
    t.expert_parallel = 8;
    StackDescription stack;
    stack.overlaps_experts = overlaps;
    const Program p = lower_training(with_experts(), t, stack, 8);
    CHECK(problems_of(p) == std::vector<std::string>{});
    bytes = bytes_of_kind(p, CollectiveKind::all_to_all, 4) / static_cast<double>(micro_batches);
    std::int64_t exchanges = 0, sum = 0;
    for (const Stream& stream : p.roles.front().streams)
      for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
        exchanges += stream.name == "expert" && std::holds_alternative<Wait>(op.what) ? times : 0;
        sum += stream.name == "expert" && std::holds_alternative<Collective>(op.what) ? times : 0;
      });
    CHECK(sum == micro_batches * 10 * 4);
    return exchanges / micro_batches;
  };
  double apart = 0, beside = 0, alone = 0;
  CHECK(waits(8, false, apart) == 10 * 4);
  CHECK(waits(8, true, beside) == 10 * 2);
  CHECK(waits(1, true, alone) == 10 * 4);  // no other micro-batch
  CHECK(apart == beside);
  CHECK(apart == alone);
}

TEST_CASE("adapters alone have gradients, optimizer state and weight products", "[lowering]") {
  auto t = training();
  const Program full = lower_training(small(), t, {}, 2);
  t.lora_rank = 8;
  const Program adapters = lower_training(small(), t, {}, 2);
  CHECK(sum_over_ranks(adapters, product_flops) < 0.75 * sum_over_ranks(full, product_flops));
  CHECK(sum_over_ranks(adapters, product_flops) > 0.6 * sum_over_ranks(full, product_flops));
  CHECK(peak_memory(adapters).optimizer.value < 0.1 * peak_memory(full).optimizer.value);
  CHECK(peak_memory(adapters).gradients.value < 0.1 * peak_memory(full).gradients.value);
}

TEST_CASE("stacks that fuse less or keep more need more memory, and what they add is counted", "[lowering]") {
  auto t = training();
  t.gradient_accumulation = 1;
  t.tensor_parallel = 2;
  t.sequence_parallel = true;
  const auto activations = [&](const StackDescription& stack) {
    return peak_memory(lower_training(small(), t, stack, 2)).activations.value;
  };
  const double tokens = 2 * 256, base = activations({});
  StackDescription stack;
  stack.fuses_elementwise = false;  // an activation of half the width, and half the heads' queries and keys
  CHECK(activations(stack) - base == Approx(12 * 2 * tokens * (1024 + 512)));
  stack = {};
  stack.keeps_gathered = true;  // the other half of both blocks' inputs
  CHECK(activations(stack) - base == Approx(12 * 2 * tokens * 512));
  stack = {};
  stack.logit_bytes = 14;
  CHECK(activations(stack) - base == Approx(4 * tokens * 500));
  stack = {};
  stack.reduce_buffer = 2;
  const auto buffers = [&](const StackDescription& of, std::int64_t gpus) {
    return peak_memory(lower_training(small(), t, of, gpus)).buffers.value;
  };
  for (const Sharding sharding : {Sharding::ddp, Sharding::zero1}) {
    t.sharding = sharding;
    CHECK(buffers(stack, 4) - buffers({}, 4) ==
          Approx(2 * static_cast<double>(total_parameters(ModelShare(small(), {.tensor = 2}), 256))));
    CHECK(buffers(stack, 2) == buffers({}, 2));  // one replica reduces nothing
  }
  stack = {};
  stack.library_memory = Bytes{3e8};
  CHECK(buffers(stack, 4) - buffers({}, 4) == Approx(3e8));
}

TEST_CASE("a stack says how replicas sum gradients and share out parameters", "[lowering]") {
  TrainingDescription t = training();
  t.pipeline_parallel = 2;
  const auto total = [&](const StackDescription& stack, auto of) {
    double sum = 0;
    for (const Role& role : lower_training(small(), t, stack, 16).roles)
      for (const Stream& stream : role.streams)
        for_each_operation(stream.operations, [&](const Operation& op, std::int64_t times) {
          sum += of(op) * static_cast<double>(times);
        });
    return sum;
  };
  const auto sums = [](const Operation& op) {
    const auto* c = std::get_if<Collective>(&op.what);
    return c && c->kind == CollectiveKind::all_reduce ? c->bytes.value : 0;
  };
  const auto calls = [](const Operation& op) {
    const auto* c = std::get_if<Collective>(&op.what);
    return c && c->kind == CollectiveKind::all_reduce ? 1.0 : 0;
  };
  const auto host = [](const Operation& op) {
    const auto* h = std::get_if<HostWork>(&op.what);
    return h ? h->time.value : 0;
  };
  const double bytes =
      bytes_of(t.gradient_precision) * static_cast<double>(total_parameters(ModelShare(small()), t.sequence));
  StackDescription stack;
  CHECK(total(stack, sums) == 0);
  stack.reduces_whole_gradients = true;
  CHECK(total(stack, sums) == Approx(bytes));
  stack.reduces_after_backward = {Sharding::zero1};
  CHECK(total(stack, sums) == Approx(bytes));
  CHECK(total(stack, calls) == 2);  // one of each stage
  stack.host_per_layer_shard.value = Seconds{1e-3};
  CHECK(total(stack, host) == Approx(1e-3 * 12 * 8));

  t.sharding = Sharding::ddp;
  CHECK(total(stack, sums) == Approx(bytes));
  CHECK(total(stack, host) == 0);
  stack.bucket_size = Bytes{1e6};
  CHECK(total(stack, sums) == Approx(bytes));
  const double layer = static_cast<double>(layer_parameters(ModelShare(small())));
  CHECK(total(stack, calls) == Approx(12 * std::ceil(2 * layer / 1e6) + 2 * std::ceil(2 * 512 * 1000 / 1e6)));
  stack.reduces_after_backward = {Sharding::ddp};
  CHECK(total(stack, sums) == Approx(bytes));
}

TEST_CASE("layouts that cannot be are refused with both numbers", "[lowering]") {
  const auto refusal = [](const ModelDescription& m, const TrainingDescription& t, std::int64_t gpus) {
    try {
      lower_training(m, t, {}, gpus);
    } catch (const CannotAnswer& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  auto t = training();
  t.pipeline_parallel = 16;
  CHECK_THAT(refusal(small(), t, 16), Catch::Contains("more pieces than the 12 layers"));
  t.pipeline_parallel = 3;
  CHECK_THAT(refusal(small(), t, 16), Catch::Contains("= 3 does not divide a job of 16 GPUs"));
  t = training();
  t.expert_parallel = 4;
  CHECK_THAT(refusal(small(), t, 16), Catch::Contains("needs a model with experts"));
  t.expert_parallel = 3;
  CHECK_THAT(refusal(with_experts(), t, 16), Catch::Contains("does not divide the 16 experts"));
  t.expert_parallel = 16;
  CHECK_THAT(refusal(with_experts(), t, 8), Catch::Contains("does not divide the 8 ranks of a stage"));
  t.expert_parallel = 4;
  t.tensor_parallel = 2;
  CHECK_THAT(refusal(with_experts(), t, 8), Catch::Contains("needs sequence_parallel"));
  t = training();
  t.context_parallel = 3;
  CHECK_THAT(refusal(small(), t, 12), Catch::Contains("does not cut sequences of 256"));
  // At the key, where it is given.
  t.place = {"mine.yaml", 4, 1};
  CHECK_THAT(refusal(small(), t, 12), Catch::StartsWith("mine.yaml:4:1: "));
  t.keys.set("context_parallel", {"mine.yaml", 9, 21});
  CHECK_THAT(refusal(small(), t, 12), Catch::StartsWith("mine.yaml:9:21: "));
}

}  // namespace aifsim
