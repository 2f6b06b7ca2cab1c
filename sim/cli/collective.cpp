// aifsim collective KIND: one collective alone on a platform, per algorithm, as nccl-tests prints it.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/atomic_file.hpp"
#include "base/quantity.hpp"
#include "catalog/words.hpp"
#include "cli/choice.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "cli/warnings.hpp"
#include "collectives/choose.hpp"
#include "report/collective_table.hpp"

namespace aifsim {
namespace {

struct CollectiveOptions {
  std::string kind, size = "1GiB", platform, algorithm = "library", sweep, fidelity = "flow", svg;
  std::string placement = "contiguous";
  std::int64_t ranks = 0;
  std::uint64_t seed = 1;
  TokenSpread tokens;
  bool json = false, size_given = false;
};

template <class Words>
std::vector<std::string> strings(const Words& words) {
  return {words.begin(), words.end()};
}

std::vector<std::string> kinds() {
  std::vector<std::string> words;
  for (const CollectiveKind kind : collective_kinds()) words.emplace_back(name_of(kind));
  return words;
}

// "library" (what GPU libraries choose from), "all", or a name.
std::vector<std::string> algorithm_words() {
  std::vector<std::string> words = strings(kAlgorithmNames);
  words.insert(words.begin(), {"library", "all"});
  return words;
}

CollectiveQuestion question_of(const CollectiveOptions& o) {
  CollectiveQuestion q;
  for (const CollectiveKind kind : collective_kinds())
    if (o.kind == name_of(kind)) q.kind = kind;
  const ParsedQuantity size = parse_quantity(o.size, Dimension::size);
  if (!size.error.empty()) throw InputError(Place{}, "--size: " + size.error);
  if (size.value < 0) throw InputError(Place{}, fmt::format("--size: must be 0 or more, found {}", o.size));
  constexpr double most = 1e18;
  if (size.value > most)
    throw InputError(Place{}, fmt::format("--size: must be at most 1000PB, found {}", o.size));
  if (q.kind == CollectiveKind::barrier && (o.size_given || o.sweep == "sizes"))
    throw InputError(Place{}, fmt::format("{} is not for a barrier, which carries nothing",
                                          o.size_given ? "--size" : "--sweep sizes"));
  const bool experts = q.kind == CollectiveKind::expert_dispatch || q.kind == CollectiveKind::expert_combine;
  if (o.tokens != TokenSpread{} && !experts)
    throw InputError(Place{}, fmt::format("{} is for expert_dispatch and expert_combine, but the kind is {}",
                                          o.tokens.skew != 0 ? "--skew" : "--experts-per-token", o.kind));
  q.size = q.kind == CollectiveKind::barrier ? Bytes{0} : Bytes{size.value};
  if (o.size_given) q.size_as_given = o.size;
  q.ranks = o.ranks;
  q.tokens = o.tokens;
  q.fidelity = *catalog::value_of<Fidelity>(o.fidelity);
  q.placement.policy = *catalog::value_of<PlacementPolicy>(o.placement);
  q.seed = o.seed;
  return q;
}

// The questions of a sweep, by rising size or ranks, the given one last.
std::vector<CollectiveQuestion> sweep(const CollectiveQuestion& q, const std::string& over,
                                      std::int64_t per_node) {
  std::vector<CollectiveQuestion> all;
  if (over == "sizes")
    for (double bytes = 1024; bytes < q.size.value; bytes *= 4) all.emplace_back(q).size = Bytes{bytes};
  if (over == "ranks") {
    for (std::int64_t n = 2; n < std::min(q.ranks, per_node); n *= 2) all.emplace_back(q).ranks = n;
    for (std::int64_t n = per_node; n < q.ranks; n *= 2)
      if (n > 1) all.emplace_back(q).ranks = n;
  }
  all.push_back(q);
  return all;
}

std::vector<Algorithm> algorithms_of(const CollectiveOptions& o, const CollectiveQuestion& q,
                                     const PlatformInstance& platform, Algorithm chosen) {
  const GroupShape shape = world_shape(platform.topology, q.ranks, q.placement);
  if (o.algorithm == "all") return algorithms_on(platform, q.kind, q.ranks, q.placement);
  if (o.algorithm == "automatic") return {chosen};
  if (o.algorithm != "library") return {*catalog::value_of<Algorithm>(o.algorithm)};
  std::vector<Algorithm> found =
      library_algorithms(q.kind, shape, platform.description.node.switch_reduction, q.tokens.visits);
  if (std::find(found.begin(), found.end(), chosen) == found.end()) found.push_back(chosen);
  return found;
}

// By rising time; one that says why where there is none.
std::vector<CollectiveAnswer> answers_to(const CollectiveOptions& o, const CollectiveQuestion& q,
                                         const PlatformInstance& platform) {
  std::vector<CollectiveAnswer> here;
  try {
    const Algorithm chosen = chosen_algorithm(platform, q);
    for (const Algorithm a : algorithms_of(o, q, platform, chosen)) {
      here.push_back(run_collective(platform, q, a));
      here.back().chosen = a == chosen;
    }
  } catch (const CannotAnswer& error) {
    CollectiveAnswer none;
    none.size = q.size;
    none.ranks = q.ranks;
    none.problem = error.what();
    return {none};
  }
  std::stable_sort(here.begin(), here.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  return here;
}

void run_command(const Catalog& catalog, const CollectiveOptions& o) {
  const CollectiveQuestion question = question_of(o);
  std::unique_ptr<AtomicFile> svg;
  if (!o.svg.empty()) svg = std::make_unique<AtomicFile>(o.svg);  // told before the work, not after
  PlatformDescription description = catalog.platform(o.platform);
  const GpuDescription gpu = catalog.gpu(description.node.gpu, description.node.gpu_place);
  print_warnings(description, gpu);
  const PlatformInstance platform(std::move(description), gpu);
  std::vector<CollectiveAnswer> answers;
  for (const CollectiveQuestion& q : sweep(question, o.sweep, platform.topology.gpus_per_node())) {
    const std::vector<CollectiveAnswer> here = answers_to(o, q, platform);
    answers.insert(answers.end(), here.begin(), here.end());
  }
  const auto lacks = [](const CollectiveAnswer& a) { return !a.problem.empty(); };
  const auto unanswered = std::count_if(answers.begin(), answers.end(), lacks);
  if (unanswered == std::ssize(answers)) throw CannotAnswer(answers.back().problem);
  if (o.json) {
    std::cout << collective_json(question, o.platform, answers);
  } else {
    std::cout << fmt::format("{} on {}, {} GPUs a node{}, level {}\n\n", o.kind, platform.description.title,
                             platform.topology.gpus_per_node(),
                             o.placement == "contiguous"
                                 ? ""
                                 : fmt::format(", {} nodes (seed {})", o.placement, o.seed),
                             o.fidelity)
              << collective_table(question, answers, output_width());
  }
  if (svg) {
    svg->write(
        chart_svg(collective_chart(question, platform.description.title, answers), ChartUse::standalone));
    svg->commit();
    std::cerr << "wrote " << o.svg << '\n';
  }
  if (unanswered > 0)
    throw CannotAnswer(fmt::format("{} of the sweep's points; first reason: {}", unanswered,
                                   std::find_if(answers.begin(), answers.end(), lacks)->problem));
}

}  // namespace

void register_collective(const Command& app, const Context& context) {
  auto options = std::make_shared<CollectiveOptions>();
  const Command command = app.add_subcommand(
      "collective", "Time and bus bandwidth of one collective, per algorithm, as nccl-tests prints them");
  command->add_option("KIND", options->kind, "What it does")
      ->required()
      ->check(choice(kinds(), collective_synonym));
  command
      ->add_option("--platform", options->platform,
                   "Its platform (`aifsim list platforms`), or the platform's file")
      ->required()
      ->type_name("PLATFORM");
  command->add_option("--ranks", options->ranks, "GPUs, one rank on each")
      ->required()
      ->check(between(std::int64_t{1}, std::int64_t{1} << 30));
  command->add_option("--size", options->size, "The whole buffer, with its unit (default 1GiB)");
  command
      ->add_option("--algorithm", options->algorithm,
                   "One, all, or library: those that GPU libraries choose from (default)")
      ->check(choice(algorithm_words()));
  command->add_option("--sweep", options->sweep, "Also smaller sizes from 1 KiB on, or fewer ranks")
      ->check(choice({"sizes", "ranks"}));
  command
      ->add_option("--skew", options->tokens.skew, "Of experts' tokens: exponent of a power law over ranks")
      ->check(between(0.0, 10.0));
  command
      ->add_option("--experts-per-token", options->tokens.visits,
                   "Of a library that sends a token once to each node (DeepEP): experts that it goes to "
                   "(default 1: once to each rank)")
      ->check(between(1.0, 1000.0));
  command
      ->add_option("--placement", options->placement,
                   "The nodes: contiguous (default), scattered, random, or fragmented as real jobs'")
      ->check(choice({"contiguous", "scattered", "random", "fragmented"}));
  command->add_option("--seed", options->seed, "Seed of a drawn placement (default 1)")
      ->check(between(std::int64_t{0}, std::int64_t{1} << 53));
  command->add_option("--fidelity", options->fidelity, "Level of simulation (default flow)")
      ->check(choice(strings(catalog::words<Fidelity>())));
  command->add_flag("--json", options->json, "Print JSON instead of the table");
  command->add_option("--svg", options->svg, "Also draw a chart into this file")->type_name("FILE");
  command->footer(
      "Example:\n  aifsim collective all_reduce --platform mn5_acc --ranks 64 --size 1GiB --sweep sizes");
  command->callback([options, command, &context] {
    options->size_given = command->given("--size");
    run_command(context.catalog(), *options);
  });
}

}  // namespace aifsim
