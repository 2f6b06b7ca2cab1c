#include "factory/training_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/csv.hpp"
#include "catalog/words.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"

namespace aifsim {
namespace {

// A row that is well-formed, but outside what the models express.
struct Unsupported {
  std::string reason;
};

std::int64_t whole(const CsvReader& row, const char* column, const char* reason) {
  const auto value = row.integer(column);
  if (!value || *value <= 0) throw Unsupported{reason};
  if (*value > 10'000'000)
    throw InputError(row.place(column),
                     fmt::format("{} = {} is beyond all sense; at most 10000000", column, *value));
  return *value;
}

// The table tells neither the kind of MLP nor whether the output head shares the embedding's weights: the
// choice whose parameter count is nearest to `params_b`.
void choose_kind(ModelDescription& model, std::int64_t sequence, double parameters) {
  ModelDescription best = model;
  double nearest = std::numeric_limits<double>::infinity();
  for (const Mlp mlp : {Mlp::gelu, Mlp::swiglu})
    for (const bool tied : {false, true}) {
      model.mlp = mlp;
      model.tied_embeddings = tied;
      const double distance =
          std::abs(std::log(static_cast<double>(total_parameters(model, sequence)) / parameters));
      if (distance >= nearest) continue;
      nearest = distance;
      best = model;
    }
  model = best;
}

ModelDescription model_of(const CsvReader& row) {
  constexpr auto reason = "the model's shape is not given (layers, hidden, heads, ffn_hidden, vocab)";
  ModelDescription m;
  m.layers = whole(row, "layers", reason);
  m.hidden = whole(row, "hidden", reason);
  m.heads = whole(row, "heads", reason);
  m.kv_heads = row.integer("kv_heads").value_or(m.heads);
  m.ffn_hidden = whole(row, "ffn_hidden", reason);
  m.vocabulary = whole(row, "vocab", reason);
  const auto parameters = row.number("params_b");
  if (parameters && *parameters > 0) choose_kind(m, row.integer("seq_len").value_or(2048), *parameters * 1e9);
  if (m.mlp == Mlp::swiglu) {  // Llama-style models, which have no biases and no learned positions
    m.norm = NormKind::rms_norm;
    m.position = PositionEncoding::rotary;
  }
  if (m.hidden % m.heads != 0 || m.kv_heads <= 0 || m.heads % m.kv_heads != 0)
    throw Unsupported{fmt::format("{} heads (of which {} for keys and values) do not divide a width of {}",
                                  m.heads, m.kv_heads, m.hidden)};
  return m;
}

std::int64_t degree_of(const CsvReader& row, const char* column) {
  const std::int64_t degree = row.integer(column).value_or(1);
  if (degree < 1)
    throw InputError(row.place(column), fmt::format("{} must be at least 1, found {}", column, degree));
  return degree;
}

void require_one(const CsvReader& row, const char* column, const char* what) {
  if (degree_of(row, column) > 1)
    throw Unsupported{fmt::format("{} ({} = {}) is not modelled yet", what, column, row.cell(column))};
}

Precision precision_of(const CsvReader& row) {
  if (const auto known = catalog::value_of<Precision>(row.cell("precision"))) return *known;
  throw Unsupported{fmt::format("precision '{}' is not modelled", row.cell("precision"))};
}

TrainingDescription training_of(const CsvReader& row, std::int64_t gpus, std::int64_t tensor_parallel) {
  TrainingDescription t;
  t.tensor_parallel = tensor_parallel;
  const std::int64_t ranks = gpus / tensor_parallel;  // data-parallel
  t.sequence = whole(row, "seq_len", "the sequence length is not given");
  t.micro_batch = whole(row, "micro_batch", "the micro-batch is not given");
  const auto batch = whole(row, "global_batch", "the global batch is not given");
  if (batch % (t.micro_batch * ranks) != 0)
    throw Unsupported{fmt::format("a global batch of {} is no multiple of micro-batch {} x {} ranks", batch,
                                  t.micro_batch, ranks)};
  t.gradient_accumulation = batch / (t.micro_batch * ranks);
  t.precision = precision_of(row);
  t.gradient_precision = storage_of(t.precision);
  const std::string& sharding = row.cell("sharding");
  if (sharding == "none")
    t.sharding = Sharding::ddp;
  else if (sharding == "zero1")
    t.sharding = Sharding::zero1;
  else if (sharding == "zero2")
    t.sharding = Sharding::zero2;
  else if (sharding == "zero3")
    t.sharding = Sharding::zero3;
  else if (sharding == "hsdp")
    t.sharding = Sharding::hsdp;
  else
    throw Unsupported{sharding.empty() ? std::string("the sharding is not given")
                                       : fmt::format("sharding '{}' is not modelled", sharding)};
  if (t.sharding == Sharding::hsdp) {
    t.shard_group = whole(row, "shard_group", "hybrid sharding, but the shard group is not given");
    if (ranks % t.shard_group != 0)
      throw Unsupported{fmt::format("a shard group of {} does not divide {} ranks", t.shard_group, ranks)};
  }
  if (t.sharding == Sharding::zero3 && row.integer("shard_group").value_or(ranks) != ranks)
    throw Unsupported{
        fmt::format("full sharding over {} of {} ranks; that would be hsdp", row.cell("shard_group"), ranks)};
  const std::string& recompute = row.cell("recompute");
  if (recompute == "full")
    t.recompute = Recompute::full;
  else if (recompute != "none")
    throw Unsupported{recompute.empty() ? std::string("whether activations are recomputed is not given")
                                        : fmt::format("recompute '{}' is not modelled yet", recompute)};
  return t;
}

TrainingJob job_of(const CsvReader& row, std::int64_t gpus, PlatformShelf& shelf) {
  TrainingJob job;
  job.platform = shelf.find(row.cell("platform"), row.place("platform"));
  if (!job.platform)
    throw Unsupported{fmt::format("no platform '{}' in the catalogue", row.cell("platform"))};
  if (job.platform->gpu.name != row.cell("gpu"))
    throw Unsupported{fmt::format("platform {} has GPU {}, the row {}", row.cell("platform"),
                                  job.platform->gpu.name, row.cell("gpu"))};
  const std::int64_t per_node = job.platform->topology.gpus_per_node();
  if (row.integer("gpus_per_node").value_or(per_node) != per_node)
    throw Unsupported{fmt::format("the row has {} GPUs per node, platform {} has {}",
                                  row.cell("gpus_per_node"), row.cell("platform"), per_node)};
  if (row.cell("moe") == "yes") throw Unsupported{"experts are not modelled yet"};
  if (!row.cell("task").empty() && row.cell("task") != "pretrain" && row.cell("task") != "sft")
    throw Unsupported{fmt::format("task '{}' is not modelled yet", row.cell("task"))};
  const std::int64_t tensor_parallel = degree_of(row, "tp");
  require_one(row, "pp", "pipeline parallelism");
  require_one(row, "cp", "context parallelism");
  require_one(row, "ep", "expert parallelism");
  if (gpus % tensor_parallel != 0)
    throw Unsupported{fmt::format("tensor parallelism of {} does not divide {} GPUs", tensor_parallel, gpus)};
  const std::int64_t ranks = gpus / tensor_parallel;
  if (row.integer("dp").value_or(ranks) != ranks)
    throw Unsupported{fmt::format("data parallelism of {} on {} GPUs with tensor parallelism of {}",
                                  row.cell("dp"), gpus, tensor_parallel)};
  job.gpus = gpus;
  job.model = model_of(row);
  job.training = training_of(row, gpus, tensor_parallel);
  try {
    layout_of(job.model, job.training, gpus);
  } catch (const CannotAnswer& error) {
    throw Unsupported{error.what()};
  }
  return job;
}

// Model FLOPs of a step, from the shape where it is given, else 6 per parameter and token.
Flops step_flops(const CsvReader& row) {
  const auto batch = row.number("global_batch"), sequence = row.number("seq_len"),
             parameters = row.number("params_b");
  if (!batch || !sequence || row.cell("moe") == "yes" || row.cell("task") == "lora") return Flops{0};
  try {
    return model_flops(model_of(row), static_cast<std::int64_t>(*sequence)) * *batch;
  } catch (const Unsupported&) {
    return Flops{parameters ? 6 * *parameters * 1e9 * *sequence * *batch : 0};
  }
}

}  // namespace

const PlatformInstance* PlatformShelf::find(const std::string& name, const Place& asked_at) {
  const auto [at, isnew] = platforms_.try_emplace({name, asked_at.file});
  if (isnew && catalog_.has(CatalogKind::platform, name, asked_at)) {
    PlatformDescription platform = catalog_.platform(name, asked_at);
    GpuDescription gpu = catalog_.gpu(platform.node.gpu, platform.node.gpu_place);
    at->second = std::make_unique<PlatformInstance>(std::move(platform), std::move(gpu));
  }
  return at->second.get();
}

const GpuDescription* PlatformShelf::find_gpu(const std::string& name, const Place& asked_at) {
  const auto [at, isnew] = gpus_.try_emplace({name, asked_at.file});
  if (isnew && catalog_.has(CatalogKind::gpu, name, asked_at))
    at->second = std::make_unique<GpuDescription>(catalog_.gpu(name, asked_at));
  return at->second.get();
}

constexpr std::size_t kMostRows = 200'000;  // each is a job in some kilobytes, and a simulation

std::vector<MeasuredRow> read_training_table(std::istream& in, const std::string& name, const std::string& by,
                                             PlatformShelf& shelf) {
  CsvReader row(in, name);
  row.require({"id", "platform", "gpu", "gpus", "seq_len", "global_batch", "sharding", "step_time_s"});
  if (!row.has(by)) throw InputError({name, 1, 1}, fmt::format("there is no column '{}' to group by", by));
  std::vector<MeasuredRow> rows;
  while (row.next()) {
    if (rows.size() == kMostRows)
      throw InputError(row.place("id"), fmt::format("more than {} runs; give a part of them", kMostRows));
    MeasuredRow m;
    m.id = row.cell("id");
    m.group = row.cell(by);
    const auto measured = row.number("step_time_s");
    if (!measured || *measured <= 0)
      throw InputError(row.place("step_time_s"),
                       fmt::format("step_time_s must be a positive number of seconds, found '{}'",
                                   row.cell("step_time_s")));
    m.measured = Seconds{*measured};
    const auto gpus = row.integer("gpus");
    if (!gpus || *gpus <= 0 || *gpus > 10'000'000)
      throw InputError(row.place("gpus"),
                       fmt::format("gpus must be a positive whole number, found '{}'", row.cell("gpus")));
    m.gpus = *gpus;
    const std::string& gpu = row.cell("gpu");
    m.family = gpu.substr(0, gpu.find('_'));
    m.precision = row.cell("precision");
    m.model_flops = step_flops(row);
    const auto precision = catalog::value_of<Precision>(m.precision);
    if (const GpuDescription* found = shelf.find_gpu(gpu, row.place("gpu")); found && precision) {
      const auto peak = found->peak.find(product_of(*precision));
      if (peak != found->peak.end()) m.peak = *peak->second * static_cast<double>(m.gpus);
    }
    try {
      TrainingJob job = job_of(row, m.gpus, shelf);
      check_expressible(job);
      m.job = std::move(job);
    } catch (const Unsupported& u) {
      m.unsupported = u.reason;
    } catch (const CannotAnswer& error) {
      m.unsupported = error.what();
    }
    rows.push_back(std::move(m));
  }
  return rows;
}

}  // namespace aifsim
