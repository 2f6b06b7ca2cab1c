// aifsim calibrate collectives PLATFORM --from FILE...: collective models of a platform from measurements.
#include <iostream>
#include <memory>

#include "base/calendar.hpp"
#include "calibration/collective_fit.hpp"
#include "calibration/platform_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"
#include "cli/progress.hpp"
#include "factory/collective_run.hpp"

namespace aifsim {
namespace {

struct CalibrateCollectivesOptions {
  std::string platform, leave_out = "ranks", out;
  std::vector<std::string> records;
  FitOptions fit;
  bool json = false;
};

void calibrate(const Catalog& catalog, CalibrateCollectivesOptions options) {
  const PlatformDescription platform = catalog.platform(options.platform);
  const auto rows = rows_to_calibrate<CollectiveRow>(
      options.records, platform.name, "collectives of the platform", options.leave_out,
      [&](std::istream& in, const std::string& name, const std::string& by, const auto& take) {
        read_collective_rows(in, name, by, &catalog, take);
      },
      [](const CollectiveRow& row) { return row.platform; });
  options.fit.date = today();
  if (options.fit.source.empty())
    options.fit.source = "aifsim calibrate collectives on measured collectives, " + options.fit.date;
  CollectiveCalibration calibration;
  const GpuDescription gpu = catalog.gpu(platform.node.gpu, platform.node.gpu_place);
  const PlatformInstance instance(platform, gpu);
  LibraryRuns library(instance);
  {
    Progress progress;
    calibration = calibrate_collectives(
        platform, rows, options.fit, [&](const CollectiveQuery& q) { return library.works(q); },
        [&](std::size_t done, std::size_t total, const std::string& what) {
          progress.show(done, total, what);
        });
  }
  refuse_empty_fit(calibration.report, options.json);
  const std::string fits = collectives_file(calibration, options.fit);
  if (!options.out.empty()) write_constants(options.out, fits);
  if (options.json) {
    std::cout << json_of(calibration.report);
    return;
  }
  std::cout << text_of(calibration.report, output_width()) << '\n'
            << (options.out.empty() ? fits : "written: " + options.out + "\n");
}

}  // namespace

void add_calibrate_collectives(const Command& calibrate_command, const Context& context) {
  auto options = std::make_shared<CalibrateCollectivesOptions>();
  const Command command = calibrate_command.add_subcommand(
      "collectives", "Fit a platform's collective models to measured collectives (same tables as validate)");
  command->add_option("PLATFORM", options->platform, "Platform; also the id of its rows in the tables")
      ->required()
      ->type_name("PLATFORM");
  command->add_option("--from", options->records, "Tables or records of measured collectives (CSV)")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--holdout", options->fit.holdout,
                   "Share of the cases kept out of the fit, to tell its error")
      ->check(between(0.05, 0.9))
      ->capture_default_str();
  command
      ->add_option("--leave-out", options->leave_out,
                   "Columns, joined by commas, of which each combination is left out in turn")
      ->capture_default_str();
  command->add_option("--source", options->fit.source,
                      "Where the measurements come from, for the platform file");
  command->add_option("--out", options->out, "Write the fits here: a file that the platform's includes")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim calibrate collectives dgx_h100 --from nccl.csv --out my_fits.yaml");
  command->callback([options, &context] { calibrate(context.catalog(), *options); });
}

}  // namespace aifsim
