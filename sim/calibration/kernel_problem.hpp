// The fit of one family of kernels: its constants, and a factor for each software release, moved by least squares.
#pragma once
#include <string>
#include <vector>

#include "calibration/cross_validation.hpp"
#include "calibration/kernel_rows.hpp"
#include "calibration/least_squares.hpp"
#include "kernels/family.hpp"

namespace aifsim {

using ChosenKernels = std::vector<const KernelRow*>;

// The rows of one family as cross_validation.hpp asks for them.
class KernelProblem {
 public:
  using Constants = GpuDescription;
  static constexpr bool concurrent = true;

  // `start`: where fits begin; `before`: the model that they would replace.
  KernelProblem(const Family& family, const GpuDescription& start, const GpuDescription& before,
                const ChosenKernels& rows);
  std::size_t size() const { return rows_.size(); }
  const std::string& group(std::size_t i) const { return rows_[i]->group; }
  std::string case_of(std::size_t i) const;  // the shape, under every release at once
  bool tests(std::size_t) const { return true; }
  std::size_t fewest() const;  // three rows per constant, at most 20
  GpuDescription fit(const std::vector<std::size_t>& rows, const GpuDescription* from) const;
  ErrorRow predict(const GpuDescription& gpu, std::size_t i) const;

  const KernelRow& row(std::size_t i) const { return *rows_[i]; }
  bool has_before() const { return family_.info(before_).spread.value > 0; }
  // All rows, from `gpu` on, which becomes the fitted one. Several starts are tried on some of the rows where there
  // are many.
  FitResult fit_all(GpuDescription& gpu, int starts) const { return fit(gpu, rows_, starts); }
  // What stands beside the constants of a fit to all rows.
  void write_info(GpuDescription& gpu, const FitResult& result, double spread, const std::string& date) const;

 private:
  FitResult fit(GpuDescription& gpu, const ChosenKernels& all, int starts) const;
  ChosenKernels at_full_clock(const ChosenKernels& rows) const;
  double predicted(const GpuDescription& gpu, const KernelRow& row) const;
  void set(GpuDescription& gpu, std::span<const double> values,
           const std::map<std::string, double>& weight) const;

  const Family& family_;
  const GpuDescription& start_;
  mutable GpuDescription before_;  // info() makes the block where there is none
  const ChosenKernels& rows_;
};

}  // namespace aifsim
