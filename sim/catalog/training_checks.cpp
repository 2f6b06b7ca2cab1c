// Keys of a training block that do not go together, in a workload's file, in a variant and at a point of a sweep.
//
// Each check names the keys that it is made of. A variant is read before a sweep fills it: where the sweep sets one of
// them, nothing is told there, and the point is checked, with all that it has in the end.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "base/calendar.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {
namespace {

class TrainingCheck {
 public:
  TrainingCheck(Reader& reader, const Node& node, const TrainingDescription& training)
      : reader_(reader), node_(node), t_(training) {}

  void all() {
    batch();
    run();
    adapters();
    objective();
    rollouts();
    local_groups();
    pipeline();
    tensor();
    recompute();
    sharding();
  }

 private:
  using Keys = std::initializer_list<std::string_view>;

  bool waits(Keys keys) const {
    return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
      return std::find(reader_.swept_training.begin(), reader_.swept_training.end(), key) !=
             reader_.swept_training.end();
    });
  }

  // The first of the keys that this block gives; `none` where the others stand elsewhere.
  std::string_view given(Keys keys, std::string_view none) const {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](std::string_view key) { return node_.find(key); });
    return found == keys.end() ? none : *found;
  }

  // Led by the path of the first key, at the place of the first that this block gives.
  void clash(Keys keys, std::string_view message) {
    if (waits(keys)) return;
    const Reader::Step step(reader_, *keys.begin());
    reader_.problem(node_.place_of(given(keys, "")), message);
  }

  // The same for a message that goes with any of its keys.
  void clash_of_any(Keys keys, std::string_view message) {
    if (!waits(keys)) reader_.problem_in(node_, given(keys, *keys.begin()), message);
  }

  // The first key is missing; of a point, where one stands that needs it.
  void missing(Keys keys, std::string_view doc) {
    if (waits(keys)) return;
    if (!reader_.at_point) return reader_.missing_key(node_, *keys.begin(), doc);
    Node at;
    at.place = node_.place_of(given(keys, ""));
    reader_.missing_key(at, *keys.begin(), doc);
  }

  // Whether this block gives the key; of a point, the block that it changes.
  bool stands(std::string_view key, bool differs) const {
    return node_.find(key) || (reader_.at_point && differs);
  }

  void batch() {
    if (node_.find("global_batch") && node_.find("gradient_accumulation"))
      reader_.problem_in(node_, "global_batch",
                         "stands beside gradient_accumulation, which follows from it; leave one of them out");
  }

  void run() {
    if (!t_.start.empty() && !hour_of_year(t_.start))
      reader_.problem_in(
          node_, "start",
          fmt::format("expected a date such as 2027-01-15 or 2027-01-15T08:00, found {}", quote(t_.start)));
    const auto of_run = [&](std::string_view key, bool differs) {
      if (stands(key, differs) && t_.tokens.value == 0)
        clash({key, "tokens"}, "says nothing without tokens beside it");
    };
    of_run("epochs", t_.epochs != 1);
    of_run("availability", t_.availability != 1);
    of_run("failures", t_.failures.has_value());
    of_run("start", !t_.start.empty());
    if (t_.failures && t_.checkpoint.steps == 0)
      clash({"failures", "checkpoint"},
            "starts from the beginning at each failure without a checkpoint beside it");
  }

  void adapters() {
    if (t_.frozen_weights != FrozenWeights::as_trained && t_.lora_rank == 0)
      clash({"frozen_weights", "lora_rank"}, "belongs to lora_rank above 0: else no weight is frozen");
    if (t_.frozen_weights == FrozenWeights::nf4 && t_.precision != Precision::bf16 &&
        t_.precision != Precision::fp16)
      clash({"frozen_weights", "precision"},
            fmt::format("nf4 is cast to 16 bit: precision bf16 or fp16 would go, found {}",
                        word_of(t_.precision)));
  }

  void objective() {
    const bool distils = t_.objective == Objective::distillation;
    if (distils && t_.teacher.empty())
      missing({"teacher", "objective"}, "objective distillation needs the workload whose model teaches.");
    if (!distils && !t_.teacher.empty())
      clash({"teacher", "objective"},
            fmt::format("belongs to objective distillation, this is {}", word_of(t_.objective)));
  }

  void rollouts() {
    const bool rolls = t_.objective == Objective::rollouts;
    if (rolls && !t_.rollouts)
      missing({"rollouts", "objective"}, "objective rollouts needs the answers that a step generates.");
    if (!rolls && t_.rollouts)
      clash({"rollouts", "objective"},
            fmt::format("belongs to objective rollouts, this is {}", word_of(t_.objective)));
    if (!rolls || !t_.rollouts) return;
    const RolloutsDescription& r = *t_.rollouts;
    if (t_.sequence > 1 && t_.sequence < r.prompt + r.response)  // 1: a network's samples
      clash_of_any({"sequence", "rollouts", "objective"},
                   fmt::format("a sequence of {} tokens is shorter than prompt {} + response {} = {}",
                               t_.sequence, r.prompt, r.response, r.prompt + r.response));
    if (t_.global_batch % r.answers != 0)
      clash_of_any(
          {"global_batch", "rollouts", "objective", "gradient_accumulation"},
          fmt::format("a global batch must be a multiple of the {} answers to each prompt, found {}; "
                      "{} would be",
                      r.answers, t_.global_batch, (t_.global_batch / r.answers + 1) * r.answers));
    if (t_.frozen_weights != FrozenWeights::as_trained)
      clash_of_any({"frozen_weights", "rollouts", "objective"},
                   "frozen weights of 4 bits are not modelled beside rollouts, as_trained is");
    if (t_.local_steps > 0)
      clash_of_any({"local_steps", "rollouts", "objective"},
                   "groups that train alone are not modelled beside rollouts; local_steps 0 would go");
  }

  void local_groups() {
    if (t_.local_steps > 0 && t_.local_groups < 2) {
      if (node_.find("local_groups"))
        clash({"local_groups", "local_steps"},
              fmt::format("must be 2 or more with local_steps, found {}", t_.local_groups));
      else
        missing({"local_groups", "local_steps"}, "local_steps needs 2 groups or more that train alone.");
    }
    if (t_.local_steps == 0 && t_.local_groups > 1)
      clash({"local_groups", "local_steps"}, "belongs to local_steps above 0");
  }

  void pipeline() {
    if (t_.virtual_stages > 1 && t_.pipeline_parallel == 1)
      clash({"virtual_stages", "pipeline_parallel"}, "belongs to pipeline_parallel above 1");
    if (t_.virtual_stages > 1 && t_.pipeline_schedule != PipelineSchedule::one_f_one_b)
      clash({"virtual_stages", "pipeline_schedule"},
            fmt::format("belongs to pipeline_schedule 1f1b, this is {}", word_of(t_.pipeline_schedule)));
  }

  void tensor() {
    if (t_.sequence_parallel && t_.tensor_parallel == 1)
      clash({"sequence_parallel", "tensor_parallel"}, "belongs to tensor_parallel above 1");
  }

  void recompute() {
    if (t_.recompute_layers > 0 && t_.recompute != Recompute::full)
      clash({"recompute_layers", "recompute"},
            fmt::format("belongs to recompute full, this is {}", word_of(t_.recompute)));
    // Those of a workload stay where a scenario takes another recompute.
    const Place* modules = t_.keys.find("recompute_modules");
    if (stands("recompute_modules", modules && modules->file == node_.place.file) &&
        t_.recompute != Recompute::selective)
      clash({"recompute_modules", "recompute"},
            fmt::format("belongs to recompute selective, this is {}", word_of(t_.recompute)));
  }

  void sharding() {
    if (t_.sharding == Sharding::hsdp && t_.shard_group == 0)
      missing({"shard_group", "sharding"}, "sharding hsdp needs the ranks that share one copy of the state.");
    if ((t_.sharding == Sharding::ddp || t_.sharding == Sharding::zero3) && t_.shard_group != 0)
      clash({"shard_group", "sharding"},
            fmt::format("belongs to sharding hsdp, zero1 or zero2, this is {}", word_of(t_.sharding)));
  }

  Reader& reader_;
  const Node& node_;
  const TrainingDescription& t_;
};

}  // namespace

void check_training(Reader& reader, const Node& node, const TrainingDescription& training) {
  TrainingCheck(reader, node, training).all();
}

}  // namespace aifsim::catalog
