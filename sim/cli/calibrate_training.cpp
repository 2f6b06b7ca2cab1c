// aifsim calibrate training FILE: constants of platforms from measured training steps, and how well they hold
// on rows left out.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/atomic_folder.hpp"
#include "base/calendar.hpp"
#include "base/error.hpp"
#include "base/user_file.hpp"
#include "calibration/platform_file.hpp"
#include "calibration/training_fit.hpp"
#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "cli/output_width.hpp"

namespace aifsim {
namespace {

constexpr std::ptrdiff_t kMostRows =
    20'000;  // in some ten kilobytes each, and the fit looks at each again and again

struct CalibrateTrainingOptions {
  std::string file, leave_out = "gpus", source;
  std::string out;
  bool json = false;
};

// The catalogue's file of that name, with the constants: its path below the catalogue, and its text.
using Written = std::map<std::filesystem::path, std::string>;

// All of them, or none where one cannot be written.
void write_files(const std::filesystem::path& folder, const Written& texts) {
  std::vector<AtomicFile> files;
  for (const auto& [path, text] : texts) {
    make_folders((folder / path).parent_path());
    files.emplace_back(folder / path).write(text);
  }
  for (AtomicFile& file : files) file.commit();
}

Written written(const Catalog& catalog, const std::vector<MeasuredRow>& rows,
                const TrainingCalibration& calibration, const FitOptions& options) {
  const auto text = [&](CatalogKind kind, const std::string& name) {
    return UserFile::open(catalog.path(kind, name)).text();
  };
  Written files;
  for (const PlatformFit& platform : calibration.platforms)
    files["platforms/" + platform.platform + ".yaml"] =
        with_training(text(CatalogKind::platform, platform.platform), platform, options, calibration);
  std::set<std::string> stacks;
  for (const MeasuredRow& row : rows)
    if (row.job) stacks.insert(row.job->stack.name);
  for (const std::string& stack : stacks)
    files["workloads/stacks/" + stack + ".yaml"] =
        with_stack(text(CatalogKind::stack, stack), calibration, options);
  return files;
}

std::string constants_text(const TrainingCalibration& calibration, const FitOptions& options) {
  std::string out = "# the stack of these runs\n" + with_stack("", calibration, options);
  for (const PlatformFit& platform : calibration.platforms)
    out += fmt::format("\n# {}\n{}", platform.platform, with_training("", platform, options, calibration));
  return out;
}

void calibrate(const Catalog& catalog, const CalibrateTrainingOptions& options) {
  const UserFile file = UserFile::open(options.file, "a CSV table of measured training runs");
  const auto in = file.stream();
  PlatformShelf shelf(catalog);
  const std::vector<MeasuredRow> rows = read_training_table(*in, file.name(), options.leave_out, shelf);
  if (std::count_if(rows.begin(), rows.end(), [](const MeasuredRow& row) { return row.job != nullptr; }) >
      kMostRows)
    throw InputError(Place{file.name()}, fmt::format("more than {} runs that can be expressed; a fit needs a "
                                                     "few hundred, so give a sample of them",
                                                     kMostRows));
  const FitOptions fit{.date = today(), .source = options.source.empty() ? options.file : options.source};
  const TrainingCalibration calibration = calibrate_training(rows, fit);
  if (std::all_of(calibration.report.blocks.begin(), calibration.report.blocks.end(),
                  [](const auto& block) { return block.left_out.empty(); }))
    std::cerr << fmt::format(
        "aifsim: warning: all rows have one value of {}, so none was left out: how far predictions are off "
        "is not "
        "known, and the platform's width before the fit stands\n",
        options.leave_out);
  if (!options.out.empty()) write_files(options.out, written(catalog, rows, calibration, fit));
  if (options.json) {
    std::cout << json_of(calibration.report);
    return;
  }
  std::cout << text_of(calibration.report, output_width()) << '\n'
            << (options.out.empty() ? constants_text(calibration, fit) : "written: " + options.out + "\n");
}

}  // namespace

void add_calibrate_training(const Command& calibrate_command, const Context& context) {
  auto options = std::make_shared<CalibrateTrainingOptions>();
  const Command command =
      calibrate_command.add_subcommand("training",
                                       "A platform's clock and neighbours, and the stack, from measured "
                                       "training steps (same table as validate)");
  command->add_option("FILE", options->file, "CSV table of measured runs")->required()->type_name("FILE");
  command->add_option("--leave-out", options->leave_out, "Column whose values are left out in turn")
      ->capture_default_str();
  command->add_option("--source", options->source,
                      "Where the runs come from, for the files; the table's name");
  command
      ->add_option("--out", options->out,
                   "Write the platforms and stacks of these runs, with their constants, into this folder")
      ->type_name("FOLDER");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example:\n  aifsim calibrate training runs.csv --leave-out gpus");
  command->callback([options, &context] { calibrate(context.catalog(), *options); });
}

}  // namespace aifsim
