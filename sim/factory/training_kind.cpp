// Training: tokens, MFU, memory, energy, and a band from how well the platform's calibration met measured runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/calendar.hpp"
#include "catalog/words.hpp"
#include "factory/job_kind.hpp"
#include "factory/training_job.hpp"
#include "lowering/training/documents.hpp"
#include "lowering/training/guide.hpp"
#include "lowering/training/host_state.hpp"
#include "lowering/training/layout.hpp"
#include "lowering/training/model_shape.hpp"
#include "lowering/training/precision.hpp"
#include "lowering/training/rollouts.hpp"
#include "machine/power_bounds.hpp"
#include "metrics/energy.hpp"
#include "metrics/facility.hpp"
#include "metrics/failures.hpp"
#include "metrics/throughput.hpp"
#include "metrics/time.hpp"

namespace aifsim {
namespace {

std::vector<std::string_view> words_of(const std::vector<RecomputeModule>& modules) {
  std::vector<std::string_view> words;
  for (const RecomputeModule module : modules) words.push_back(catalog::word_of(module));
  return words;
}

// Words of the workload that its stack has not, or has for another thing.
std::string stack_note(const TrainingJob& job) {
  const TrainingDescription& t = job.training;
  const std::vector<Sharding>& offered = job.stack.offers.sharding;
  std::string note;
  if (std::ranges::count(offered, t.sharding) == 0) {
    std::vector<std::string_view> words(offered.size());
    std::ranges::transform(offered, words.begin(), [](Sharding s) { return catalog::word_of(s); });
    note = fmt::format("stack {} does not offer sharding {}, only {}: such a step is a guess", job.stack.name,
                       catalog::word_of(t.sharding), fmt::join(words, ", "));
  }
  if (t.recompute == Recompute::selective && job.stack.usual.selective == Recompute::per_op)
    note += fmt::format(
        "{}recompute selective means modules of a layer here ({}); what stack {} calls so is "
        "per_op",
        note.empty() ? "" : "; ", fmt::join(words_of(t.recompute_modules), ", "), job.stack.name);
  return note;
}

std::string note_of(const MemoryCheck& memory, const TrainingJob& job) {
  std::string note;
  if (memory.tight())
    note = fmt::format("memory is tight ({:.0f} % of what is usable), the allocator may slow the step down",
                       100 * memory.use.total().value / memory.usable.value);
  const auto add = [&](const std::string& text) { note += (note.empty() ? "" : "; ") + text; };
  if (job.model.network) add("tokens are samples here");
  if (const double useful = useful_share(job.training); useful < 1)
    add(fmt::format("{:.0f} % of what is computed is padding, which tokens and MFU leave out",
                    100 * (1 - useful)));
  if (job.training.rollouts) {
    const TrainingDescription t = with_answers_that_fit(job);
    const Engine engine = engine_of(job.model, t, job.gpus);
    const std::int64_t ranks = t.rollouts->tensor_parallel;
    add(fmt::format(
        "{} engines of {} GPU{} generate {} answers each, {}", job.gpus / ranks, ranks, ranks > 1 ? "s" : "",
        engine.answers,
        engine.in_flight == engine.answers ? "all at once" : fmt::format("{} at once", engine.in_flight)));
    add("the band of steps with rollouts is a guess: three published steps stand behind it");
  }
  if (const auto& data = job.training.data; data && data->tokens_per_file > 0)
    for (const StorageTierDescription& tier : job.platform->description.storage)
      if (tier.name == data->tier && !(*tier.opens > 0))
        add(fmt::format("tier {} does not say how many files it opens in a second: here that takes no time",
                        tier.name));
  constexpr double hardly = 0.1;  // of what a GPU may draw above idle: no measured one is capped so far down
  if (const GpuDescription& gpu = job.platform->gpu;
      gpu.power_cap < 1 && gpu.power_cap - gpu.power.idle < hardly * (1 - gpu.power.idle))
    add(fmt::format(
        "power_cap {:.0f} % is hardly above the {:.0f} % that the GPU draws idle: whether it runs so is "
        "not known",
        100 * *gpu.power_cap, 100 * *gpu.power.idle));
  if (const std::string held = cap_note(job.platform->description, job.platform->gpu); !held.empty())
    add(held);
  if (job.training.local_steps > 0)
    add(fmt::format("{} groups average every {} steps; what that does to the loss is not modelled",
                    job.training.local_groups, job.training.local_steps));
  const CalibrationDescription& c = job.platform->description.calibration;
  const double gpus = static_cast<double>(job.gpus);
  if (c.rows == 0)
    add("no measured run stands behind this platform's constants");
  else if (gpus < c.smallest_job || gpus > c.largest_job)
    add(fmt::format("outside the {} to {} GPUs of the measured runs", *c.smallest_job, *c.largest_job));
  if (!c.shardings.empty() && std::ranges::count(c.shardings, job.training.sharding) == 0)
    add(fmt::format("no measured run shards as {}: the band is not checked for it",
                    catalog::word_of(job.training.sharding)));
  if (c.rows > 0 && *c.most_micro_batches == 1 && micro_steps(job.model, job.training, job.gpus) > 1)
    add("no measured run accumulates gradients");
  return note;
}

void add_note(JobFigures& figures, const std::string& note) {
  if (!note.empty()) figures.note += (figures.note.empty() ? "" : "; ") + note;
}

// Groups that would fit into a scale-up domain but lie over several, and GPUs that are left beside whole groups.
std::string domains_note(const PlacedJob& placed, const TrainingJob& job) {
  const Topology& machine = placed.platform->topology;
  const std::int64_t domain = machine.gpus_per_domain(), nodes = machine.nodes_per_domain(),
                     per_node = machine.gpus_per_node(), unit = group_unit(job.training);
  if (nodes == 1 || unit == 1 || unit > domain || job.gpus <= unit) return "";
  std::set<std::int64_t> domains;
  for (const std::int64_t node : placed.nodes) domains.insert(node / nodes);
  std::int64_t apart = 0, groups = 0;
  for (std::int64_t first = 0; first + unit <= job.gpus; first += unit, ++groups) {
    const auto domain_of = [&](std::int64_t gpu) {
      return placed.nodes[static_cast<std::size_t>(gpu / per_node)] / nodes;
    };
    bool one = true;
    for (std::int64_t gpu = first; gpu < first + unit; gpu += per_node)
      one = one && domain_of(gpu) == domain_of(first);
    apart += one ? 0 : 1;
  }
  if (apart > 0)
    return fmt::format(
        "{} of {} groups of {} GPUs (tensor, context, expert parallelism) lie over several scale-up domains "
        "of "
        "{} GPUs, which hold {} each",
        apart, groups, unit, domain, domain / unit);
  const std::int64_t beside = std::ssize(domains) * domain - job.gpus;
  if (domain % unit == 0 || beside < domain) return "";
  return fmt::format(
      "groups of {} GPUs fill {} of the {} of a scale-up domain: {} GPUs of its {} domains are left to other "
      "jobs, and counted nowhere here",
      unit, domain / unit * unit, domain, beside, domains.size());
}

// How much is written, and whether storage keeps up.
void add_checkpoint_note(JobFigures& figures, const TrainingJob& job) {
  const CheckpointDescription& c = job.training.checkpoint;
  if (c.steps == 0) return;
  const Bytes size = checkpoint_size(trained_parameters(job.model, job.training), job.training, job.stack);
  if (!c.tier.empty()) {
    std::string note = fmt::format("a checkpoint of {:.4g} GB goes to {} {}", size.value / 1e9, c.tier,
                                   c.steps == 1 ? "at every step" : fmt::format("every {} steps", c.steps));
    if (!c.then.empty()) note += fmt::format(", and from there to {}", c.then);
    for (const StorageTierDescription& tier : job.platform->description.storage)
      if ((tier.name == c.tier || tier.name == c.then) && *tier.capacity > Bytes{0})
        note += fmt::format("; {} holds {:.0f} of them", tier.name, std::floor(*tier.capacity / size));
    if (const auto& nvme = job.platform->description.node.nvme; nvme && c.tier == node_drives) {
      const auto nodes = static_cast<double>(job.gpus) / *job.platform->description.node.gpus;
      if (*nvme->capacity > Bytes{0} && size > *nvme->capacity * nodes)
        note += "; the nodes' drives do not hold one";
    }
    return add_note(figures, note);
  }
  const Seconds written = size / c.rate, step{figures.metrics[Metric::step_time].or_zero()};
  std::string note = fmt::format("a checkpoint of {:.4g} GB every {} steps takes {:.3g} s to write",
                                 size.value / 1e9, c.steps, written.value);
  if (!c.asynchronous)
    note += ", while the job waits";
  else if (written > 0.99 * step * static_cast<double>(c.steps))
    note += ", as long as those steps take: the job waits for it";
  add_note(figures, note);
}

// Share of the time that counts in spite of failures; told, with the checkpoints that would leave most of it.
double survived(JobFigures& figures, const TrainingJob& job, std::int64_t nodes) {
  const TrainingDescription& t = job.training;
  if (!t.failures || t.tokens.value == 0) return 1;
  const JobFailures failures = job_failures(t.failures->node_mtbf, t.failures->restart, nodes);
  const Seconds step{figures.metrics[Metric::step_time].value};
  const auto steps = static_cast<double>(t.checkpoint.steps);
  const double steps_of_run =
      std::max(1.0, std::ceil(t.tokens.value * t.epochs / (sequences_per_step(job) * tokens_of_sequence(t))));
  const bool none = steps > steps_of_run;  // no checkpoint before the run's end
  const double share = counting_share(failures, step * steps, step * steps_of_run);
  if (!(share > 0.01))
    throw CannotAnswer(
        Problem{t.failures->place,
                fmt::format("training.failures: a job of {} nodes fails every {:.3g} h, and from {} {:.3g} h "
                            "pass: it would hardly get on; fewer checkpoint.steps would help",
                            nodes, failures.between.value / 3600,
                            none ? fmt::format("its beginning to its end after {:.0f} steps, before any "
                                               "checkpoint,",
                                               steps_of_run)
                                 : "one checkpoint to the next",
                            step.value * std::min(steps, steps_of_run) / 3600)}
            .str());
  std::string note = fmt::format(
      "fails every {:.3g} h; with {:.3g} min to restart and what was done since {}, {:.1f} % of the time "
      "counts",
      failures.between.value / 3600, failures.restart.value / 60,
      none ? fmt::format("the beginning, as its {:.0f} steps end before the first checkpoint", steps_of_run)
           : "the last checkpoint",
      100 * share);
  const Seconds stop = step * figures.account.share(StepPart::storage) * steps;
  if (stop.value > 0) {
    const Seconds training = step - stop / steps;
    const double best = std::max(1.0, std::round(best_interval(failures, stop) / training));
    note += best < steps_of_run ? fmt::format(", most with a checkpoint every {:.0f} steps", best)
                                : std::string(", most without a checkpoint before the end");
  }
  add_note(figures, note);
  return share;
}

void measure_training(const PlacedJob& placed, const Plan& plan, JobFigures& figures) {
  const TrainingJob job = training_job(placed);
  const MemoryCheck memory = check_memory(job);
  const auto use = [&](const MemoryAccount& m) {
    return MemoryUse{m.parameters, m.gradients, m.optimizer, m.activations, m.buffers, memory.usable};
  };
  figures.memory = use(memory.use);
  if (memory.roles.size() > 1)
    for (const auto& [name, of_role] : memory.roles) figures.stages.push_back({name, use(of_role)});
  if (const auto& r = job.training.rollouts) {
    add_generation(figures.metrics, sequences_per_step(job) * static_cast<double>(r->response));
    add_note(figures, phases_in_a_line(figures.metrics));
  }
  add_note(figures, note_of(memory, job));
  add_note(figures, stack_note(job));
  add_note(figures, domains_note(placed, job));
  add_checkpoint_note(figures, job);
  if (!figures.metrics.has(Metric::step_time)) return;
  const auto& peaks = job.platform->gpu.peak;
  const auto peak = peaks.find(product_of(job.training.precision));
  add_throughput(
      figures.metrics,
      {sequences_per_step(job), useful_share(job.training) * static_cast<double>(job.training.sequence),
       step_flops(job.model, job.training),
       peak == peaks.end() ? FlopsPerSecond{} : FlopsPerSecond{peak->second->value}, job.gpus});
  add_energy(figures.metrics, job.platform->gpu, plan);
  const TrainingDescription& t = job.training;
  add_facility(figures.metrics, figures.energy, job.platform->description, job.platform->gpu,
               nodes_of_job(placed, plan, figures.metrics),
               {t.tokens * t.epochs, t.availability * survived(figures, job, std::ssize(placed.nodes)),
                hour_of_year(t.start)});
  add_band(figures.metrics, step_spread(job));
  const PlatformDescription& platform = job.platform->description;
  if (!figures.metrics.has(Metric::run_gpu_hours)) return;
  if (const double held = static_cast<double>(std::ssize(placed.nodes)) * platform.node.gpus;
      held > static_cast<double>(job.gpus))
    add_note(figures, fmt::format("GPU hours, energy and cost are of whole nodes: {:.0f} GPUs", held));
  add_note(figures, access_note(platform, figures.metrics[Metric::run_gpu_hours].value));
  if (figures.metrics.has(Metric::run_carbon) && !figures.metrics.has(Metric::run_embodied))
    add_note(
        figures,
        fmt::format(
            "carbon is that of the electricity alone: {} does not say what making it took "
            "(cost.embodied){}",
            platform.name,
            platform.cost || !platform.without_cost.empty() ? "" : ", nor what it costs (cost.capital)"));
  if (!platform.without_cost.empty())
    add_note(figures,
             fmt::format("what the machine costs is not told: {} does not say its own (cost.capital)",
                         fmt::join(platform.without_cost, ", ")));
}

}  // namespace

TrainingJob training_job(const PlacedJob& job) {
  const JobInputs& inputs = *job.inputs;
  return {job.platform, inputs.workload.model,   inputs.workload.training,
          inputs.stack, inputs.description.gpus, inputs.description.placement,
          job.seed};
}

const JobKind training_kind{"training", [](const JobDescription& job) { return !job.workload.empty(); },
                            [](const JobInputs& job) { return "training " + job.description.workload; },
                            [](const PlacedJob& job, const Topology& machine, bool folded) {
                              return make_training_plan(training_job(job), job.nodes, machine, folded);
                            },
                            measure_training};

}  // namespace aifsim
