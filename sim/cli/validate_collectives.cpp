// aifsim validate collectives FILE: predictions against a table of measured collectives.
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include "base/error.hpp"
#include "base/user_file.hpp"
#include "cli/context.hpp"
#include "cli/validate.hpp"
#include "collectives/predict.hpp"
#include "factory/collective_run.hpp"
#include "report/validation.hpp"

namespace aifsim {
namespace {

constexpr double kBand = 1.2816;  // 80 % of a normal distribution lie within this many standard deviations

struct Options {
  std::string file, by = "platform";
  bool json = false, summary = false;
};

// Platforms by name, read once each; none where the catalogue has no such platform.
class Shelf {
 public:
  struct Entry {
    PlatformInstance platform;
    LibraryRuns library{platform};
    Entry(PlatformDescription description, GpuDescription gpu)
        : platform(std::move(description), std::move(gpu)) {}
  };
  explicit Shelf(const Catalog& catalog) : catalog_(catalog) {}
  Entry* find(const std::string& name) {
    const auto [at, isnew] = platforms_.try_emplace(name);
    if (isnew && catalog_.has(CatalogKind::platform, name)) {
      PlatformDescription description = catalog_.platform(name);
      GpuDescription gpu = catalog_.gpu(description.node.gpu, description.node.gpu_place);
      at->second = std::make_unique<Entry>(std::move(description), std::move(gpu));
    }
    return at->second.get();
  }

 private:
  const Catalog& catalog_;
  std::map<std::string, std::unique_ptr<Entry>> platforms_;
};

ValidatedRow validated(CollectiveRow&& row, Shelf& shelf) {
  ValidatedRow out;
  out.id = row.id;
  out.group = row.group;
  out.measured = row.time.value;
  out.unsupported = row.unsupported;
  if (!out.unsupported.empty()) return out;
  Shelf::Entry* entry = shelf.find(row.platform);
  if (!entry) {
    out.unsupported = "no platform \"" + row.platform + "\" in the catalogue";
    return out;
  }
  try {
    const CollectivePrediction p = predict(entry->platform.description, row.query,
                                           [&](const CollectiveQuery& q) { return entry->library.time(q); });
    out.predicted = p.time.value;
    out.control = p.control.value;
    if (p.spread > 0) {
      out.low = p.time.value * std::exp(-kBand * p.spread);
      out.high = p.time.value * std::exp(kBand * p.spread);
    }
  } catch (const CannotAnswer& error) {
    out.unsupported = error.what();
  }
  return out;
}

void validate_collectives(const Catalog& catalog, const Options& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured collectives");
  const auto in = file.stream();
  Shelf shelf(catalog);
  std::vector<ValidatedRow> rows;
  read_collective_rows(*in, file.name(), options.by,
                       [&](CollectiveRow&& row) { rows.push_back(validated(std::move(row), shelf)); });
  const Validation result = summarise(std::move(rows));
  print_validation(result, options.json, !options.summary);
}

}  // namespace

void add_validate_collectives(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = validate_command.add_subcommand(
      "collectives", "Measured collectives, one a row (docs/measured-collectives.md has the columns)");
  command->add_option("FILE", options->file, "CSV table or record of measured collectives")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--by", options->by,
                   "Columns that group the rows, joined by commas; platform, op, algorithm, software, nodes "
                   "and ranks work for every layout")
      ->capture_default_str();
  const Option json = command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--summary", options->summary, "Only the groups, not each row")->excludes(json);
  command->footer("Example:\n  aifsim validate collectives record.csv --by op,ranks");
  command->callback([options, &context] { validate_collectives(context.catalog(), *options); });
}

}  // namespace aifsim
