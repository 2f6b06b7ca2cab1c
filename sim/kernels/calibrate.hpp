// `aifsim calibrate gpu`: constants of a GPU model from tables of measured kernels, and how well they hold.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "kernels/fit.hpp"
#include "kernels/kernel_tables.hpp"

namespace aifsim {

// Constants fitted on one GPU, applied to kernels of another with that one's datasheet figures.
struct Transfer {
  std::string gpu;
  GroupErrors gemm, attention, streaming;
};

struct Calibration {
  std::string gpu;
  Fit<GemmCoefficients> gemm;
  Fit<FlashCoefficients> attention;
  Fit<StreamingTable> streaming;
  std::optional<GroupErrors> layer_gemm;  // GEMMs from another source than the fit's
  double residual_sd = 0;                 // see GpuDescription
  std::map<std::string, std::size_t> left_out;
  std::vector<Transfer> transfers;
};

Calibration calibrate_gpu(const GpuDescription& gpu, const KernelSamples& samples);
Transfer transfer(const Calibration& calibration, const GpuDescription& other, const KernelSamples& samples);

std::string print_table(const Calibration& calibration);  // errors beside the roofline control, for people
std::string print_yaml(const Calibration& calibration);   // constants, to paste into a GPU model
std::string print_json(const Calibration& calibration);   // both, as one object

}  // namespace aifsim
