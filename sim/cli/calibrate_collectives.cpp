// aifsim calibrate collectives PLATFORM --from FILE...: collective models of a platform from measurements.
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "base/user_file.hpp"
#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "cli/progress.hpp"
#include "collectives/fit.hpp"
#include "collectives/fit_rows.hpp"
#include "factory/collective_run.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kMostRows = 1'000'000;  // in some hundred bytes each

struct Options {
  std::string platform, group_by = "ranks", out;
  std::vector<std::string> records;
  CollectiveFitOptions fit;
  bool json = false;
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[11];
  std::strftime(text, sizeof text, "%Y-%m-%d", std::gmtime(&now));
  return text;
}

std::vector<CollectiveRow> rows_of(const Options& options, const std::string& name) {
  std::vector<CollectiveRow> rows;
  std::map<std::string, std::size_t> others;
  for (const std::string& path : options.records) {
    const UserFile file = UserFile::open(path, "a table of measured collectives (CSV)");
    const auto in = file.stream();
    read_collective_rows(*in, file.name(), options.group_by, [&](CollectiveRow&& row) {
      if (row.platform == name) {
        if (rows.size() == kMostRows)
          throw InputError(Place{file.name()},
                           "more than a million collectives of one platform; a fit needs a few thousand, so "
                           "give a sample of them");
        rows.push_back(std::move(row));
      } else {
        ++others[row.platform];
      }
    });
  }
  if (rows.empty()) {
    std::string known;
    for (const auto& [platform, count] : others) known += (known.empty() ? "" : ", ") + platform;
    throw InputError(Place{options.records.front()},
                     "no collective of the platform " + name + "; found " + (known.empty() ? "none" : known));
  }
  return rows;
}

void calibrate(const Catalog& catalog, Options options) {
  const PlatformDescription platform = catalog.platform(options.platform);
  std::map<std::string, std::size_t> too_many;
  const std::vector<CollectiveRow> rows = rows_to_fit(rows_of(options, platform.name), too_many);
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
    calibration.left_out.merge(too_many);
  }
  if (!options.out.empty()) {
    AtomicFile file(options.out);
    file.write(fits_yaml(calibration, options.fit));
    file.commit();
  }
  if (options.json) {
    std::cout << collective_fit_json(calibration);
    return;
  }
  std::cout << collective_fit_text(calibration);
  if (!options.out.empty()) {
    std::cout << "\nwritten: " << options.out << '\n';
  } else {
    std::cout << '\n' << fits_yaml(calibration, options.fit);
  }
}

}  // namespace

void add_calibrate_collectives(const Command& calibrate_command, const Context& context) {
  auto options = std::make_shared<Options>();
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
      ->add_option("--group-by", options->group_by,
                   "Columns, joined by commas, of which each combination is left out in turn")
      ->capture_default_str();
  command->add_option("--source", options->fit.source,
                      "Where the measurements come from, for the platform file");
  command->add_option("--out", options->out, "Write the fits here: a file that the platform's includes")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim calibrate collectives mn5_acc --from nccl.csv --out my_fits.yaml");
  command->callback([options, &context] { calibrate(context.catalog(), *options); });
}

}  // namespace aifsim
