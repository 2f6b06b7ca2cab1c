// aifsim bisection PLATFORM: what its fabric carries between parts of the machine.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/atomic_file.hpp"
#include "base/quantity.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "machine/bisection.hpp"
#include "report/drawing/draw.hpp"

namespace aifsim {
namespace {

struct BisectionOptions {
  std::string platform, svg;
  std::uint64_t seed = 1;
  bool json = false;
};

nlohmann::ordered_json json_of(const Cut& cut) {
  return {{"name", cut.name},
          {"nodes", cut.nodes},
          {"wanted_bytes_per_second", cut.wanted.value},
          {"carried_bytes_per_second", cut.carried.value},
          {"share", cut.share()}};
}

void print_json(const std::string& platform, const Bisection& found) {
  nlohmann::ordered_json levels = nlohmann::ordered_json::array(), halves = levels, groups = levels;
  for (const LevelBandwidth& level : found.levels)
    levels.push_back({{"name", level.name},
                      {"links", level.links},
                      {"least_bytes_per_second", level.least.value},
                      {"most_bytes_per_second", level.most.value},
                      {"total_bytes_per_second", level.total.value}});
  for (const Cut& cut : found.halves) halves.push_back(json_of(cut));
  for (const Cut& cut : found.groups) groups.push_back(json_of(cut));
  const nlohmann::ordered_json all{{"platform", platform},
                                   {"injection_bytes_per_second", found.injection.value},
                                   {"levels", levels},
                                   {"halves", halves},
                                   {"groups", groups},
                                   {"random_permutation",
                                    {{"draws", found.draws},
                                     {"mean_share", found.permutation_mean},
                                     {"least_share", found.permutation_least}}}};
  std::cout << all.dump(2) << '\n';
}

void print_cuts(const char* title, const std::vector<Cut>& cuts) {
  if (cuts.empty()) return;
  TextTable table({{title, true}, {"nodes"}, {"wanted"}, {"carried"}, {"share"}});
  constexpr std::size_t most = 8;
  for (std::size_t i = 0; i < std::min(cuts.size(), most); ++i)
    table.row({cuts[i].name, std::to_string(cuts[i].nodes), print(cuts[i].wanted), print(cuts[i].carried),
               fmt::format("{:.0f} %", 100 * cuts[i].share())});
  std::cout << '\n' << table.str(output_width());
  if (cuts.size() > most) std::cout << fmt::format("(and {} more with larger shares)\n", cuts.size() - most);
}

void print_table(const std::string& title, const Topology& machine, const Bisection& found) {
  std::cout << fmt::format("{}: {} nodes, {} of injection per node and direction\n\n", title, machine.nodes(),
                           print(found.injection / static_cast<double>(machine.nodes())));
  TextTable table({{"level", true}, {"links"}, {"each"}, {"together"}, {"", true}});
  for (const LevelBandwidth& level : found.levels)
    table.row({level.name, std::to_string(level.links), print(level.least), print(level.total),
               level.most > level.least ? fmt::format("(up to {})", print(level.most)) : ""});
  std::cout << table.str(output_width());
  print_cuts("halves of the machine", found.halves);
  print_cuts("out of each group", found.groups);
  if (found.draws > 0)
    std::cout << '\n'
              << wrapped(
                     fmt::format("random pairs of nodes: {:.0f} % of the injection bandwidth in the mean, "
                                 "{:.0f} % at the least",
                                 100 * found.permutation_mean, 100 * found.permutation_least),
                     output_width());
}

void bisection(const Catalog& catalog, const BisectionOptions& options) {
  std::unique_ptr<AtomicFile> svg;
  if (!options.svg.empty())
    svg = std::make_unique<AtomicFile>(options.svg);  // told before the work, not after
  const PlatformDescription platform = catalog.platform(options.platform);
  const Topology machine(platform);
  const Bisection found = bisect(machine, options.seed);
  if (options.json)
    print_json(options.platform, found);
  else
    print_table(platform.title, machine, found);
  if (!svg) return;
  svg->write(draw_bisection(platform.title, found));
  svg->commit();
  std::cerr << "wrote " << options.svg << '\n';
}

}  // namespace

void register_bisection(const Command& app, const Context& context) {
  auto options = std::make_shared<BisectionOptions>();
  const Command command =
      app.add_subcommand("bisection", "What a platform's fabric carries between parts of the machine");
  command->add_option("PLATFORM", options->platform, "Its name (`aifsim list platforms`), or its file")
      ->required()
      ->type_name("PLATFORM");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--svg", options->svg, "Also draw it into this SVG file")->type_name("FILE");
  command->add_option("--seed", options->seed, "Seed of the draws")->capture_default_str();
  command->footer("Example:\n  aifsim bisection leonardo_booster --svg leonardo.svg");
  command->callback([options, &context] { bisection(context.catalog(), *options); });
}

}  // namespace aifsim
