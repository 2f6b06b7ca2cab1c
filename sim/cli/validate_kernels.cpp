// aifsim validate kernels FILE: prices against a table of measured kernels.
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/user_file.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"
#include "cli/validate.hpp"
#include "kernels/describe.hpp"
#include "kernels/family.hpp"
#include "kernels/price.hpp"
#include "kernels/rows.hpp"
#include "report/validation.hpp"

namespace aifsim {
namespace {

constexpr double kBand = 1.2816;  // 80 % of a normal distribution lie within this many standard deviations

struct Options {
  std::string file, by = "gpu";
  bool json = false, summary = false;
};

// GPU models by name, read once each; none where the catalogue has no such model.
class GpuShelf {
 public:
  explicit GpuShelf(const Catalog& catalog) : catalog_(catalog) {}
  const GpuDescription* find(const std::string& name) {
    const auto [at, fresh] = gpus_.try_emplace(name);
    if (fresh && catalog_.has(CatalogKind::gpu, name)) at->second = catalog_.gpu(name);
    return at->second ? &*at->second : nullptr;
  }

 private:
  const Catalog& catalog_;
  std::map<std::string, std::optional<GpuDescription>> gpus_;
};

ValidatedRow predict(const KernelRow& row, GpuShelf& shelf) {
  ValidatedRow out;
  out.group = row.group;
  out.measured = row.time.value;
  out.id = std::to_string(row.place.line) + " " + (row.op ? describe(*row.op) : row.op_word);
  out.unsupported = row.unsupported;
  if (!row.op) return out;
  const GpuDescription* gpu = shelf.find(row.gpu);
  if (!gpu) {
    out.unsupported = "no GPU model \"" + row.gpu + "\" in the catalogue";
    return out;
  }
  try {
    const Price p = price(*gpu, *row.op, {release_of(row.software), row.sustained});
    out.predicted = p.time.value;
    out.low = p.time.value * std::exp(-kBand * p.spread);
    out.high = p.time.value * std::exp(kBand * p.spread);
    if (const Family* family = family_of(*gpu, *row.op)) out.control = family->control(*gpu, *row.op);
  } catch (const CannotAnswer& error) {
    out.unsupported = error.what();
  }
  return out;
}

void validate_kernels(const Catalog& catalog, const Options& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured kernels");
  const auto in = file.stream();
  GpuShelf shelf(catalog);
  std::vector<ValidatedRow> rows;
  read_kernel_rows(*in, file.name(), options.by,
                   [&](KernelRow&& row) { rows.push_back(predict(row, shelf)); });
  const Validation result = summarise(std::move(rows));
  print_validation(result, options.json, !options.summary);
}

}  // namespace

void add_validate_kernels(const Command& validate_command, const Context& context) {
  auto options = std::make_shared<Options>();
  const Command command = validate_command.add_subcommand(
      "kernels", "Measured kernels, one a row (real_runs/README.md has the columns)");
  command->add_option("FILE", options->file, "CSV table or record of measured kernels")
      ->required()
      ->type_name("FILE");
  command->add_option("--by", options->by, "Columns that group the rows, joined by commas")
      ->capture_default_str();
  const Option json = command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--summary", options->summary, "Only the groups, not each row")->excludes(json);
  command->footer("Example:\n  aifsim validate kernels record.csv --by op,dtype --summary");
  command->callback([options, &context] { validate_kernels(context.catalog(), *options); });
}

}  // namespace aifsim
