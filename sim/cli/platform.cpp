// aifsim platform new NAME --from PLATFORM: a file to start a proposal from.
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "base/atomic_file.hpp"
#include "base/quote.hpp"
#include "catalog/starting_file.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string name, from, out;
};

void write_new(const Catalog& catalog, const Options& o) {
  if (o.name.find('/') != std::string::npos)
    throw InputError(Place{}, fmt::format("NAME: expected a name, found {}; --out says where the file goes",
                                          quote(o.name)));
  const std::filesystem::path target = o.out.empty() ? o.name + ".yaml" : o.out;
  if (std::error_code none; std::filesystem::exists(target, none))
    throw InputError(Place{target.string()}, "is there already, and stays as it is");
  const std::filesystem::path base = catalog.path(CatalogKind::platform, o.from);
  const std::vector<PlatformDescription> partitions = catalog.partitions(o.from);
  if (!partitions.front().partition.empty())
    throw InputError(Place{"--from"}, fmt::format("{} has partitions; copy {} and change it, or start from a "
                                                  "platform whose nodes are alike",
                                                  o.from, base.string()));
  // A shipped one is found by its name; one of the user's own by its whole path.
  const bool shipped =
      base.parent_path() == catalog.search().shipped() / "platforms" && base.filename() != target.filename();
  const std::string include =
      shipped ? base.filename().string() : std::filesystem::absolute(base).lexically_normal().string();
  AtomicFile file(target);
  file.write(platform_starting_file(o.name, include, partitions.front(), catalog.figures(base)));
  file.commit();
  std::cout << fmt::format("{}: starts as {}; edit it, then: aifsim check {}\n", target.string(), o.from,
                           target.string());
}

}  // namespace

void register_platform(const Command& app, const Context& context) {
  const Command command = app.add_subcommand("platform", "Start a description of a machine of your own");
  command->require_subcommand();
  auto options = std::make_shared<Options>();
  const Command fresh = command->add_subcommand(
      "new", "A commented file that includes another platform and names what a proposal may change");
  fresh->add_option("NAME", options->name, "What the proposal is called")->required()->type_name("TITLE");
  fresh->add_option("--from", options->from, "Platform that it starts from: a name or a file")
      ->required()
      ->type_name("PLATFORM");
  fresh->add_option("--out", options->out, "File to write (default NAME.yaml)")->type_name("FILE");
  fresh->footer("Example:\n  aifsim platform new our_proposal --from it4lia");
  fresh->callback([options, &context] { write_new(context.catalog(), *options); });
  command->footer("Example:\n  aifsim platform new our_proposal --from it4lia");
}

}  // namespace aifsim
