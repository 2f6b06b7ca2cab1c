// aifsim search WORKLOAD: the best layout of a training job on a platform.
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/quantity.hpp"
#include "catalog/words.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/outcome.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "cli/warnings.hpp"
#include "experiment/workers.hpp"
#include "report/layout_report.hpp"

namespace aifsim {
namespace {

struct SearchOptions {
  std::string workload, platform, objective = "step_time", within, fidelity = "flow", out, stack;
  std::vector<std::string> gpus, kept, offload;
  std::int64_t global_batch = 0;
  std::size_t top = 10, workers = 0;
  bool json = false;
};

std::int64_t count_of(const std::string& text) {
  std::int64_t value = 0;
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos ||
      (value = std::stoll(text)) < 1)
    throw InputError(
        Place{},
        fmt::format("--gpus: \"{}\" is no number of GPUs; 512, 64,128,256 or 64..512 would be", text));
  return value;
}

// "512", or "64..512": doubled from the first on.
std::vector<std::int64_t> gpus_of(const std::vector<std::string>& words) {
  std::vector<std::int64_t> all;
  for (const std::string& word : words) {
    const std::size_t dots = word.find("..");
    if (dots == std::string::npos) {
      all.push_back(count_of(word));
      continue;
    }
    const std::int64_t first = count_of(word.substr(0, dots)), last = count_of(word.substr(dots + 2));
    if (last < first) throw InputError(Place{}, fmt::format("--gpus: {} ends before it begins", word));
    for (std::int64_t n = first; n <= last; n *= 2) all.push_back(n);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// What the workload's own layout trains on in a step, where nobody says it.
std::int64_t global_batch_of(const SearchOptions& o, const PlatformInstance& platform,
                             const WorkloadDescription& workload, const StackDescription& stack,
                             std::int64_t gpus) {
  if (o.global_batch > 0) return o.global_batch;
  if (workload.training.global_batch > 0) return workload.training.global_batch;
  try {
    TrainingJob job;
    job.platform = &platform;
    job.model = workload.model;
    job.training = workload.training;
    job.stack = stack;
    job.gpus = gpus;
    return static_cast<std::int64_t>(sequences_per_step(job));
  } catch (const CannotAnswer& error) {
    throw InputError(Place{},
                     fmt::format("--global-batch is needed: {} does not say it, and its own layout does not "
                                 "go on {} GPUs ({})",
                                 workload.name, gpus, error.what()));
  }
}

std::optional<Seconds> within_of(const SearchOptions& o) {
  if (o.within.empty()) return std::nullopt;
  const ParsedQuantity time = parse_quantity(o.within, Dimension::time);
  if (!time.error.empty()) throw InputError(Place{}, "--within: " + time.error);
  if (!(time.value > 0))
    throw InputError(Place{}, fmt::format("--within: must be above 0, found {}", o.within));
  return Seconds{time.value};
}

// A file's path as a scenario in another folder may name it.
std::string from_elsewhere(const std::string& name) {
  return std::filesystem::is_regular_file(name) ? std::filesystem::absolute(name).string() : name;
}

// Keys that are kept with another.
const char* goes_with(const std::string& key) {
  if (key == "shard_group") return "; sharding keeps its group, too";
  if (key == "recompute_layers" || key == "recompute_modules")
    return "; recompute keeps its layers and modules, too";
  return "";
}

void check_kept(const std::vector<std::string>& kept) {
  const std::vector<std::string>& keys = layout_keys();
  for (const std::string& key : kept)
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw InputError(Place{},
                       fmt::format("--keep: \"{}\" is no key that the search chooses; those are {}{}", key,
                                   fmt::join(keys, ", "), goes_with(key)));
}

void run_command(const Catalog& catalog, const SearchOptions& o) {
  check_kept(o.kept);
  LayoutSearch search;
  search.gpus = gpus_of(o.gpus);
  search.within = within_of(o);
  search.workload = catalog.workload(o.workload, Place{});
  TrainingDescription& training = search.workload.training;
  if (!o.stack.empty()) {
    training.stack = o.stack;
    training.stack_place = Place{};
  }
  search.stack = catalog.stack(training.stack, training.stack_place);
  PlatformDescription description = catalog.platform(o.platform);
  const GpuDescription gpu = catalog.gpu(description.node.gpu, description.node.gpu_place);
  print_warnings(description, gpu);
  const PlatformInstance platform(std::move(description), gpu);
  search.platform = &platform;
  training.global_batch = global_batch_of(o, platform, search.workload, search.stack, search.gpus.back());
  training.gradient_accumulation = 1;
  search.objective = o.objective == "energy" ? SearchObjective::energy
                     : o.objective == "gpus" ? SearchObjective::gpus
                                             : SearchObjective::step_time;
  search.kept = o.kept;
  for (const std::string& place : o.offload) search.offload.push_back(*catalog::value_of<OffloadTo>(place));
  search.top = o.top;
  search.workers = o.workers;
  search.fidelity = *catalog::value_of<Fidelity>(o.fidelity);

  Progress progress;
  SearchResult result;
  try {
    result = search_layouts(search, [&](const std::string& phase, std::size_t done, std::size_t count) {
      progress.show(done, count, phase);
    });
  } catch (const Interrupted& interrupt) {
    progress.clear();
    std::cerr << "aifsim: interrupted: a search keeps nothing\n";
    throw AlreadyTold{static_cast<ExitCode>(128 + interrupt.signal)};
  }
  progress.clear();
  const LayoutReport report{search, result, from_elsewhere(o.platform), from_elsewhere(o.workload),
                            AIFSIM_VERSION};
  const std::filesystem::path folder =
      o.out.empty() ? std::filesystem::path("out") /
                          fmt::format("search-{}-{}", search.workload.name, platform.description.name)
                    : std::filesystem::path(o.out);
  write_layouts(report, folder);
  if (o.json) {
    std::cout << layout_json(report);
    return;
  }
  std::cout
      << layout_table(report, output_width())
      << fmt::format(
             "\n{} layouts were simulated; none of the others can be among the {} best or on the front.\n"
             "Report: {}\nThe best as a scenario: aifsim run {}\n",
             result.simulated, result.best.size(), (folder / "report.html").string(),
             (folder / "best.yaml").string());
}

}  // namespace

void register_search(const Command& app, const Context& context) {
  auto options = std::make_shared<SearchOptions>();
  const Command command = app.add_subcommand(
      "search", "The best layout of a training job: parallelism, micro-batch, sharding, recompute");
  command->add_option("WORKLOAD", options->workload, "A workload (`aifsim list workloads`), or its file")
      ->required()
      ->type_name("WORKLOAD");
  command
      ->add_option("--platform", options->platform,
                   "Its platform (`aifsim list platforms`), or the platform's file")
      ->required()
      ->type_name("PLATFORM");
  command->add_option("--gpus", options->gpus, "How many: 512, several as 64,128,256, or doubled as 64..512")
      ->required()
      ->delimiter(',');
  command
      ->add_option("--global-batch", options->global_batch,
                   "Sequences of a step (default: the workload's, or what its own layout trains on)")
      ->check(between(std::int64_t{1}, std::int64_t{1} << 30));
  command->add_option("--objective", options->objective, "What is best (default step_time)")
      ->check(choice({"step_time", "energy", "gpus"}));
  command->add_option("--within", options->within,
                      "Longest step, with its unit: layouts that take longer do not count");
  command
      ->add_option("--keep", options->kept,
                   "Keys of `training` that stay as the workload has them, such as recompute,micro_batch")
      ->delimiter(',');
  command
      ->add_option(
          "--offload", options->offload,
          "Where optimizer and activations may go too, of layouts that do not fit without: host, nvme")
      ->delimiter(',')
      ->check(choice({"host", "nvme"}));
  command->add_option("--stack", options->stack, "The software, instead of the workload's");
  command->add_option("--top", options->top, "How many layouts to tell (default 10)")
      ->check(between(std::int64_t{1}, std::int64_t{1000}));
  command->add_option("--fidelity", options->fidelity, "Level at which the best are run again (default flow)")
      ->check(choice({"flow", "analytical", "message"}));
  command
      ->add_option("--workers", options->workers, "Processes at the same time (default: one for each core)")
      ->check(between(std::int64_t{1}, std::int64_t{1024}));
  command->add_option("--out", options->out, "Folder for the report (default: out/search-WORKLOAD-PLATFORM)")
      ->type_name("DIR");
  command->add_flag("--json", options->json, "Print result.json instead of the table");
  command->footer("Example:\n  aifsim search gpt-175b --platform dgx_h100 --gpus 512");
  command->callback([options, &context] { run_command(context.catalog(), *options); });
}

}  // namespace aifsim
