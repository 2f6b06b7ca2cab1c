// aifsim calibrate gpu NAME: constants of a GPU model from tables of measured kernels.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/calibrate.hpp"
#include "cli/context.hpp"
#include "kernels/calibrate.hpp"

namespace aifsim {
namespace {

struct Options {
  std::string gpu, apply_to;
  KernelTables tables;
  bool json = false;
};

void calibrate(const Catalog& catalog, const Options& options) {
  const GpuDescription gpu = catalog.gpu(options.gpu);
  Calibration calibration = calibrate_gpu(gpu, read_kernel_samples(options.tables, gpu.name));
  if (!options.apply_to.empty()) {
    const GpuDescription other = catalog.gpu(options.apply_to);
    calibration.transfers.push_back(
        transfer(calibration, other, read_kernel_samples(options.tables, other.name)));
  }
  if (options.json) {
    std::cout << print_json(calibration);
  } else {
    std::cout << print_table(calibration) << '\n' << print_yaml(calibration);
  }
}

}  // namespace

void add_calibrate_gpu(CLI::App& calibrate_command, const Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      calibrate_command.add_subcommand("gpu", "Fit a GPU model to tables of measured kernels");
  command->add_option("NAME", options->gpu, "GPU model; also the id of its rows in the tables")
      ->required()
      ->type_name("NAME");
  command->add_option("--gemm", options->tables.gemm, "Table of GEMM timings")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--attention", options->tables.attention, "Table of attention timings")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--layer-ops", options->tables.layer_ops, "Table of norms, activations, look-ups")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--apply-to", options->apply_to, "Another GPU model that the constants are tried on")
      ->type_name("NAME");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &context] { calibrate(context.catalog(), *options); });
}

}  // namespace aifsim
