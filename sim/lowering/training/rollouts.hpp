// Answers that a model generates for its own training: the phase before scoring and training in a step of PPO (Ouyang et
// al. 2022, arXiv:2203.02155), GRPO (Shao et al. 2024, arXiv:2402.03300) or online DPO, on the same GPUs.
//
//   weights    all-gather of what the trainer's ranks share, layer by layer, and a copy of the engine's part
//   prefill    forward passes over each prompt once, 8192 tokens at a time
//   decode     for each token a forward pass over the n answers in flight: linear layers of n rows, attention over
//              their caches, sums between the g ranks of the engine, logits and the choice among them; before it
//              h on the host
//   answers of more than t tokens    S(t) = (1 - t/M)^(M/L - 1),   integral over t = L,   S(M) = 0
//   an engine   R = B g / N answers, at most A in flight: as one ends, the next begins; it ends with the last
//   memory      e P / g  weights + A (p / a + L) 2 h_kv d e layers  keys and values, in whose room A fits
//
//   L, M  tokens of an answer: on average, at most       a, p  answers to a prompt, its tokens
//   B  sequences of a step     N, g  GPUs, of an engine     P  parameters     e  bytes of an element in 16 bits
//   h_kv, d  an engine rank's heads of keys and values, their size    h [s]  `host_per_token`, the engine's scheduler
// M = L: all are alike; M = 2 L: evenly between 0 and 2 L; M >> L: each token ends an answer equally likely. Answers of
// an engine are the means of R equal parts of that distribution in a fixed order, and one has M tokens, as the step
// waits for the engine that has it. Caches never take more than A (p / a + L) on average: alive(t) t <= R L.
// The course of the decoding is cut into 16 pieces of equally many tokens, each with its mean answers and caches.
// Assumption: continuous batching, and prompts whose caches their answers share (vLLM: Kwon et al. 2023,
// arXiv:2309.06180); the engine holds its own weights beside the trainer's (HybridFlow: Sheng et al. 2024,
// arXiv:2409.19256) and launches CUDA graphs. h: one constant, fitted to five published generation phases
// (docs/training.md). Left out: loading and unloading the engine, its workspace,
// preemption, an engine of another precision, speculative decoding, answers that are trained on while others are
// generated (asynchronous RL), a critic. Range: dense decoders with key and value heads, no pipelines.
#pragma once
#include <cstdint>
#include <vector>

#include "lowering/training/emitter.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/memory.hpp"

namespace aifsim {

struct Engine {
  ModelShare model;              // one of its ranks'
  TrainingDescription training;  // of its passes
  std::int64_t answers = 0;      // of a step
  std::int64_t in_flight = 0;    // at most
};
// Of a training with rollouts. Throws as layout_of does, and when the step's answers are not shared out evenly.
Engine engine_of(const ModelDescription& model, const TrainingDescription& training, std::int64_t gpus);

// So many tokens of each answer in flight, of which there are so many, with so many tokens in their caches before.
struct DecodePiece {
  std::int64_t tokens = 0, answers = 0, cache = 0;
};
constexpr std::int64_t decode_pieces = 16;
std::vector<DecodePiece> decode_course(const Engine& engine, std::int64_t pieces = decode_pieces);

// Kernels of an engine's rank, and its sums and gathers with the others, each so often.
struct EngineWork {
  std::vector<Kernel> kernels;
  std::vector<Collective> exchanges;
};
EngineWork prefill(const Engine& engine);
EngineWork decode(const Engine& engine, const DecodePiece& piece);

// Of each of its GPUs.
Bytes engine_weights(const Engine& engine);
Bytes engine_cache(const Engine& engine);  // keys and values of the answers in flight

// What the trainer holds at each moment, with frozen models beside the trained one.
struct Guide;
TrainingMemory memory_beside(const ModelShare& model, const TrainingDescription& training,
                             const StackDescription& stack, const Layout& layout, std::int64_t stage,
                             const StageContent& content, const std::vector<Guide>& guides);
TrainingMemory trainer_memory(const ModelDescription& model, const TrainingDescription& training,
                              const StackDescription& stack, std::int64_t gpus);  // with rollouts
// In host memory of each GPU while answers are generated.
Bytes offloaded_state(const TrainingMemory& trainer);

// Puts the phase on the streams; the trainer holds its memory before and after.
void generate_answers(Emitter& out, const ModelShare& trained, const TrainingDescription& training,
                      const Layout& layout, const Engine& engine, const TrainingMemory& trainer);

// `at_once` as many as fit into this memory of a GPU, one at least, where the training does not say.
TrainingDescription with_answers_in(Bytes memory, const ModelDescription& model,
                                    const TrainingDescription& training, const StackDescription& stack,
                                    std::int64_t gpus);

}  // namespace aifsim
