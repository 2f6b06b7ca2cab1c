// Reads tables of measured kernels (CSV): one row a timing, in the columns of the README beside this file.
#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "kernels/fit.hpp"

namespace aifsim {

struct KernelTables {
  std::filesystem::path gemm, attention, layer_ops;
};

struct KernelSamples {
  std::vector<GemmSample> gemm;
  std::vector<AttentionSample> attention;
  std::vector<StreamingSample> streaming;
  std::vector<GemmSample> layer_gemm;           // GEMMs of the layer table: another source, not fitted to
  std::map<std::string, std::size_t> left_out;  // rows of this GPU that no model fits, by reason
};

// Rows of one GPU. InputError: a table that cannot be read, a bad cell, or no row of that GPU (naming those
// that the table has).
KernelSamples read_kernel_samples(const KernelTables& tables, const std::string& gpu);

}  // namespace aifsim
