#include "lowering/training/layout.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace aifsim {

namespace {

CannotAnswer refusal(const Place& place, const std::string& what) {
  return CannotAnswer(Problem{place, what}.str());
}

void check_tensor_parallel(const ModelDescription& m, const TrainingDescription& t, std::int64_t gpus) {
  const std::int64_t tensor = t.tensor_parallel;
  const auto refuse = [&](const std::string& what) {
    throw refusal(t.place, fmt::format("tensor_parallel {} {}", tensor, what));
  };
  if (gpus % tensor != 0)
    refuse(fmt::format("does not divide a job of {} GPUs; a divisor of the GPU count would", gpus));
  if (m.heads % tensor != 0)
    refuse(fmt::format("does not divide the {} heads; a divisor of them would", m.heads));
  if (m.kv_heads % tensor != 0 && tensor % m.kv_heads != 0)
    refuse(fmt::format("neither divides the {} key and value heads nor is a multiple of them", m.kv_heads));
  if (m.ffn_hidden % tensor != 0)
    refuse(fmt::format("does not divide the feed-forward width {}; a divisor of it would", m.ffn_hidden));
}

}  // namespace

Layout layout_of(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  check_tensor_parallel(model, t, gpus);
  const std::int64_t tensor = t.tensor_parallel, data = gpus / tensor;
  switch (t.sharding) {
    case Sharding::ddp:
      return {tensor, data, 1, data, false};
    case Sharding::zero1:
    case Sharding::zero2:
      return {tensor, data, data, 1, false};
    case Sharding::zero3:
      return {tensor, data, data, 1, true};
    case Sharding::hsdp:
      break;
  }
  if (t.shard_group < 1 || data % t.shard_group != 0)
    throw refusal(
        t.place, tensor == 1
                     ? fmt::format("hybrid sharding over groups of {} GPUs does not divide a job of {} GPUs; "
                                   "shard_group must be a divisor of the GPU count",
                                   t.shard_group, gpus)
                     : fmt::format("hybrid sharding over groups of {} ranks does not divide the {} "
                                   "data-parallel ranks ({} GPUs / tensor_parallel {}); shard_group must be "
                                   "a divisor of them",
                                   t.shard_group, data, gpus, tensor));
  return {tensor, data, t.shard_group, data / t.shard_group, true};
}

std::int64_t micro_steps(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  const std::int64_t ranks = layout_of(model, t, gpus).data;
  if (t.global_batch == 0) return t.gradient_accumulation;
  const std::int64_t at_once = ranks * t.micro_batch, rest = t.global_batch % at_once;
  if (rest == 0) return t.global_batch / at_once;
  const std::int64_t below = t.global_batch - rest;
  throw refusal(
      t.global_batch_place,
      fmt::format("global_batch {} is no multiple of {} data-parallel ranks x micro_batch {} = {}; {}{} "
                  "would be",
                  t.global_batch, ranks, t.micro_batch, at_once,
                  below > 0 ? fmt::format("{} or ", below) : "", below + at_once));
}

}  // namespace aifsim
