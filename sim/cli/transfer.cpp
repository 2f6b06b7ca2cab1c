// aifsim transfer PLATFORM FROM TO: how long a data set takes between two sites.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "machine/site_transfer.hpp"
#include "report/format.hpp"

namespace aifsim {
namespace {

struct TransferArguments {
  std::string platform, from, to, size = "1TB";
  bool json = false;
};

void transfer(const Catalog& catalog, const TransferArguments& options) {
  const ParsedQuantity size = parse_quantity(options.size, Dimension::size);
  if (!size.error.empty()) throw InputError(Place{}, "--size: " + size.error);
  if (!(size.value > 0))
    throw InputError(Place{}, fmt::format("--size: must be above 0, found {}", options.size));
  const PlatformDescription platform = catalog.partitions(options.platform).front();
  const Topology machine(platform);
  const SiteTransfer t = transfer_between(platform, machine, options.from, options.to, Bytes{size.value});
  if (options.json) {
    const nlohmann::ordered_json all{{"platform", options.platform},
                                     {"sites", t.sites},
                                     {"bytes", size.value},
                                     {"latency_s", t.latency.value},
                                     {"rate_bytes_per_s", t.rate.value},
                                     {"time_s", t.time.value},
                                     {"bound", t.bound}};
    std::cout << all.dump(2) << '\n';
    return;
  }
  std::cout << fmt::format("{} from {}: {}\n  {}, held by {}; {} for the first byte\n", options.size,
                           fmt::join(t.sites, " to "), human_time(t.time), human_rate(t.rate), t.bound,
                           human_time(t.latency));
}

}  // namespace

void register_transfer(const Command& app, const Context& context) {
  auto options = std::make_shared<TransferArguments>();
  const Command command = app.add_subcommand("transfer", "How long a data set takes between two sites");
  command->add_option("PLATFORM", options->platform, "One with a fabric of kind sites or joined")
      ->required()
      ->type_name("PLATFORM");
  command->add_option("FROM", options->from, "Name of a site")->required()->type_name("SITE");
  command->add_option("TO", options->to, "Name of a site")->required()->type_name("SITE");
  command->add_option("--size", options->size, "Of the data set: 40TB, 1PiB")->capture_default_str();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim transfer meluxina_ai Bissen Bettembourg --size 40TB");
  command->callback([options, &context] { transfer(context.catalog(), *options); });
}

}  // namespace aifsim
