#include "cli/measure_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "base/atomic_file.hpp"
#include "base/atomic_folder.hpp"
#include "base/error.hpp"
#include "base/statistics.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

double number(const RecordRow& row, const std::string& column) {
  return std::strtod(cell_of(row, column).c_str(), nullptr);
}

std::string metadata_of(const Measured& measured, const std::string& key) {
  for (const auto& [name, value] : measured.metadata)
    if (name == key) return value;
  return "unknown";
}

double fastest(const Measured& measured, const std::string& dtype) {  // FLOP/s
  double best = 0;
  for (const RecordRow& row : measured.rows) {
    if (cell_of(row, "op") == "gemm" && cell_of(row, "dtype") == dtype)
      best = std::max(best, number(row, "flops") / (number(row, "min_us") * 1e-6));
  }
  return best;
}

struct Memory {
  double bandwidth = 0, cache = 0;
};

// Bandwidth: the best STREAM kernel on the largest arrays. Cache: the largest STREAM case that is twice as
// fast, at least the level-2 cache.
Memory memory_of(const Measured& measured) {
  std::map<double, double> best;  // by bytes
  for (const RecordRow& row : measured.rows) {
    if (!cell_of(row, "op").starts_with("stream_")) continue;
    const double bytes = number(row, "bytes");
    best[bytes] = std::max(best[bytes], bytes / (number(row, "min_us") * 1e-6));
  }
  Memory memory;
  if (best.empty())
    throw CannotAnswer("the record has no row of STREAM, which the memory bandwidth comes from");
  for (const auto& [bytes, rate] : best)
    if (bytes > best.rbegin()->first / 2) memory.bandwidth = std::max(memory.bandwidth, rate);
  memory.cache = std::max(65536.0, std::strtod(metadata_of(measured, "l2_bytes").c_str(), nullptr));
  for (const auto& [bytes, rate] : best)
    if (rate > 2 * memory.bandwidth) memory.cache = std::max(memory.cache, bytes);
  return memory;
}

struct Links {
  double latency = 0, bandwidth = 0;  // per message; of an all-reduce's buffer between two ranks
};

Links links_of(const Measured& measured) {
  Links links;
  double least = INFINITY;
  std::vector<double> rates;
  for (const RecordRow& row : measured.rows) {
    if (cell_of(row, "op") != "all_reduce" || cell_of(row, "layer") == "tcp") continue;
    const double bytes = number(row, "message_bytes"), time = number(row, "time_us") * 1e-6,
                 n = number(row, "ranks");
    if (bytes < least) {
      least = bytes;
      links.latency = time / (2 * (n - 1));  // a ring's steps
    }
    if (bytes >= 4e6) rates.push_back(2 * (n - 1) / n * bytes / time);
  }
  if (rates.empty()) throw CannotAnswer("the record has no all_reduce of 4 MB or more over shared memory");
  links.bandwidth = median(rates);
  return links;
}

std::string gpu_text(const Measured& measured, const std::string& name, const std::string& date) {
  const double peak = fastest(measured, "fp32"), peak64 = fastest(measured, "fp64");
  if (peak <= 0) throw CannotAnswer("the record has no fp32 matrix product");
  const Memory memory = memory_of(measured);
  std::string text = fmt::format(
      "# yaml-language-server: $schema=../schemas/gpu.json\n"
      "# One core as a device that computes. `aifsim calibrate gpu {}` fits what stands under gemm, "
      "attention and\n"
      "# streaming; the figures above them are the best that `aifsim measure` saw.\n"
      "kind: gpu\ntitle: \"{}, one core\"\nvendor: \"this machine\"\narchitecture: \"{}\"\n"
      "source: \"best of `aifsim measure --device cpu` ({})\"\nconfidence: measured\n"
      "multiprocessors: 1\npeak:\n  fp32: {:.5g}GFLOPS\n",
      name, metadata_of(measured, "device"), metadata_of(measured, "device"), date, peak * 1.02 / 1e9);
  if (peak64 > 0) text += fmt::format("  fp64: {:.5g}GFLOPS\n", peak64 * 1.02 / 1e9);
  text += fmt::format(
      "memory: {:.5g}GB\nmemory_bandwidth: {:.4g}GB/s\n"
      "l2: {{value: {:.4g}MB, source: \"largest STREAM case twice as fast as memory\"}}\n"
      "power_limit: {{value: 10W, source: \"not readable here: a guess for one core\", confidence: "
      "assumed}}\n"
      "usable_memory: {{value: 80%, source: \"the rest is for the system\", confidence: assumed}}\n",
      std::strtod(metadata_of(measured, "memory_bytes").c_str(), nullptr) / 1e9, memory.bandwidth / 1e9,
      memory.cache / 1e6);
  return text;
}

std::string platform_text(const Measured& measured, const std::string& name, const std::string& date) {
  const Links links = links_of(measured);
  const std::string ranks = metadata_of(measured, "ranks");
  return fmt::format(
      "# yaml-language-server: $schema=../schemas/platform.json\n"
      "# This machine as a node whose devices are its cores, joined by MPI over shared memory.\n"
      "kind: platform\ntitle: \"{} through MPI\"\nsite: here\nsource: \"`aifsim measure --device cpu` "
      "({})\"\n"
      "confidence: measured\nnodes: 1\n"
      "node:\n  gpu: {}\n  gpus: {}\n  nics: 1\n  cpus: 1\n  memory: {:.5g}GB\n  wiring:\n"
      "    - {{from: gpu*, to: gpu*, bandwidth: {:.4g}GB/s, latency: 0.01us}}\n"
      "    - {{from: cpu0, to: gpu*, bandwidth: {:.4g}GB/s, latency: 0.01us}}\n"
      "    - {{from: gpu*, to: nic*, bandwidth: 1GB/s, latency: 1us, confidence: assumed}}\n"
      "fabric:\n  kind: fat_tree\n  confidence: assumed\n  injection: 1GB/s\n  nic_latency: 1us\n  "
      "hop_latency: 1us\n"
      "  levels:\n    - {{name: leaf, nodes: 1}}\n"
      "communication:\n  intra_node_efficiency: 100%\n  intra_node_step: {:.4g}us\n"
      "  inter_node_efficiency: {{value: 100%, source: \"one node only\", confidence: assumed}}\n"
      "  loss_per_doubling: {{value: 0%, source: \"one node only\", confidence: assumed}}\n"
      "  inter_node_step: {{value: 10us, source: \"one node only\", confidence: assumed}}\n"
      "clock:\n  sustained: {{value: 1, source: \"kernels and steps were measured alike\", confidence: "
      "derived}}\n"
      "calibration:\n  source: \"no step was used; the spread is that of the kernels\"\n  confidence: "
      "assumed\n"
      "  log_residual_sd: 0.1\n  rows: 0\n  smallest_job: 0\n  largest_job: 0\n",
      metadata_of(measured, "device"), date, name, std::atoi(ranks.c_str()),
      std::strtod(metadata_of(measured, "memory_bytes").c_str(), nullptr) / 1e9, links.bandwidth / 1e9,
      links.bandwidth / 1e9, links.latency * 1e6);
}

// "gpt-l4-h256-a4-v2048-s128-b4"
struct StepName {
  int layers = 0, hidden = 0, heads = 0, vocabulary = 0, sequence = 0, batch = 0;
};

bool parse(const std::string& name, StepName& s) {
  return std::sscanf(name.c_str(), "gpt-l%d-h%d-a%d-v%d-s%d-b%d", &s.layers, &s.hidden, &s.heads,
                     &s.vocabulary, &s.sequence, &s.batch) == 6;
}

// No framework: the program of real_runs/cpu, which reduces all gradients at once.
std::string stack_text(const StepName& s) {
  return fmt::format(
      "# yaml-language-server: $schema=../../schemas/stack.json\n"
      "kind: stack\ntitle: \"the training step of real_runs/cpu, {} layers\"\nsource: \"real_runs/cpu\"\n"
      "confidence: derived\nhost_per_step: {{value: 0s, source: \"no framework\"}}\n"
      "compute_slowdown: {{value: 1, source: \"a core that runs a collective computes nothing else "
      "meanwhile\"}}\n"
      "launch: none\nbucket_layers: {}\n",
      s.layers, s.layers);
}

std::string workload_text(const StepName& s, const std::string& id) {
  return fmt::format(
      "# yaml-language-server: $schema=../schemas/workload.json\n"
      "kind: workload\ntitle: \"small GPT, {} layers of {}\"\nsource: \"the training step of "
      "real_runs/cpu\"\n"
      "model: {{layers: {}, hidden: {}, heads: {}, kv_heads: {}, ffn_hidden: {}, vocabulary: {}, mlp: gelu, "
      "norm: rms_norm, position: learned, tied_embeddings: true}}\n"
      "training: {{sequence: {}, micro_batch: {}, sharding: ddp, recompute: none, "
      "precision: fp32, "
      "gradient_precision: fp32, optimizer: adamw, attention: plain, stack: {}}}\n",
      s.layers, s.hidden, s.layers, s.hidden, s.heads, s.heads, 4 * s.hidden, s.vocabulary, s.sequence,
      s.batch, id);
}

}  // namespace

std::vector<fs::path> write_models(const Measured& measured, const std::string& name, const fs::path& folder,
                                   const std::string& date) {
  std::vector<std::pair<fs::path, std::string>> files{
      {folder / "gpu_models" / (name + ".yaml"), gpu_text(measured, name, date)},
      {folder / "platforms" / (name + ".yaml"), platform_text(measured, name, date)}};
  std::map<std::string, std::vector<double>> steps;
  std::map<std::string, std::string> ranks;
  for (const RecordRow& row : measured.rows) {
    if (cell_of(row, "op") != "training_step") continue;
    steps[cell_of(row, "layer")].push_back(number(row, "time_us") * 1e-6);
    ranks[cell_of(row, "layer")] = cell_of(row, "ranks");
  }
  for (const auto& [step, times] : steps) {
    StepName shape;
    if (!parse(step, shape)) continue;
    const std::string id = name + "-" + step;
    files.emplace_back(folder / "workloads" / (id + ".yaml"), workload_text(shape, id));
    files.emplace_back(folder / "workloads" / "stacks" / (id + ".yaml"), stack_text(shape));
    files.emplace_back(
        folder / "scenarios" / (id + ".yaml"),
        fmt::format(
            "# yaml-language-server: $schema=../schemas/scenario.json\n"
            "kind: scenario\ntitle: \"{}, predicted and measured\"\n"
            "question: \"How well do kernels and collectives measured alone tell the time of a step?\"\n"
            "platforms: [{}]\nworkload: {}\ngpus: [{}]\nmeasured:\n"
            "  - {{platform: {}, variant: ddp, gpus: {}, step_time: {{value: {:.6g}ms, source: \"`aifsim "
            "measure` ({})\", "
            "confidence: measured}}}}\n",
            step, name, id, ranks[step], name, ranks[step], median(times) * 1e3, date));
  }
  std::vector<fs::path> written;
  for (const auto& [path, text] : files) {
    std::error_code failed;
    if (fs::exists(path, failed)) continue;
    make_folders(path.parent_path());
    AtomicFile file(path);
    file.write(text);
    file.commit();
    written.push_back(path);
  }
  return written;
}

}  // namespace aifsim
