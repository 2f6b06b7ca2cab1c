#include "lowering/training/rollouts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "base/error.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/pieces.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/products.hpp"

namespace aifsim {
namespace {

constexpr std::int64_t prefill_tokens = 8192;  // of one pass, where a prompt is shorter (vLLM's usual limit)

std::int64_t longest_of(const RolloutsDescription& r) { return std::max(r.response, r.longest); }

Precision engine_precision(Precision trained) {
  switch (storage_of(trained)) {
    case Dtype::fp16:
      return Precision::fp16;
    case Dtype::bf16:
      return Precision::bf16;
    default:
      return Precision::fp32;
  }
}

double element(const Engine& e) { return bytes_of(storage_of(e.training.precision)); }

// Tokens of an engine's answers, in the order in which they begin: the means of equal parts of their distribution, as a
// low-discrepancy sequence mixes them.
std::vector<std::int64_t> lengths_of(const RolloutsDescription& r, std::int64_t answers) {
  const double longest = static_cast<double>(longest_of(r)), mean = static_cast<double>(r.response),
               n = static_cast<double>(answers), shape = 1 - mean / longest;  // 1 / k + 1 = 1 / shape
  const auto n_of = static_cast<std::size_t>(answers);
  std::vector<std::int64_t> sorted(n_of, r.response);
  if (shape > 0) {
    // Integral of (1 - u)^(1 / k) from u on: (1 - u)^(1 / shape) shape.
    const auto rest = [&](double part) { return shape * std::pow(1 - part / n, 1 / shape); };
    for (std::size_t i = 0; i < n_of; ++i) {
      const auto at = static_cast<double>(i);
      const double of_longest = 1 - n * (rest(at) - rest(at + 1));
      sorted[i] = std::max<std::int64_t>(1, std::llround(longest * of_longest));
    }
    sorted.back() = longest_of(r);
  }
  std::vector<std::size_t> order(n_of);
  std::iota(order.begin(), order.end(), 0);
  const auto mixed = [](std::size_t i) {
    return std::fmod(0.6180339887498949 * static_cast<double>(i), 1.0);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return mixed(a) < mixed(b); });
  std::vector<std::int64_t> lengths(n_of);
  for (std::size_t rank = 0; rank < n_of; ++rank) lengths[order[rank]] = sorted[rank];
  return lengths;
}

// Attention of a pass over one token becomes that over a cache.
void read_cache(std::vector<Part>& parts, std::int64_t cache) {
  for (Part& part : parts)
    for (auto* kernels : {&part.kernels, &part.overlapped})
      for (Kernel& k : *kernels)
        if (const auto* a = std::get_if<Attention>(&k.op))
          k.op = AttentionDecode{a->batch, a->heads, a->kv_heads, a->head_dim, cache, a->dtype, a->dtype};
}

void add(EngineWork& work, const std::vector<Part>& parts, std::int64_t times) {
  for (const Part& part : parts) {
    for (const auto* kernels : {&part.kernels, &part.overlapped})
      for (Kernel k : *kernels) {
        k.count *= times;
        k.graph = true;
        work.kernels.push_back(k);
      }
    for (const Exchange& e : part.exchanges)
      work.exchanges.push_back({e.kind, engine_group, Bytes{e.bytes}, Algorithm::automatic, {}, 1, times});
  }
}

// Of so many tokens that came before; beyond the first block a new token stands in the middle of its own.
std::int64_t seen_of(std::int64_t cache, const WindowDescription& window) {
  if (cache <= window.tokens) return cache;
  return window.blocks ? std::max<std::int64_t>(1, window.tokens / 2) : window.tokens;
}

// One forward pass over `sequences` of `tokens` each, `times`; `cache` 0: of whole prompts.
void add_pass(EngineWork& work, const Engine& engine, std::int64_t sequences, std::int64_t tokens,
              std::int64_t cache, std::int64_t times) {
  const ModelShare& m = engine.model;
  TrainingDescription t = engine.training;
  t.micro_batch = sequences;
  t.sequence = tokens;
  add(work, embedding_forward(m, t), times);
  for (const bool windowed : {false, true}) {
    std::int64_t layers = 0;
    for (std::int64_t i = 0; i < m.layers; ++i) layers += m.kind_of(i).windowed == windowed;
    if (layers == 0) continue;
    std::vector<Part> layer = layer_forward(m, t, {}, {false, windowed});
    if (cache > 0) read_cache(layer, windowed ? seen_of(cache, m.window) : cache);
    add(work, layer, layers * times);
  }
  t.sequence = 1;  // the last token of each
  add(work, head_forward(m, t), times);
  if (m.degrees.tensor > 1)
    work.exchanges.push_back(
        {CollectiveKind::all_gather,
         engine_group,
         Bytes{element(engine) * static_cast<double>(sequences * m.vocabulary * m.degrees.tensor)},
         Algorithm::automatic,
         {},
         1,
         times});
}

void put(Emitter& out, const EngineWork& work, const std::string& label) {
  out.run(work.kernels, label);
  if (out.alone(engine_group) || work.exchanges.empty()) return;
  out.after(tensor, compute);
  for (const Collective& c : work.exchanges)
    out.put(tensor, {c, fmt::format("{} {}", name_of(c.kind), label)});
  out.after(compute, tensor);
}

void copy_state(Emitter& out, HostPath path, Bytes bytes, const char* label) {
  out.run(std::vector<Kernel>{{HostTransfer{path, bytes}}}, label);
}

void bring_weights(Emitter& out, const ModelShare& trained, const TrainingDescription& t,
                   const Layout& layout, const Engine& engine) {
  if (layout.parameters_sharded) {
    out.repeat(trained.layers, [&] {
      out.collective(shard, shard_group, CollectiveKind::all_gather, held_bytes(trained, t, LayerKind::dense),
                     {"weights of layer # to the engine", 0});
    });
    out.collective(shard, shard_group, CollectiveKind::all_gather,
                   element(engine) * static_cast<double>(root_parameters(trained, t.sequence)),
                   "embedding and head to the engine");
    if (out.used(shard)) out.after(compute, shard);
  }
  if (engine.model.degrees.tensor < layout.tensor) {
    out.after(tensor, compute);
    out.collective(
        tensor, tensor_group, CollectiveKind::all_gather,
        element(engine) * static_cast<double>(layout.tensor * total_parameters(trained, t.sequence)),
        "weights to the engine");
    out.after(compute, tensor);
  }
  out.run(std::vector<Kernel>{stream(StreamKind::copy, 2 * engine_weights(engine).value)},
          "weights to the engine");
}

}  // namespace

Engine engine_of(const ModelDescription& model, const TrainingDescription& t, std::int64_t gpus) {
  const RolloutsDescription& r = *t.rollouts;
  const std::int64_t sequences = layout_of(model, t, gpus).data * t.micro_batch * micro_steps(model, t, gpus);
  const auto refuse = [&](const std::string& what) { throw CannotAnswer(Problem{r.place, what}.str()); };
  if (sequences % r.answers != 0)
    refuse(fmt::format("a step of {} sequences is no multiple of the {} answers to each prompt; {} would be",
                       sequences, r.answers, (sequences / r.answers + 1) * r.answers));
  const std::int64_t engines = gpus / r.tensor_parallel;
  if (sequences % engines != 0)
    refuse(fmt::format(
        "a step of {} answers does not divide evenly among {} engines ({} GPUs / rollouts.tensor_parallel "
        "{}); a multiple of them would",
        sequences, engines, gpus, r.tensor_parallel));
  Engine engine{ModelShare(model, {.tensor = r.tensor_parallel}), t, sequences / engines, 0};
  engine.in_flight = r.at_once > 0 ? std::min(r.at_once, engine.answers) : engine.answers;
  TrainingDescription& own = engine.training;
  own.lora_rank = 0;  // merged
  own.precision = engine_precision(t.precision);
  own.attention = AttentionKernel::flash;
  own.tensor_parallel = r.tensor_parallel;
  own.context_parallel = 1;
  own.sequence_parallel = false;
  return engine;
}

std::vector<DecodePiece> decode_course(const Engine& engine, std::int64_t pieces) {
  const RolloutsDescription& r = *engine.training.rollouts;
  const std::vector<std::int64_t> lengths = lengths_of(r, engine.answers);
  struct Run {
    std::int64_t from, to;
  };
  std::vector<Run> runs;
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> ends;  // of those in flight
  std::int64_t last = 0;
  for (const std::int64_t length : lengths) {
    std::int64_t from = 0;
    if (std::ssize(runs) >= engine.in_flight) {
      from = ends.top();
      ends.pop();
    }
    runs.push_back({from, from + length});
    ends.push(from + length);
    last = std::max(last, from + length);
  }
  std::vector<DecodePiece> course;
  const std::int64_t count = std::min(pieces, last);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = last * i / count, end = last * (i + 1) / count;
    double tokens = 0, cached = 0;  // token by token, of all answers
    for (const Run& run : runs) {
      const std::int64_t from = std::max(begin, run.from), to = std::min(end, run.to);
      if (from >= to) continue;
      const auto n = static_cast<double>(to - from);
      tokens += n;
      cached += n * (static_cast<double>(r.prompt) + static_cast<double>(from + to + 1 - 2 * run.from) / 2);
    }
    const double steps = static_cast<double>(end - begin);
    course.push_back({end - begin, std::max<std::int64_t>(1, std::llround(tokens / steps)),
                      std::max<std::int64_t>(1, std::llround(cached / tokens))});
  }
  return course;
}

EngineWork prefill(const Engine& engine) {
  const RolloutsDescription& r = *engine.training.rollouts;
  const std::int64_t prompts = (engine.answers + r.answers - 1) / r.answers;
  const std::int64_t at_once = std::clamp<std::int64_t>(prefill_tokens / r.prompt, 1, prompts);
  EngineWork work;
  if (prompts / at_once > 0) add_pass(work, engine, at_once, r.prompt, 0, prompts / at_once);
  if (prompts % at_once > 0) add_pass(work, engine, prompts % at_once, r.prompt, 0, 1);
  return work;
}

EngineWork decode(const Engine& engine, const DecodePiece& piece) {
  EngineWork work;
  add_pass(work, engine, piece.answers, 1, piece.cache, piece.tokens);
  return work;
}

Bytes engine_weights(const Engine& engine) {
  return Bytes{element(engine) *
               static_cast<double>(total_parameters(engine.model, engine.training.sequence))};
}

namespace {

// Keys and values of so many tokens.
double cache_of(const Engine& engine, double tokens) {
  const ModelShare& m = engine.model;
  double kept = 0;  // tokens of all layers
  for (std::int64_t i = 0; i < m.layers; ++i)
    kept += m.kind_of(i).windowed ? std::min(tokens, static_cast<double>(m.window.tokens)) : tokens;
  return kept * element(engine) * static_cast<double>(m.kv_heads * (m.head_dim + m.value_dim));
}

// Of an answer of mean length, with its share of the prompt.
double cache_of_answer(const Engine& engine) {
  const RolloutsDescription& r = *engine.training.rollouts;
  return cache_of(engine, static_cast<double>(r.prompt) / static_cast<double>(r.answers) +
                              static_cast<double>(r.response));
}

}  // namespace

Bytes engine_cache(const Engine& engine) {
  const RolloutsDescription& r = *engine.training.rollouts;
  const double longest = cache_of(engine, static_cast<double>(r.prompt + longest_of(r)));
  return Bytes{
      std::round(std::max(static_cast<double>(engine.in_flight) * cache_of_answer(engine), longest))};
}

TrainingMemory memory_beside(const ModelShare& model, const TrainingDescription& t,
                             const StackDescription& stack, const Layout& layout, std::int64_t stage,
                             const StageContent& content, const std::vector<Guide>& guides) {
  TrainingMemory memory = training_memory(model, t, stack, layout, content);
  for (const Guide& g : guides) {
    memory.parameters += guide_parameters(g, stack, layout, stage);
    memory.buffers = std::max(memory.buffers, guide_buffers(g, stack, layout));
  }
  return memory;
}

TrainingMemory trainer_memory(const ModelDescription& model, const TrainingDescription& t,
                              const StackDescription& stack, std::int64_t gpus) {
  const Layout layout = layout_of(model, t, gpus);
  const ModelShare share(model, degrees_of(t, stack));
  const StageContent content = content_of(pieces_of(share, t, stack, layout, 0), layout, 0);
  return memory_beside(share, t, stack, layout, 0, content, guides_of(model, t, stack));
}

Bytes offloaded_state(const TrainingMemory& trainer) { return trainer.parameters + trainer.optimizer; }

void generate_answers(Emitter& out, const ModelShare& trained, const TrainingDescription& t,
                      const Layout& layout, const Engine& engine, const TrainingMemory& trainer) {
  const bool offload = t.rollouts->offload;
  const Bytes weights = engine_weights(engine), cache = engine_cache(engine);
  out.begin(StepPhase::generation);
  out.hold(MemoryPurpose::parameters, weights);
  bring_weights(out, trained, t, layout, engine);
  if (offload) {
    copy_state(out, HostPath::to_host_pinned, offloaded_state(trainer), "trainer's state to the host");
    out.drop(MemoryPurpose::parameters, trainer.parameters);
    out.drop(MemoryPurpose::gradients, trainer.gradients);
    out.drop(MemoryPurpose::optimizer, trainer.optimizer);
  }
  out.hold(MemoryPurpose::activations, cache);
  put(out, prefill(engine), "read prompts");
  std::int64_t token = 0;
  for (const DecodePiece& piece : decode_course(engine)) {
    put(out, decode(engine, piece),
        fmt::format("generate tokens {} to {}, {} answers", token, token + piece.tokens - 1, piece.answers));
    out.host(t.rollouts->host_per_token * static_cast<double>(piece.tokens), "engine's scheduler");
    token += piece.tokens;
  }
  out.drop(MemoryPurpose::activations, cache);
  out.drop(MemoryPurpose::parameters, weights);
  if (!offload) return;
  copy_state(out, HostPath::to_device_pinned, offloaded_state(trainer), "trainer's state from the host");
  out.hold(MemoryPurpose::parameters, trainer.parameters);
  out.hold(MemoryPurpose::gradients, trainer.gradients);
  out.hold(MemoryPurpose::optimizer, trainer.optimizer);
}

TrainingDescription with_answers_in(Bytes memory, const ModelDescription& model, const TrainingDescription& t,
                                    const StackDescription& stack, std::int64_t gpus) {
  if (!t.rollouts || t.rollouts->at_once > 0) return t;
  const TrainingMemory trainer = trainer_memory(model, t, stack, gpus);
  TrainingDescription filled = t;
  filled.rollouts->at_once = 1;
  const Engine engine = engine_of(model, filled, gpus);
  Bytes held = trainer.buffers + engine_weights(engine);
  if (!t.rollouts->offload) held += trainer.parameters + trainer.gradients + trainer.optimizer;
  const double fit = std::floor((memory - held).value / cache_of_answer(engine));
  filled.rollouts->at_once =
      static_cast<std::int64_t>(std::clamp(fit, 1.0, static_cast<double>(engine.answers)));
  return filled;
}

}  // namespace aifsim
