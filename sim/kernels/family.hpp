// The families of operations: each has one block of constants in a GPU model, which `aifsim calibrate gpu`
// fits and `aifsim validate kernels` checks. To add one: its equation, its block in the catalogue, one entry
// here.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/collective_models.hpp"
#include "catalog/gpu.hpp"
#include "program/kernel_op.hpp"

namespace aifsim {

// One constant, as it stands in the block and as the fit moves it (in its logarithm).
struct Constant {
  std::string key;
  std::function<double*(GpuDescription&)> at;
  double lower = 0, upper = 0, start = 0;  // all the same: given by the family, not fitted
  ModelUnit unit = ModelUnit::number;
  bool held = false;  // stays as the GPU model has it: published figures, not in the data
  // Where each software release has a value of its own beside the block's, which is then their geometric
  // mean.
  std::function<double*(ReleaseFactor&)> of_release = {};
};

// What holds of a kernel and no fit moves: a flag, or numbers (head sizes). Carried over with the constants.
struct KernelFact {
  std::string key;
  std::function<bool*(GpuDescription&)> flag;
  bool usual = false;  // of the flag, where the file says nothing
  std::function<std::vector<double>*(GpuDescription&)> list = {};
};

enum class Target { time, power };  // what of a row the constants are fitted to

struct Family {
  std::string block;  // path in the GPU model, e.g. "gemm.bf16"
  std::string title;  // e.g. "GEMM, 16 bit"
  std::function<bool(const GpuDescription&, const KernelOp&)> takes;
  std::vector<Constant> constants;
  std::vector<KernelFact> facts = {};
  std::function<double(const GpuDescription&, const KernelOp&)> control;  // plain roofline, seconds
  std::function<FitInfo&(GpuDescription&)> info;  // of its block; makes the block where there is none
  std::string fit_key = "fit";                    // where it stands in the block
  bool releases = true;                           // whether `software` tells releases of the same kernels
  Target target = Target::time;
  std::optional<Dtype> dtype =
      {};  // of matrix products: a GPU without a peak for it has no use for the block
};

const std::vector<Family>& families();
// Published figures that stand among the constants of a family's block, in groups that are carried over together,
// each figure with its own source.
const std::vector<Family>& published_figures();
// The family that prices an operation; nullptr where none has constants for it.
const Family* family_of(const GpuDescription& gpu, const KernelOp& op);

// What families() joins, one function per file.
std::vector<Family> gemm_families();
std::vector<Family> attention_families();
std::vector<Family> layer_families();

// flops / peak or bytes / bandwidth, the longer: the control of most families.
double roofline_seconds(const GpuDescription& gpu, Dtype dtype, double flops, double bytes);

}  // namespace aifsim
