#include "experiment/layout_space.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "catalog/words.hpp"
#include "lowering/training/layout.hpp"

namespace aifsim {
namespace {

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> found;
  for (std::int64_t d = 1; d * d <= n; ++d)
    if (n % d == 0) {
      found.push_back(d);
      if (d * d != n) found.push_back(n / d);
    }
  std::sort(found.begin(), found.end());
  return found;
}

static_assert(RecomputeModules{}.size() == catalog::WordsOf<RecomputeModule>::list.size());
std::vector<RecomputeModule> list_of(const RecomputeModules& modules) {
  std::vector<RecomputeModule> list;
  for (std::size_t i = 0; i < modules.size(); ++i)
    if (modules[i]) list.push_back(static_cast<RecomputeModule>(i));
  return list;
}
std::vector<std::string_view> words_of(const RecomputeModules& modules) {
  std::vector<std::string_view> words;
  for (const RecomputeModule module : list_of(modules)) words.push_back(catalog::word_of(module));
  return words;
}

class Space {
 public:
  explicit Space(const LayoutQuestion& q) : q_(q), m_(*q.model), t_(q.training), offers_(q.stack->offers) {}

  std::vector<LayoutChoice> all() {
    for (const std::int64_t gpus : q_.gpus) of(gpus);
    return std::move(found_);
  }

 private:
  bool kept(const char* key) const { return std::find(q_.kept.begin(), q_.kept.end(), key) != q_.kept.end(); }
  // Of an axis: all, or what the workload has.
  template <class T>
  std::vector<T> values(const char* key, const T& given, std::vector<T> all) const {
    return kept(key) ? std::vector<T>{given} : std::move(all);
  }
  static std::vector<std::int64_t> up_to(bool offered, std::vector<std::int64_t> all) {
    return offered ? std::move(all) : std::vector<std::int64_t>{1};
  }
  // A group inside a node, or of whole nodes.
  bool fits_nodes(std::int64_t group) const {
    return q_.gpus_per_node % group == 0 || group % q_.gpus_per_node == 0;
  }

  void of(std::int64_t gpus) {
    c_ = {};
    c_.gpus = gpus;
    if (m_.network) return micro_batches();  // data-parallel alone
    for (const std::int64_t tensor :
         values("tensor_parallel", t_.tensor_parallel, up_to(offers_.tensor_parallel, divisors(gpus)))) {
      if (gpus % tensor != 0 || m_.heads % tensor != 0 || m_.ffn_hidden % tensor != 0 ||
          (m_.kv_heads % tensor != 0 && tensor % m_.kv_heads != 0))
        continue;
      c_.tensor = tensor;
      std::vector<char> scattered{0, 1};
      if (tensor == 1)
        scattered = {0};
      else if (kept("sequence_parallel"))
        scattered = {t_.sequence_parallel};
      for (const char sequence : scattered) {
        c_.sequence_parallel = sequence;
        contexts();
      }
    }
  }

  void contexts() {
    for (const std::int64_t context :
         values("context_parallel", t_.context_parallel,
                up_to(offers_.context_parallel, divisors(c_.gpus / c_.tensor)))) {
      if (c_.gpus / c_.tensor % context != 0 || (context > 1 && t_.sequence % (2 * context) != 0) ||
          !fits_nodes(c_.tensor * context))
        continue;
      c_.context = context;
      pipelines();
    }
  }

  void pipelines() {
    const std::int64_t left = c_.gpus / (c_.tensor * c_.context);
    for (const std::int64_t stages : values("pipeline_parallel", t_.pipeline_parallel,
                                            up_to(offers_.pipeline_parallel, divisors(left)))) {
      if (left % stages != 0) continue;
      c_.pipeline = stages;
      for (const PipelineSchedule schedule :
           values("pipeline_schedule", t_.pipeline_schedule, offers_.pipeline_schedule)) {
        // Without a pipeline all orders are the same.
        c_.schedule = stages > 1 ? schedule : PipelineSchedule::one_f_one_b;
        for (const std::int64_t chunks : chunks_of(stages)) {
          c_.chunks = chunks;
          experts();
        }
        if (stages == 1) break;
      }
    }
  }

  std::vector<std::int64_t> chunks_of(std::int64_t stages) const {
    if (kept("virtual_stages")) {
      const bool fits =
          t_.virtual_stages == 1 || (stages > 1 && c_.schedule == PipelineSchedule::one_f_one_b &&
                                     stages * t_.virtual_stages <= m_.layers);
      return fits ? std::vector{t_.virtual_stages} : std::vector<std::int64_t>{};
    }
    if (stages > m_.layers && stages != m_.layers + 2) return {};
    std::vector<std::int64_t> found{1};
    if (stages == 1 || c_.schedule != PipelineSchedule::one_f_one_b || !offers_.virtual_stages) return found;
    for (std::int64_t v = 2; stages * v <= m_.layers + 2; ++v)
      if (m_.layers % (stages * v) == 0 || (m_.layers + 2) % (stages * v) == 0) found.push_back(v);
    return found;
  }

  void experts() {
    const std::int64_t ranks = c_.gpus / c_.pipeline;
    for (const std::int64_t expert :
         values("expert_parallel", t_.expert_parallel,
                m_.experts.count > 0 ? divisors(m_.experts.count) : std::vector<std::int64_t>{1})) {
      if (ranks % expert != 0 ||
          (expert > 1 && (m_.experts.count % expert != 0 || (c_.tensor > 1 && !c_.sequence_parallel))))
        continue;
      c_.expert = expert;
      micro_batches();
    }
  }

  void micro_batches() {
    const std::int64_t data = c_.gpus / (c_.tensor * c_.context * c_.pipeline);
    if (t_.global_batch % data != 0) return;
    for (const std::int64_t micro : values("micro_batch", t_.micro_batch, divisors(t_.global_batch / data))) {
      if (t_.global_batch / data % micro != 0) continue;
      if (t_.objective == Objective::preference && micro % 2 != 0) continue;  // both answers of each pair
      // As Megatron has it: micro-batches go through the pieces in groups of as many as there are stages.
      if (c_.chunks > 1 && t_.global_batch / data / micro % c_.pipeline != 0) continue;
      c_.micro_batch = micro;
      shardings(data);
    }
  }

  void shardings(std::int64_t data) {
    const std::int64_t sharing = data * c_.context;
    for (const Sharding sharding : values("sharding", t_.sharding, offers_.sharding)) {
      const bool gathered = sharding == Sharding::zero3 || sharding == Sharding::hsdp;
      if (gathered && m_.experts.count > 0 && t_.objective != Objective::next_token) continue;
      // In a pipeline one gather a step is left, as zero1's.
      const bool alike = sharding == Sharding::hsdp || offers(Sharding::zero1);
      if (gathered && c_.pipeline > 1 && alike && !kept("sharding")) continue;
      c_.sharding = sharding;
      c_.shard_group = 0;
      const bool asked = kept("sharding") && t_.shard_group > 0;
      if (sharding == Sharding::hsdp || asked) {
        for (const std::int64_t group : groups_of(sharing)) {
          if (group * c_.tensor % c_.expert != 0) continue;
          c_.shard_group = group;
          recomputes();
        }
      } else {
        recomputes();
      }
      if (sharing == 1 && sharding != Sharding::hsdp) return;  // all the same
    }
    c_.shard_group = 0;
  }

  bool offers(Sharding sharding) const {
    return std::find(offers_.sharding.begin(), offers_.sharding.end(), sharding) != offers_.sharding.end();
  }

  std::vector<std::int64_t> groups_of(std::int64_t sharing) const {
    if (kept("sharding"))
      return sharing % t_.shard_group == 0 && t_.shard_group % c_.context == 0 &&
                     fits_nodes(t_.shard_group * c_.tensor)
                 ? std::vector{t_.shard_group}
                 : std::vector<std::int64_t>{};
    std::vector<std::int64_t> found;
    for (const std::int64_t group : divisors(sharing)) {
      if (group == 1 || group == sharing || group % c_.context != 0 || !fits_nodes(group * c_.tensor))
        continue;
      const std::int64_t nodes = group * c_.tensor / q_.gpus_per_node;
      if (nodes == 0 || (nodes & (nodes - 1)) == 0) found.push_back(group);
    }
    return found;
  }

  void recomputes() {
    using enum RecomputeModule;
    const bool zero_bubble = c_.schedule == PipelineSchedule::zero_bubble;
    const auto add = [&](Recompute recompute, std::int64_t layers, const RecomputeModules& modules) {
      RecomputeModules beside = modules;
      beside[static_cast<std::size_t>(core_attn)] = false;
      const bool again = recompute == Recompute::full || recompute == Recompute::per_op;
      if (zero_bubble && (again || beside != RecomputeModules{})) return;
      c_.recompute = recompute;
      c_.recompute_layers = layers;
      c_.recompute_modules = modules;
      offloads();
    };
    if (kept("recompute")) return add(t_.recompute, t_.recompute_layers, modules_of(t_));
    add(Recompute::none, 0, {});
    const bool latents = m_.latent.kv_rank > 0, experts = m_.experts.count > 0;
    RecomputeModules some{};
    some[static_cast<std::size_t>(core_attn)] = t_.attention == AttentionKernel::plain && !m_.network;
    if (some != RecomputeModules{}) add(Recompute::selective, 0, some);
    if (latents || experts) {  // passes over memory, and small products
      some[static_cast<std::size_t>(layernorm)] = true;
      some[static_cast<std::size_t>(mla_up_proj)] = latents;
      some[static_cast<std::size_t>(moe_act)] = experts;
      add(Recompute::selective, 0, some);
    }
    const bool per_op = q_.stack->usual.selective == Recompute::per_op && !experts && !m_.network;
    if (per_op && t_.attention != AttentionKernel::plain) add(Recompute::per_op, 0, {});
    add(Recompute::full, 0, {});
    if (m_.network) return;
    const std::int64_t pieces = c_.pipeline * c_.chunks, layers = (m_.layers + pieces - 1) / pieces;
    const std::int64_t steps = std::min<std::int64_t>(layers, 8);
    for (std::int64_t i = 1; i < steps; ++i)
      add(Recompute::full, std::max<std::int64_t>(1, layers * i / steps), {});
  }

  void offloads() {
    if (q_.offload.empty()) return found_.push_back(c_);
    std::vector<OffloadTo> places{OffloadTo::none};
    places.insert(places.end(), q_.offload.begin(), q_.offload.end());
    for (const OffloadTo optimizer : places)
      for (const OffloadTo activations : places) {
        if (activations != OffloadTo::none && c_.schedule == PipelineSchedule::zero_bubble) continue;
        if (optimizer != OffloadTo::none && t_.optimizer == OptimizerKind::muon) continue;
        c_.offload = OffloadChoice{optimizer, activations};
        found_.push_back(c_);
      }
  }

  const LayoutQuestion& q_;
  const ModelDescription& m_;
  const TrainingDescription& t_;
  const StackOffers& offers_;
  LayoutChoice c_;
  std::vector<LayoutChoice> found_;
};

}  // namespace

RecomputeModules modules_of(const TrainingDescription& training) {
  RecomputeModules modules{};
  for (std::size_t i = 0; i < modules.size(); ++i)
    modules[i] = recomputes(training, static_cast<RecomputeModule>(i));
  return modules;
}

const std::vector<std::string>& layout_keys() {
  static const std::vector<std::string> keys{
      "tensor_parallel", "sequence_parallel", "context_parallel",  "pipeline_parallel", "virtual_stages",
      "expert_parallel", "micro_batch",       "pipeline_schedule", "sharding",          "recompute"};
  return keys;
}

std::vector<LayoutChoice> layouts_of(const LayoutQuestion& question) { return Space(question).all(); }

TrainingDescription with_layout(TrainingDescription t, const LayoutChoice& c) {
  t.tensor_parallel = c.tensor;
  t.sequence_parallel = c.sequence_parallel;
  t.context_parallel = c.context;
  t.pipeline_parallel = c.pipeline;
  t.virtual_stages = c.chunks;
  t.expert_parallel = c.expert;
  t.micro_batch = c.micro_batch;
  t.pipeline_schedule = c.schedule;
  t.sharding = c.sharding;
  t.shard_group = c.shard_group;
  t.recompute = c.recompute;
  t.recompute_layers = c.recompute_layers;
  if (c.recompute == Recompute::selective) t.recompute_modules = list_of(c.recompute_modules);
  if (c.offload) {
    t.offload.optimizer = c.offload->optimizer;
    t.offload.activations = c.offload->activations;
  }
  return t;
}

std::string words_of(const LayoutChoice& c) {
  std::string text = fmt::format("TP {}{}", c.tensor, c.sequence_parallel ? " with SP" : "");
  if (c.context > 1) text += fmt::format(", CP {}", c.context);
  if (c.pipeline > 1) {
    text += fmt::format(", PP {}", c.pipeline);
    if (c.chunks > 1) text += fmt::format(" x {} pieces", c.chunks);
    if (c.schedule == PipelineSchedule::zero_bubble) text += " zero bubble";
  }
  if (c.expert > 1) text += fmt::format(", EP {}", c.expert);
  text +=
      fmt::format(", DP {}, {}", c.gpus / (c.tensor * c.context * c.pipeline), catalog::word_of(c.sharding));
  if (c.shard_group > 0) text += fmt::format(" over {}", c.shard_group);
  text += fmt::format(", micro-batch {}", c.micro_batch);
  if (c.recompute == Recompute::selective)
    text += fmt::format(", recompute {}", fmt::join(words_of(c.recompute_modules), " "));
  if (c.recompute == Recompute::per_op) text += ", recompute by operation";
  if (c.recompute == Recompute::full)
    text += c.recompute_layers > 0 ? fmt::format(", recompute {} layers of a piece", c.recompute_layers)
                                   : ", recompute all";
  const auto away = [&](const char* what, OffloadTo to) {
    if (to != OffloadTo::none)
      text += fmt::format(", {} {}", what, to == OffloadTo::host ? "on the host" : "on drives");
  };
  if (c.offload) {
    away("optimizer", c.offload->optimizer);
    away("activations", c.offload->activations);
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> settings_of(const LayoutChoice& c) {
  std::vector<std::pair<std::string, std::string>> settings;
  const auto number = [&](const char* key, std::int64_t value) {
    settings.emplace_back(key, std::to_string(value));
  };
  number("tensor_parallel", c.tensor);
  settings.emplace_back("sequence_parallel", c.sequence_parallel ? "true" : "false");
  number("context_parallel", c.context);
  number("pipeline_parallel", c.pipeline);
  number("virtual_stages", c.chunks);
  settings.emplace_back("pipeline_schedule", catalog::word_of(c.schedule));
  number("expert_parallel", c.expert);
  settings.emplace_back("sharding", catalog::word_of(c.sharding));
  if (c.shard_group > 0) number("shard_group", c.shard_group);  // another sharding drops the workload's
  number("micro_batch", c.micro_batch);
  settings.emplace_back("recompute", catalog::word_of(c.recompute));
  number("recompute_layers", c.recompute_layers);
  if (c.recompute == Recompute::selective)
    settings.emplace_back("recompute_modules",
                          fmt::format("[{}]", fmt::join(words_of(c.recompute_modules), ", ")));
  if (c.offload)
    settings.emplace_back(
        "offload", fmt::format("{{optimizer: {}, activations: {}}}", catalog::word_of(c.offload->optimizer),
                               catalog::word_of(c.offload->activations)));
  return settings;
}

}  // namespace aifsim
