// aifsim calibrate gpu NAME --from RECORD...: constants of a GPU model from measured kernels.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "base/calendar.hpp"
#include "base/error.hpp"
#include "base/quantity.hpp"
#include "base/user_file.hpp"
#include "calibration/gpu_file.hpp"
#include "calibration/kernel_fit.hpp"
#include "calibration/transfer.hpp"
#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"

namespace aifsim {
namespace {

struct CalibrateGpuOptions {
  std::string gpu, leave_out = "software", out;
  std::vector<std::string> records;
  std::vector<std::string> donors;
  std::string small_kernel, large_product;
  FitOptions fit;
  bool missing = false, json = false;
};

std::vector<KernelRow> rows_of(const CalibrateGpuOptions& options, const std::string& name) {
  return rows_to_calibrate<KernelRow>(options.records, name, "kernels of the GPU", options.leave_out,
                                      read_kernel_rows, [](const KernelRow& row) { return row.gpu; });
}

std::string software_of(const std::vector<KernelRow>& rows) {
  std::map<std::string, std::size_t> releases;
  for (const KernelRow& row : rows) ++releases[std::string(release_of(row.software))];
  std::string text;
  for (const auto& [software, count] : releases) {
    if (!software.empty() && text.size() < 120) text += (text.empty() ? "" : ", ") + software;
  }
  return text.empty() ? "unnamed software" : text;
}

template <class Q>
std::optional<Q> quantity_of(const std::string& text, const char* option) {
  if (text.empty()) return std::nullopt;
  const ParsedQuantity parsed = parse_quantity(text, DimensionOf<Q>::value);
  if (!parsed.error.empty()) throw InputError(Place{option}, parsed.error);
  if (!(parsed.value > 0)) throw InputError(Place{option}, "expected more than 0, found " + text);
  return Q{parsed.value};
}

void transfer_gpu(const Catalog& catalog, const CalibrateGpuOptions& options) {
  TransferOptions figures{quantity_of<Seconds>(options.small_kernel, "--small-kernel"),
                          quantity_of<FlopsPerSecond>(options.large_product, "--large-product"),
                          today(),
                          options.missing,
                          {}};
  const GpuDescription gpu = catalog.gpu(options.gpu);
  std::vector<GpuDescription> donors;
  for (const std::string& name : options.donors) {
    donors.push_back(catalog.gpu(name));
    if (donors.back().name == gpu.name)
      throw InputError(Place{"--transfer-from"}, gpu.name + " cannot take over its own constants");
  }
  for (const std::string& name : catalog.names(CatalogKind::gpu)) {
    const bool donor =
        std::any_of(donors.begin(), donors.end(), [&](const GpuDescription& d) { return d.name == name; });
    if (!donor && name != gpu.name) figures.others.push_back(catalog.gpu(name));
  }
  // Rows to try it on: then all blocks are carried over, as if the GPU had never been measured.
  const bool pretend = !options.records.empty() && options.out.empty();
  const Transfer carried = transfer(gpu, donors, figures, pretend);
  const std::string model =
      with_transfer(UserFile::open(catalog.path(CatalogKind::gpu, options.gpu)).text(), carried);
  if (!options.out.empty()) write_constants(options.out, model);
  if (!options.records.empty()) {
    const FitReport tried = try_on(carried.gpu, rows_of(options, carried.gpu.name));
    std::cout << (options.json ? json_of(tried) : text_of(tried, output_width()));
  } else if (options.out.empty()) {
    std::cout << model;
  }
  if (options.json || options.out.empty()) return;
  for (const Family* family : carried.not_named) {
    GpuDescription taken = carried.gpu;
    std::cout << fmt::format("none of the GPUs named has {}: taken from {}\n", family->title,
                             fmt::join(family->info(taken).from, ", "));
  }
  std::cout << "written: " << options.out << '\n';
}

void calibrate_gpu(const Catalog& catalog, CalibrateGpuOptions options) {
  if (!options.donors.empty()) {
    transfer_gpu(catalog, options);
    return;
  }
  if (options.records.empty())
    throw InputError(Place{"calibrate gpu"}, "expected --from RECORD, --transfer-from GPU, or both");
  const GpuDescription gpu = catalog.gpu(options.gpu);
  const std::vector<KernelRow> rows = rows_of(options, gpu.name);
  if (options.fit.source.empty()) options.fit.source = "measured kernels (" + software_of(rows) + ")";
  options.fit.date = today();
  KernelCalibration calibration;
  {
    Progress progress;
    calibration = calibrate_kernels(gpu, rows, options.fit,
                                    [&](std::size_t done, std::size_t total, const std::string& what) {
                                      progress.show(done, total, what);
                                    });
  }
  refuse_empty_fit(calibration.report, options.json);
  const auto model = [&](const std::string& text) { return with_constants(text, calibration, options.fit); };
  if (!options.out.empty())
    write_constants(options.out, model(UserFile::open(catalog.path(CatalogKind::gpu, options.gpu)).text()));
  if (options.json) {
    std::cout << json_of(calibration.report);
    return;
  }
  std::cout << text_of(calibration.report, output_width()) << '\n'
            << (options.out.empty() ? model("") : "written: " + options.out + "\n");
}

}  // namespace

void add_calibrate_gpu(const Command& calibrate_command, const Context& context) {
  auto options = std::make_shared<CalibrateGpuOptions>();
  const Command command = calibrate_command.add_subcommand("gpu", "Fit a GPU model to measured kernels");
  command->add_option("NAME", options->gpu, "GPU model; also the id of its rows in the records")
      ->required()
      ->type_name("GPU");
  command->add_option("--from", options->records, "Records of measured kernels (CSV)")->type_name("FILE");
  command
      ->add_option("--transfer-from", options->donors,
                   "Carry constants over from these GPU models instead of fitting; with --from and without "
                   "--out, all of them, to tell the error")
      ->delimiter(',')
      ->type_name("GPU");
  command
      ->add_option("--small-kernel", options->small_kernel,
                   "With --transfer-from: measured time of a 16-bit matrix product of 64 x 64 x 64")
      ->type_name("TIME");
  command
      ->add_option("--large-product", options->large_product,
                   "With --transfer-from: measured rate of the best large 16-bit matrix product")
      ->type_name("RATE");
  command->add_flag("--missing", options->missing,
                    "With --transfer-from: only what the GPU model lacks, not what it took over before");
  command
      ->add_option("--holdout", options->fit.holdout,
                   "Share of the shapes kept out of the fit, to tell its error")
      ->check(between(0.05, 0.9))
      ->capture_default_str();
  command->add_option("--leave-out", options->leave_out, "Column of which each value is left out in turn")
      ->capture_default_str();
  command->add_option("--source", options->fit.source,
                      "Where the measurements come from, for the model file");
  command->add_option("--out", options->out, "Write the GPU model file with the fitted constants here")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim calibrate gpu my_gpu.yaml --from kernels.csv --out fitted.yaml");
  command->callback([options, &context] { calibrate_gpu(context.catalog(), *options); });
}

}  // namespace aifsim
