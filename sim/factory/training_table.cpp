#include "factory/training_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <unordered_map>

#include "base/csv.hpp"
#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "base/record.hpp"
#include "catalog/device_names.hpp"
#include "catalog/fields.hpp"
#include "catalog/words.hpp"
#include "factory/training_cells.hpp"
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
  if (*value > kMostOfTable)
    throw InputError(row.place(column),
                     fmt::format("{} = {} is beyond all sense; at most {}", column, *value, kMostOfTable));
  return *value;
}

// The table tells neither the kind of MLP nor whether the output head shares the embedding's weights: the
// choice whose parameter count is nearest to `params_b`; where the model's name says Llama, which is gated, of those.
void choose_kind(ModelDescription& model, std::int64_t sequence, double parameters, bool gated) {
  ModelDescription best = model;
  double nearest = std::numeric_limits<double>::infinity();
  for (const Mlp mlp : {Mlp::gelu, Mlp::swiglu})
    if (mlp == Mlp::swiglu || !gated)
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
  if (parameters && *parameters > 0)
    choose_kind(m, row.integer("seq_len").value_or(2048), *parameters * 1e9,
                boost::algorithm::icontains(row.cell("model"), "llama"));
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

// A word of the row, or what would be known.
template <class E>
E word_of_row(const CsvReader& row, const char* column) {
  const std::string& word = row.cell(column);
  if (const auto value = catalog::value_of<E>(word)) return *value;
  throw Unsupported{
      fmt::format("{} '{}' is not modelled; known: {}", column, word, fmt::join(catalog::words<E>(), ", "))};
}

// As above; where the cell is empty the stack's usual choice, which `assumed` tells.
template <class E>
E word_or_usual(const CsvReader& row, const char* column, E usual, std::string& assumed) {
  if (!row.cell(column).empty()) return word_of_row<E>(row, column);
  assumed += (assumed.empty() ? "" : ", ") + std::string(column);
  return usual;
}

// A word, with modules behind it ("selective: mlp+core_attn") or in the column beside it, or modules alone.
void take_recompute(const CsvReader& row, TrainingDescription& t, const UsualTraining& usual,
                    std::string& assumed) {
  const std::string& cell = row.cell("recompute");
  const std::size_t colon = std::min(cell.find(':'), cell.size());
  const auto alone = cell.empty() ? std::nullopt : modules_in(cell);
  std::string_view named = row.cell("recompute_modules");
  if (alone) {
    t.recompute = Recompute::selective;
    named = cell;
  } else if (colon < cell.size() && cell.substr(0, colon) == "selective") {
    t.recompute = Recompute::selective;
    named = std::string_view(cell).substr(std::min(cell.find_first_not_of(' ', colon + 1), cell.size()));
  } else {
    t.recompute = word_or_usual(row, "recompute", usual.recompute, assumed);
    if (t.recompute == Recompute::selective && named.empty()) t.recompute = usual.selective;
  }
  if (named.empty()) return;
  if (t.recompute != Recompute::selective)
    throw Unsupported{fmt::format("recompute_modules belongs to recompute selective, this is {}",
                                  catalog::word_of(t.recompute))};
  const auto modules = modules_in(named);
  if (!modules)
    throw Unsupported{fmt::format("recompute_modules '{}' is not modelled; known: {}", named,
                                  fmt::join(catalog::words<RecomputeModule>(), ", "))};
  t.recompute_modules = *modules;
}

// The columns without which no model can predict the row, where they are empty.
std::vector<std::string> empty_cells(const CsvReader& row) {
  static constexpr const char* needed[] = {"platform",     "gpu",         "layers",   "hidden",
                                           "heads",        "ffn_hidden",  "vocab",    "seq_len",
                                           "global_batch", "micro_batch", "precision"};
  std::vector<std::string> empty;
  for (const char* column : needed)
    if (row.cell(column).empty()) empty.emplace_back(column);
  return empty;
}

void require_cells(const CsvReader& row) {
  const std::vector<std::string> empty = empty_cells(row);
  if (!empty.empty())
    throw Unsupported{fmt::format("not given: {}; fill in {}", fmt::join(empty, ", "),
                                  empty.size() == 1 ? "this column" : "these columns")};
}

bool yes(const CsvReader& row, const char* column, bool usual, std::string& assumed) {
  const std::string& word = row.cell(column);
  if (const auto answer = yes_or_no(word)) return *answer;
  if (!word.empty())
    throw InputError(row.place(column), fmt::format("{} must be yes or no, found {}", column, quote(word)));
  assumed += (assumed.empty() ? "" : ", ") + std::string(column);
  return usual;
}

TrainingDescription training_of(const CsvReader& row, std::int64_t gpus, const StackDescription& stack,
                                std::string& assumed) {
  TrainingDescription t;
  const UsualTraining& usual = stack.usual;
  t.tensor_parallel = degree_of(row, "tp");
  t.context_parallel = degree_of(row, "cp");
  t.pipeline_parallel = degree_of(row, "pp");
  t.virtual_stages = degree_of(row, "vpp");
  t.expert_parallel = degree_of(row, "ep");
  if (t.virtual_stages > 1 && t.pipeline_parallel == 1)
    throw Unsupported{fmt::format("{} virtual stages without a pipeline", t.virtual_stages)};
  if (t.tensor_parallel > 1)
    t.sequence_parallel = yes(row, "sequence_parallel", usual.sequence_parallel, assumed);
  const std::int64_t split = t.tensor_parallel * t.context_parallel * t.pipeline_parallel;
  if (gpus % split != 0)
    throw Unsupported{
        fmt::format("tensor, context and pipeline parallelism of {} x {} x {} do not divide {} GPUs",
                    t.tensor_parallel, t.context_parallel, t.pipeline_parallel, gpus)};
  const std::int64_t ranks = gpus / split;  // data-parallel
  if (row.integer("dp").value_or(ranks) != ranks)
    throw Unsupported{
        fmt::format("data parallelism of {} on {} GPUs with tensor, context and pipeline parallelism "
                    "of {}",
                    row.cell("dp"), gpus, split)};
  t.sequence = whole(row, "seq_len", "the sequence length is not given");
  t.micro_batch = whole(row, "micro_batch", "the micro-batch is not given");
  const auto batch = whole(row, "global_batch", "the global batch is not given");
  if (batch % (t.micro_batch * ranks) != 0)
    throw Unsupported{fmt::format("a global batch of {} is no multiple of micro-batch {} x {} ranks", batch,
                                  t.micro_batch, ranks)};
  t.gradient_accumulation = batch / (t.micro_batch * ranks);
  t.precision = word_of_row<Precision>(row, "precision");
  t.gradient_precision = usual.gradient_precision == Dtype::fp32 ? Dtype::fp32 : storage_of(t.precision);
  t.sharding = word_or_usual(row, "sharding", usual.sharding, assumed);
  t.attention = usual.attention;
  const std::int64_t sharing = ranks * t.context_parallel;
  const std::int64_t given_group = row.integer("shard_group").value_or(0);
  const bool in_groups = (t.sharding == Sharding::zero1 || t.sharding == Sharding::zero2) &&
                         given_group > 0 && given_group != ranks && given_group != sharing;
  if (t.sharding == Sharding::hsdp || in_groups) {
    t.shard_group = whole(row, "shard_group", "hybrid sharding, but the shard group is not given");
    if (sharing % t.shard_group != 0)
      throw Unsupported{fmt::format("a shard group of {} does not divide {} ranks", t.shard_group, sharing)};
  }
  if (t.sharding == Sharding::zero3 && row.integer("shard_group").value_or(ranks) != ranks &&
      *row.integer("shard_group") != sharing)
    throw Unsupported{
        fmt::format("full sharding over {} of {} ranks; that would be hsdp", row.cell("shard_group"), ranks)};
  take_recompute(row, t, usual, assumed);
  if (row.cell("task") == "lora") t.lora_rank = usual.lora_rank;
  return t;
}

// Whatever a table says of them.
bool has_experts(const CsvReader& row) { return !row.cell("moe").empty() && row.cell("moe") != "no"; }

// Experts stand in no column: the model is the one that the catalogue knows by its name.
const WorkloadDescription& workload_of_row(const CsvReader& row, PlatformShelf& shelf) {
  const WorkloadDescription* known = shelf.workload(row.cell("model"));
  if (known) return *known;
  throw Unsupported{
      fmt::format("no workload of the catalogue is `known_as` {}, and the table does not say what "
                  "experts it has",
                  quote(row.cell("model")))};
}

ModelDescription model_of_row(const CsvReader& row, PlatformShelf& shelf) {
  return has_experts(row) ? workload_of_row(row, shelf).model : model_of(row);
}

// What the optimizer holds; of a model with experts, where the row is silent, what its published recipe in bf16 says.
void take_optimizer(const CsvReader& row, PlatformShelf& shelf, TrainingDescription& t,
                    std::string& assumed) {
  const auto take = [&](const char* column, auto& to, auto recipe) {
    if (!row.cell(column).empty())
      to = word_of_row<std::decay_t<decltype(to)>>(row, column);
    else if (recipe != to)
      to = word_or_usual(row, column, recipe, assumed);
  };
  const bool known = has_experts(row) && storage_of(t.precision) == Dtype::bf16;
  const TrainingDescription& recipe = known ? workload_of_row(row, shelf).training : t;
  take("optimizer", t.optimizer, t.optimizer);
  take("optimizer_moments", t.optimizer_moments, recipe.optimizer_moments);
  take("master_weights", t.master_weights, recipe.master_weights);
}

// Year and month of the container that the row's source names ("... 26.06.01 container ..."); 0: none.
double container_of(const CsvReader& row) {
  const std::string& source = row.cell("source");
  const std::size_t end = source.find(" container");
  if (end == std::string::npos) return 0;
  const std::size_t begin = source.find_last_of(' ', end - 1) + 1;
  int year = 0, month = 0;
  if (std::sscanf(source.c_str() + begin, "%2d.%2d", &year, &month) != 2) return 0;
  return year + month / 100.0;
}

struct JobOfRow {
  TrainingJob job;
  std::string assumed;
  bool elsewhere = false;  // on the usual platform of its GPU: of use for its memory alone
};

JobOfRow job_of(const CsvReader& row, std::int64_t gpus, PlatformShelf& shelf) {
  if (row.cell("platform").empty() || row.cell("gpu").empty()) require_cells(row);
  JobOfRow found;
  TrainingJob& job = found.job;
  job.platform = shelf.find(row.cell("platform"), row.place("platform"));
  if (!job.platform && !row.cell("peak_memory_gib").empty()) {
    job.platform = shelf.usual_with(shelf.gpu_name(row.cell("gpu")));
    found.elsewhere = job.platform != nullptr;
    if (found.elsewhere) found.assumed = "platform";
  }
  if (!job.platform)
    throw Unsupported{fmt::format("no platform '{}' in the catalogue{}", row.cell("platform"),
                                  shelf.platforms_with(shelf.gpu_name(row.cell("gpu"))))};
  if (job.platform->gpu.name != shelf.gpu_name(row.cell("gpu")))
    throw Unsupported{fmt::format("platform {} has GPU {}, the row {}", row.cell("platform"),
                                  job.platform->gpu.name, row.cell("gpu"))};
  const std::int64_t per_node = job.platform->topology.gpus_per_node();
  // A job of a part of a node may count the GPUs that it has of it.
  if (const auto given = row.integer("gpus_per_node");
      given && *given != per_node && gpus > *given && !found.elsewhere)
    throw Unsupported{fmt::format("the row has {} GPUs per node, platform {} has {}",
                                  row.cell("gpus_per_node"), row.cell("platform"), per_node)};
  const std::string& task = row.cell("task");
  if (!task.empty() && task != "pretrain" && task != "sft" && task != "lora")
    throw Unsupported{fmt::format("task '{}' is not modelled yet", task)};
  if (!has_experts(row)) require_cells(row);
  job.gpus = gpus;
  const PlatformShelf::KnownStack& stack = shelf.stack(
      row.cell("stack"), container_of(row),
      catalog::value_of<Precision>(row.cell("precision")).value_or(Precision::bf16), job.platform->gpu.name);
  job.stack = stack.stack;
  if (!stack.known) found.assumed += found.assumed.empty() ? "stack" : ", stack";
  job.training = training_of(row, gpus, job.stack, found.assumed);
  job.model = model_of_row(row, shelf);
  take_optimizer(row, shelf, job.training, found.assumed);
  WorkloadDescription asked;
  asked.model = job.model;
  asked.training = job.training;
  if (const auto clashes = catalog::clashes_of(asked); !clashes.empty())
    throw Unsupported{clashes.front().message};
  try {
    layout_of(job.model, job.training, gpus);
  } catch (const CannotAnswer& error) {
    throw Unsupported{error.what()};
  }
  return found;
}

// Where a cell that every row needs is empty: all such cells of the row.
std::string what_to_fill(const CsvReader& row) {
  std::vector<std::string> empty;
  for (const char* column : {"gpus", "step_time_s"})
    if (row.cell(column).empty()) empty.emplace_back(column);
  if (empty.empty()) return "";
  const std::vector<std::string> more = empty_cells(row);
  empty.insert(empty.end(), more.begin(), more.end());
  return fmt::format("; fill in {}", fmt::join(empty, ", "));
}

bool crashed(const CsvReader& row) {
  const std::string& outcome = row.cell("outcome");
  const std::string& oom = row.cell("oom");
  return outcome == "crashed" || outcome == "oom" || oom == "yes" || oom.starts_with("oom");
}

std::optional<double> peak_memory(const CsvReader& row) {
  if (row.cell("peak_memory_gib").empty()) return std::nullopt;
  const auto peak = row.number("peak_memory_gib");
  if (peak && *peak > 0 && std::isfinite(*peak)) return peak;
  throw InputError(
      row.place("peak_memory_gib"),
      fmt::format("peak_memory_gib must be a positive number, found {}", quote(row.cell("peak_memory_gib"))));
}

// Seconds of a step, or what logs print in their place: tokens per second and GPU, or samples per second.
Seconds measured_step(const CsvReader& row) {
  if (row.cell("step_time_s").empty()) {
    const auto above_zero = [&](const char* column) {
      const auto value = row.number(column);
      return value && *value > 0 ? *value : 0.0;
    };
    const double batch = above_zero("global_batch"), sequence = above_zero("seq_len"),
                 gpus = above_zero("gpus"), tokens = above_zero("tokens_per_s_per_gpu"),
                 samples = above_zero("samples_per_s");
    double seconds = samples > 0 ? batch / samples : 0;
    if (tokens > 0 && gpus > 0) seconds = batch * sequence / (tokens * gpus);
    if (seconds > 0 && std::isfinite(seconds)) return Seconds{seconds};
    if (tokens > 0 || samples > 0)
      throw InputError(row.place("step_time_s"),
                       fmt::format("step_time_s is empty; fill it in, or {}, from which it follows",
                                   tokens > 0 ? "global_batch, seq_len and gpus" : "global_batch"));
  }
  const auto measured = row.number("step_time_s");
  if (measured && *measured > 0) return Seconds{*measured};
  throw InputError(row.place("step_time_s"),
                   fmt::format("step_time_s must be a positive number of seconds, found {}{}",
                               quote(row.cell("step_time_s")), what_to_fill(row)));
}

// Model FLOPs of a step, from the shape where it is given, else 6 per parameter and token.
Flops step_flops(const CsvReader& row, PlatformShelf& shelf) {
  const auto batch = row.number("global_batch"), sequence = row.number("seq_len"),
             parameters = row.number("params_b");
  if (!batch || !sequence) return Flops{0};
  try {
    return model_flops(model_of_row(row, shelf), static_cast<std::int64_t>(*sequence),
                       row.cell("task") == "lora") *
           *batch;
  } catch (const Unsupported&) {
    if (has_experts(row)) return Flops{0};
    return Flops{parameters ? 6 * *parameters * 1e9 * *sequence * *batch : 0};
  }
}

constexpr std::size_t kMostJobs = 200'000;  // some kilobytes each, and a simulation

// What the rows ask of the models: rows that differ in nothing but names and measured figures ask the same.
class Jobs {
 public:
  struct Found {
    std::shared_ptr<const TrainingJob> job;
    std::string unsupported, assumed;
    bool elsewhere = false;
  };

  Jobs(const CsvReader& table, PlatformShelf& shelf) : shelf_(shelf) {
    static const std::set<std::string, std::less<>> apart{"id",
                                                          "step_time_s",
                                                          "step_time_min_s",
                                                          "step_time_p90_s",
                                                          "steps",
                                                          "tflops_per_gpu",
                                                          "peak_memory_gib",
                                                          "memory_kind",
                                                          "outcome",
                                                          "oom",
                                                          "run_time_s",
                                                          "tokens_per_s_per_gpu",
                                                          "samples_per_s",
                                                          "url",
                                                          "source",
                                                          "notes"};
    for (const std::string& column : table.columns())
      if (!apart.contains(column)) columns_.push_back(column);
  }

  const Found& of(const CsvReader& row, std::int64_t gpus) {
    std::string key;
    for (const std::string& column : columns_) key += row.cell(column) + '\0';
    key += fmt::format("{} {}", container_of(row), row.cell("peak_memory_gib").empty());
    const auto [at, fresh] = found_.try_emplace(std::move(key));
    if (!fresh) return at->second;
    if (found_.size() > kMostJobs)
      throw InputError(row.place("id"),
                       fmt::format("more than {} different runs; give a part of them", kMostJobs));
    try {
      JobOfRow one = job_of(row, gpus, shelf_);
      check_expressible(one.job);
      at->second.job = std::make_shared<const TrainingJob>(std::move(one.job));
      at->second.assumed = one.assumed;
      at->second.elsewhere = one.elsewhere;
    } catch (const Unsupported& u) {
      at->second.unsupported = u.reason;
    } catch (const CannotAnswer& error) {
      at->second.unsupported = error.what();
    }
    return at->second;
  }

 private:
  PlatformShelf& shelf_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, Found> found_;
};

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

const PlatformShelf::KnownStack& PlatformShelf::stack(const std::string& word, double container,
                                                      Precision precision, const std::string& gpu) {
  const auto [at, isnew] = stacks_.try_emplace({word, container, precision, gpu});
  if (isnew) {
    const auto known = word.empty() ? std::nullopt : catalog_.stack_known_as(word, container, precision, gpu);
    at->second = {known ? *known : catalog_.stack(TrainingDescription{}.stack), known.has_value()};
  }
  return at->second;
}

const WorkloadDescription* PlatformShelf::workload(const std::string& word) {
  const auto [at, isnew] = workloads_.try_emplace(word);
  if (isnew) at->second = catalog_.workload_known_as(word);
  return at->second ? &*at->second : nullptr;
}

const std::string& PlatformShelf::gpu_name(const std::string& word) {
  const auto [at, isnew] = gpu_names_.try_emplace(word);
  if (isnew) at->second = gpu_of_device(word, catalog_.search()).value_or(word);
  return at->second;
}

const PlatformInstance* PlatformShelf::usual_with(const std::string& gpu) {
  const auto name = usual_platform_of(gpu, catalog_.search());
  return name ? find(*name) : nullptr;
}

std::string PlatformShelf::platforms_with(const std::string& gpu) {
  if (with_gpu_.empty())
    for (const std::string& name : catalog_.names(CatalogKind::platform)) try {
        for (const PlatformDescription& platform : catalog_.partitions(name))
          if (!std::holds_alternative<JoinedDescription>(
                  platform.fabric.topology))  // whose machines stand there too
            with_gpu_[platform.node.gpu].push_back(platform.name);
      } catch (const InputError&) {  // a file of the user's that no row asks for
      }
  const auto found = with_gpu_.find(gpu);
  return found == with_gpu_.end() ? "" : fmt::format("; with {}: {}", gpu, fmt::join(found->second, ", "));
}

namespace {

// A table may have columns of its own, but not one that is all but the name of one that is read and not there.
void check_columns(const CsvReader& table) {
  const auto has = [&](const std::string& column) {
    return std::find(table.columns().begin(), table.columns().end(), column) != table.columns().end();
  };
  const std::vector<std::string>& known = training_columns();
  for (const std::string& column : table.columns()) {
    if (std::find(known.begin(), known.end(), column) != known.end()) continue;
    for (const std::string& meant : known)
      if (meant.size() > 5 && !has(meant) && edit_distance(column, meant) < 3)
        throw InputError(table.header_place(column),
                         fmt::format("unknown column {}, did you mean {}?", quote(column), quote(meant)));
  }
}

}  // namespace

std::vector<MeasuredRow> read_training_table(std::istream& in, const std::string& name, const std::string& by,
                                             PlatformShelf& shelf) {
  int before = 0;
  read_metadata(in, before);  // of an import
  CsvReader row(in, name, before);
  row.require({"id", "platform", "gpu", "gpus", "seq_len", "global_batch", "sharding", "step_time_s"});
  row.require({by});
  check_columns(row);
  Jobs jobs(row, shelf);
  std::vector<MeasuredRow> rows;
  std::optional<Problem> nowhere;  // the first row without GPUs
  while (row.next()) {
    MeasuredRow m;
    m.id = row.cell("id");
    m.group = row.cell(by);
    m.crashed = crashed(row);
    m.peak_memory = peak_memory(row);
    const bool untimed = row.cell("step_time_s").empty() && (m.crashed || m.peak_memory);
    m.measured = untimed ? Seconds{std::numeric_limits<double>::quiet_NaN()} : measured_step(row);
    for (const char* column :
         {"platform", "model", "layers", "hidden", "gpus", "global_batch", "seq_len", "precision", "stack"})
      m.question += row.cell(column) + '\0';
    if (row.cell("gpus").empty()) {  // not published
      const Problem missing{row.place("gpus"), "gpus are not given" + what_to_fill(row)};
      if (!nowhere) nowhere = missing;
      m.unsupported = missing.str();
      rows.push_back(std::move(m));
      continue;
    }
    const auto gpus = row.integer("gpus");
    if (!gpus || *gpus <= 0 || *gpus > 10'000'000)
      throw InputError(row.place("gpus"), fmt::format("gpus must be a positive whole number, found {}{}",
                                                      quote(row.cell("gpus")), what_to_fill(row)));
    m.gpus = *gpus;
    const std::string gpu = shelf.gpu_name(row.cell("gpu"));
    m.family = gpu.substr(0, gpu.find('_'));
    const auto precision = catalog::value_of<Precision>(row.cell("precision"));
    m.precision = precision ? name_of(*precision) : row.cell("precision");
    m.model_flops = step_flops(row, shelf);
    if (const GpuDescription* found = shelf.find_gpu(gpu, row.place("gpu")); found && precision) {
      const auto peak = found->peak.find(product_of(*precision));
      if (peak != found->peak.end()) m.peak = *peak->second * static_cast<double>(m.gpus);
    }
    const Jobs::Found& found = jobs.of(row, m.gpus);
    m.job = found.job;
    m.unsupported = found.unsupported;
    m.assumed = found.assumed;
    if (found.elsewhere) m.measured = Seconds{std::numeric_limits<double>::quiet_NaN()};
    rows.push_back(std::move(m));
  }
  if (nowhere && std::all_of(rows.begin(), rows.end(), [](const MeasuredRow& m) { return m.gpus == 0; }))
    throw InputError(nowhere->place, nowhere->message);
  return rows;
}

}  // namespace aifsim
