#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/fields.hpp"
#include "catalog/settings.hpp"

namespace aifsim::catalog {
namespace {

constexpr Limits kGpus{.min = 1, .max = 1e7, .whole = true};
constexpr Limits kMeasuredTime{.min = 0, .above_min = true, .confidence = Confidence::measured};

// Over the training of the scenario's workload.
void read_override(Reader& reader, const Node& node, Variant& variant) {
  if (reader.base_training) variant.training = *reader.base_training;
  read_training_change(reader, node, variant.training);
}

}  // namespace

void read_training_change(Reader& reader, const Node& node, TrainingDescription& training) {
  // The group size belongs to hsdp: another sharding drops the workload's.
  const Node* sharding = node.find("sharding");
  if (sharding && sharding->text != word_of(Sharding::hsdp)) training.shard_group = 0;
  // Each of these two says what the other follows from, so a variant's one drops the workload's other.
  if (node.find("global_batch")) training.gradient_accumulation = 1;
  if (node.find("gradient_accumulation")) training.global_batch = 0;
  const Node* objective = node.find("objective");
  if (objective && objective->text != word_of(Objective::rollouts)) training.rollouts.reset();
  read_object(reader, node, training, Presence::partial);
}

template <>
struct TableOf<Variant> {
  static Table<Variant> make() {
    Field<Variant> training = required("training", &Variant::training,
                                       "Keys of the workload's training block that this variant changes.");
    training.read = read_override;
    training.property.shape.front().all_optional = true;
    return {{required("label", &Variant::label, "Name of the variant in tables and charts."),
             std::move(training)},
            {}};
  }
};

template <>
struct TableOf<PlacementDescription> {
  static Table<PlacementDescription> make() {
    using T = PlacementDescription;
    return {
        {
            required("policy", &T::policy,
                     "Which nodes the job gets: contiguous, scattered over the fabric, random (any nodes, in "
                     "random "
                     "order), fragmented (as real jobs lie on busy machines), or those of a list."),
            optional("nodes", &T::nodes, {.min = 0, .max = 1e6, .whole = true},
                     "With policy list, and only then: node indices from 0, one for each node of the job."),
            optional("segment", &T::segment, kCountOrZero,
                     "With policy contiguous: GPUs that the job takes of each scale-up domain (Slurm's "
                     "--segment); 0 = the most that its groups fill and that divides the job."),
        },
        [](Reader& reader, const Node& node, const PlacementDescription& placement) {
          const bool list = placement.policy == PlacementPolicy::list;
          if (placement.segment > 0 && placement.policy != PlacementPolicy::contiguous)
            reader.problem_in(
                node, "segment",
                fmt::format("belongs to policy contiguous, this is {}", word_of(placement.policy)));
          if (list && placement.nodes.empty()) {
            reader.missing_key(node, "nodes", "policy list needs the node indices.");
          }
          if (!list && !placement.nodes.empty()) {
            reader.problem_in(node, "nodes",
                              fmt::format("belongs to policy list, this is {}", word_of(placement.policy)));
          }
        }};
  }
};

template <>
struct TableOf<BudgetDescription> {
  static Table<BudgetDescription> make() {
    using T = BudgetDescription;
    return {
        {
            optional("capital", &T::capital, kPositive,
                     "For the machine as its platform's cost.capital has it, in proportion to its nodes."),
            optional(
                "power", &T::power, kPositive,
                "At the meter of the site, with all parts of the nodes at their limits and the mean PUE of a "
                "year."),
        },
        [](Reader& reader, const Node& node, const BudgetDescription&) {
          if (!node.find("capital") && !node.find("power"))
            reader.missing_key(node, "capital", "or power: what the GPUs may cost, or draw.");
        }};
  }
};

template <>
struct TableOf<CollectiveJobDescription> {
  static Table<CollectiveJobDescription> make() {
    using T = CollectiveJobDescription;
    return {{
                required("kind", &T::kind, "all_reduce, all_gather, reduce_scatter and so on."),
                required("size", &T::size, kNotNegative, "Of the whole buffer."),
                optional("algorithm", &T::algorithm, "automatic: the quickest alone."),
            },
            {}};
  }
};

template <>
struct TableOf<TrafficDescription> {
  static Table<TrafficDescription> make() {
    using T = TrafficDescription;
    return {{
                required("load", &T::load, kShare, "Share of each GPU's network rate that it offers."),
                required("pattern", &T::pattern,
                         "uniform: to GPUs of many other nodes; permutation: to one; hotspot: all to the "
                         "job's first node."),
            },
            {}};
  }
};

template <>
struct TableOf<StorageJobDescription> {
  static Table<StorageJobDescription> make() {
    using T = StorageJobDescription;
    return {
        {
            required("tier", &T::tier, "Tier of the platform's storage, or nvme, the nodes' own drives."),
            required("access", &T::access, "read or write."),
            required("bytes", &T::bytes, kPositive, "Of each GPU's process, in each step."),
            optional("files", &T::files, kNotNegative,
                     "That they lie in, opened or created in each step; a share of one where it is less."),
            optional("shared", &T::shared,
                     "Whether all processes' records, of 47,008 bytes, are interleaved in one file (IO500's "
                     "ior-hard); else each has files of its own, in large pieces (ior-easy)."),
            optional("compute", &T::compute, kNotNegative,
                     "That a GPU works on what the step before has read, meanwhile."),
            optional("samples", &T::samples, kNotNegative,
                     "Of training, that the bytes of a step hold: the job tells samples per second."),
            optional("host", &T::host, kNotNegative, "Of each step, beside `compute`."),
            optional("straggle", &T::straggle, kRatio,
                     "Mean time by which a process's batch is late, over `compute`; in each step all wait "
                     "for the last."),
        },
        [](Reader& reader, const Node& node, const T& job) {
          if (job.shared && job.tier == node_drives)
            reader.problem_in(node, "shared", "needs a tier; a node's drives hold no file of all processes");
          if (job.compute.value > 0) return;
          for (const char* key : {"samples", "host", "straggle"})
            if (node.find(key)) reader.problem_in(node, key, "needs compute beside it");
        }};
  }
};

template <>
struct TableOf<DeviceJobDescription> {
  static Table<DeviceJobDescription> make() {
    using T = DeviceJobDescription;
    return {{
                required("name", &T::name, "One of the platform's `devices`: qpu."),
                required("time", &T::time, kPositive, "That the job holds one of them, in each step."),
                optional("compute", &T::compute, kNotNegative,
                         "That its GPUs compute before, in each step, on what the step before has brought."),
            },
            {}};
  }
};

namespace {

// A list of integers in which a size may stand twice, unlike indices and names.
Field<TraceDescription> dimensions() {
  using T = TraceDescription;
  Field<T> field = optional("dimensions", &T::dimensions, kCount,
                            "Sizes of the network's dimensions, fastest first, where the trace has "
                            "involved_dim instead of process groups.");
  field.property.shape.front().distinct = false;
  field.read = [](Reader& reader, const Node& node, T& out) {
    if (!reader.expect_list(node, false)) return;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Reader::Step step(reader, i);
      Codec<std::int64_t>::read(reader, node.items[i], out.dimensions.emplace_back(), kCount);
    }
  };
  return field;
}

}  // namespace

template <>
struct TableOf<TraceDescription> {
  static Table<TraceDescription> make() {
    using T = TraceDescription;
    return {
        {
            required("file", &T::file,
                     "Relative to this file: a PyTorch profiler's trace of one rank (.json, .json.gz), "
                     "whose last step every rank does; or a Chakra execution trace, PREFIX for one file of "
                     "each rank (PREFIX.0.et, PREFIX.1.et, ...), or a file that all ranks share."),
            optional("groups", &T::groups, {},
                     "With Chakra traces: JSON with the ranks of each process group (comm_group.json of "
                     "ASTRA-sim); none = as the trace's metadata says."),
            dimensions(),
        },
        {}};
  }
};

namespace {

template <class T>
Field<T> maybe_at(Field<T> field, Place T::*place) {
  field.property.required = false;
  return {field.property, [read = field.read, place](Reader& r, const Node& n, T& out) {
            read(r, n, out);
            out.*place = n.place;
          }};
}

// Whether it may be left out depends on the others.
Field<JobDescription> left_out(Field<JobDescription> field) {
  field.property.required = false;
  return field;
}

// Read with the scenario, over the training of the job's workload.
Field<JobDescription> training_of_job() {
  Field<JobDescription> field = part("training", &JobDescription::training,
                                     "Keys of its workload's training block that the job changes.");
  field.read = [](Reader& reader, const Node& node, JobDescription&) { reader.expect_map(node); };
  field.property.shape.front().all_optional = true;
  return field;
}

void check_job(Reader& reader, const Node& node, const JobDescription& job) {
  const int kinds = (job.workload.empty() ? 0 : 1) + (job.collective ? 1 : 0) + (job.traffic ? 1 : 0) +
                    (job.storage ? 1 : 0) + (job.device ? 1 : 0) + (job.hpl ? 1 : 0) + (job.trace ? 1 : 0);
  if (kinds != 1)
    reader.problem(
        node.place,
        fmt::format("expected one of workload, collective, traffic, storage, device, hpl and trace, found {}",
                    kinds == 0 ? "none" : "several"));
  if (node.find("training") && job.workload.empty())
    reader.problem_in(node, "training", "belongs to a job that trains a workload, this one has none");
  if (!job.hpl && !node.find("gpus")) reader.missing_key(node, "gpus", "GPUs of the job.");
  if (job.traffic && (node.find("steps") || node.find("endless")))
    reader.problem(node.place, "traffic goes on until the other jobs have ended; it has no steps");
  if (job.endless && node.find("steps"))
    reader.problem_in(node, "steps", "belongs to a job with an end, this one is endless");
}

}  // namespace

namespace {

void check_event(Reader& reader, const Node& node, const LinkEventDescription& event) {
  if (event.link.empty() == event.switch_name.empty())
    reader.problem(node.place, fmt::format("expected one of link and switch, found {}",
                                           event.link.empty() ? "none" : "both"));
  const bool degradation = event.change == EventChange::degradation;
  if (degradation && !event.switch_name.empty())
    reader.problem_in(node, "switch", "is for a failure or a repair; a degradation is of a link");
  if (degradation && !node.find("capacity"))
    reader.missing_key(node, "capacity", "A degradation needs the share of capacity that is left.");
  if (!degradation && node.find("capacity"))
    reader.problem_in(node, "capacity",
                      fmt::format("belongs to a degradation, this is a {}", word_of(event.change)));
  if (node.find("cables") && (event.change != EventChange::failure || event.link.empty()))
    reader.problem_in(node, "cables", "belongs to the failure of a link");
}

}  // namespace

template <>
struct TableOf<LinkEventDescription> {
  static Table<LinkEventDescription> make() {
    using T = LinkEventDescription;
    return {{
                required("at", &T::at, kNotNegative, "When, from the scenario's start."),
                maybe_at(required("link", &T::link, "Name of a link: node 3 nic0 out, leaf 2 up."),
                         &T::name_place),
                maybe_at(required("switch", &T::switch_name,
                                  "Name of a switch, for failure and repair: all its links and cables."),
                         &T::name_place),
                optional("change", &T::change,
                         "degradation: the link keeps a share of its capacity; failure: transfers take other "
                         "ways from then on; repair: as built."),
                optional("capacity", &T::capacity, kShare,
                         "With a degradation, and only then: share of the link's capacity that is left."),
                optional("cables", &T::cables, kCount,
                         "With a link's failure: so many cables of a trunk fail; all when left out."),
            },
            check_event};
  }
};

template <>
struct TableOf<JobDescription> {
  static Table<JobDescription> make() {
    using T = JobDescription;
    return {
        {
            required("name", &T::name, "Name of the job in tables."),
            optional_at("partition", &T::partition, &T::partition_place, {},
                        "Partition of the platform that it runs on, where its name does not say it."),
            left_out(required("gpus", &T::gpus, kGpus,
                              "GPUs of the job; of hpl also left out: the whole machine, or so many as the "
                              "run took that was published.")),
            maybe_at(required("workload", &T::workload, "Trains this: name of a file in workloads/."),
                     &T::workload_place),
            training_of_job(),
            part("collective", &T::collective, "Runs this collective over all of its GPUs."),
            part("traffic", &T::traffic, "Loads the fabric until the other jobs have ended."),
            part("storage", &T::storage, "Reads or writes files."),
            part("device", &T::device,
                 "Computes, then holds a device of the platform in turn with other jobs."),
            part("hpl", &T::hpl, "Runs High-Performance Linpack."),
            part("trace", &T::trace, "Does what an execution trace tells."),
            optional("placement", &T::placement,
                     "Which of the nodes that the jobs before it left free; contiguous when left out."),
            optional("start", &T::start, kNotNegative, "When it starts."),
            optional("steps", &T::steps, kCount, "Training steps, or repetitions of the collective."),
            optional("endless", &T::endless, "Repeats until every job with an end has ended."),
        },
        check_job};
  }
};

template <>
struct TableOf<MeasuredPoint> {
  static Table<MeasuredPoint> make() {
    using T = MeasuredPoint;
    return {{
                required("platform", &T::platform, "One of the scenario's platforms."),
                required("variant", &T::variant, "Label of one of the scenario's variants."),
                required("gpus", &T::gpus, kGpus, "GPUs of the measured job."),
                required("step_time", &T::step_time, kMeasuredTime, "Measured time of one training step."),
            },
            {}};
  }
};

namespace {

void expect_known(Reader& reader, const Node& point, std::string_view key, const std::string& found,
                  const std::vector<std::string_view>& known) {
  if (std::find(known.begin(), known.end(), found) != known.end()) return;
  reader.problem_in(point, key,
                    fmt::format("this scenario has no {} {}{}", key, quote(found), suggestion(found, known)));
}

void check_jobs(Reader& reader, const Node& root, const ScenarioDescription& scenario) {
  for (const char* key : {"workload", "gpus", "budget", "variants", "placement", "measured"})
    if (root.find(key))
      reader.problem_in(root, key,
                        fmt::format("belongs to a sweep of one workload, this scenario has jobs{}",
                                    key == std::string_view("placement")
                                        ? ", each of which has its own: {name: ..., placement: {...}}"
                                        : ""));
  std::set<std::string> names;
  for (std::size_t i = 0; i < scenario.jobs.size(); ++i)
    if (!names.insert(scenario.jobs[i].name).second)
      reader.problem(root.find("jobs")->items[i].place_of("name"),
                     fmt::format("jobs[{}].name: {} names two jobs", i, quote(scenario.jobs[i].name)));
  const auto ends = [](const JobDescription& job) { return !job.endless && !job.traffic; };
  if (std::none_of(scenario.jobs.begin(), scenario.jobs.end(), ends))
    reader.problem_in(root, "jobs", "no job has an end; at least one that is neither endless nor traffic");
}

// What a sweep changes must not be given beside it as well.
void check_sweep(Reader& reader, const Node& root, const ScenarioDescription& scenario) {
  const Node* variants = root.find("variants");
  for (const SweepAxis& axis : scenario.sweep)
    for (const SweptField& field : axis) {
      const std::string key = training_key(field.path);
      if (key.empty() || !variants) continue;
      for (const Node& variant : variants->items)
        if (const Node* training = variant.find("training"); training && training->is_map())
          if (const Node* given = at_path(*training, key))
            reader.problem(field.place,
                           fmt::format("{}: variants set {} as well, at line {}; leave one of them out",
                                       field.path, key, given->place.line));
    }
  if (!scenario.sweep.empty() && root.find("measured"))
    reader.problem_in(root, "measured",
                      "belongs to a scenario without a sweep, whose points it would not match");
}

void check_scenario(Reader& reader, const Node& root, const ScenarioDescription& scenario) {
  check_sweep(reader, root, scenario);
  if (root.find("jobs")) {
    check_jobs(reader, root, scenario);
    return;
  }
  for (const char* key : {"events", "jitter"})
    if (root.find(key)) reader.problem_in(root, key, "belongs to a scenario with jobs, this has none");
  if (!root.find("workload"))
    reader.missing_key(root, "workload", "Name of a file in workloads/ (or jobs, several on one fabric).");
  if (root.find("budget") && root.find("gpus"))
    reader.problem_in(root, "gpus",
                      "the budget says how many GPUs each proposal gets; leave one of them out");
  if (root.find("budget") && root.find("measured"))
    reader.problem_in(root, "measured",
                      "belongs to a scenario without a budget, whose GPU counts are not known before");
  if (!root.find("gpus") && !root.find("budget"))
    reader.missing_key(
        root, "gpus",
        "GPU counts of the job, one run for each (or budget, from which `aifsim compare` finds them).");
  std::set<std::string> labels;
  for (std::size_t i = 0; i < scenario.variants.size(); ++i) {
    const std::string& label = scenario.variants[i].label;
    if (labels.insert(label).second) continue;
    reader.problem(root.find("variants")->items[i].place_of("label"),
                   fmt::format("variants[{}].label: {} labels two variants", i, quote(label)));
  }
  if (labels.empty() && !reader.base_training) return;
  if (labels.empty()) labels.emplace(word_of(reader.base_training->sharding));

  const std::vector<std::string_view> platforms(scenario.platforms.begin(), scenario.platforms.end());
  const std::vector<std::string_view> variants(labels.begin(), labels.end());
  const Reader::Step measured(reader, "measured");
  for (std::size_t i = 0; i < scenario.measured.size(); ++i) {
    const Reader::Step step(reader, i);
    const Node& point = root.find("measured")->items[i];
    expect_known(reader, point, "platform", scenario.measured[i].platform, platforms);
    expect_known(reader, point, "variant", scenario.measured[i].variant, variants);
  }
}

}  // namespace

Table<ScenarioDescription> TableOf<ScenarioDescription>::make() {
  using T = ScenarioDescription;
  // Required where the scenario has no jobs, which check_scenario sees to.
  const auto sweep = [](Field<T> field) {
    field.property.required = false;
    return field;
  };
  return {
      {
          kind_field<T>({"scenario"}, nullptr, "The kind of this file."),
          required("title", &T::title, "Name for people."),
          required("question", &T::question, "What the scenario is to tell, in a sentence."),
          required_at("platforms", &T::platforms, &T::platform_places, {}, "Names of files in platforms/."),
          sweep(
              required_at("workload", &T::workload, &T::workload_place, {}, "Name of a file in workloads/.")),
          sweep(required_at("gpus", &T::gpus, &T::gpus_places, kGpus,
                            "GPU counts of the job, one run for each.")),
          part("budget", &T::budget,
               "For `aifsim compare`, instead of gpus: each proposal gets as many GPUs as this buys."),
          optional(
              "variants", &T::variants,
              "Changes to the workload's training, one run for each; none = the workload as it is, labelled "
              "by its sharding."),
          optional("placement", &T::placement, "Which nodes the job gets; contiguous when left out."),
          optional(
              "fidelity", &T::fidelity,
              "analytical: closed forms; flow: collectives share the links; message: every step of every "
              "collective is a transfer."),
          optional("seed", &T::seed, "Of all random draws."),
          sweep_field(),
          optional("measured", &T::measured, "Measured points to draw beside the predictions."),
          optional("jobs", &T::jobs,
                   "Several jobs at once on each platform, instead of workload, gpus and variants."),
          optional("events", &T::events,
                   "With jobs: links and switches that fail, lose capacity or are repaired at a time."),
          optional("jitter", &T::jitter, kShareLost,
                   "With jobs: each transfer carries up to this share more or less, drawn anew each time."),
      },
      check_scenario};
}

}  // namespace aifsim::catalog
