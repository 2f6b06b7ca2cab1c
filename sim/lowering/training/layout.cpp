#include "lowering/training/layout.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace aifsim {

Layout layout_of(const TrainingDescription& t, std::int64_t gpus) {
  switch (t.sharding) {
    case Sharding::ddp:
      return {1, gpus, false};
    case Sharding::zero1:
    case Sharding::zero2:
      return {gpus, 1, false};
    case Sharding::zero3:
      return {gpus, 1, true};
    case Sharding::hsdp:
      break;
  }
  if (t.shard_group < 1 || gpus % t.shard_group != 0)
    throw InputError(t.place,
                     fmt::format("hybrid sharding over groups of {} GPUs does not divide a job of {} GPUs; "
                                 "shard_group must be a divisor of the GPU count",
                                 t.shard_group, gpus));
  return {t.shard_group, gpus / t.shard_group, true};
}

}  // namespace aifsim
