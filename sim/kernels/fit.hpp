// Fits the constants of the kernel models to measured kernels, and tells how well they hold.
//
// Loss: soft-L1 of log(model / measured), so that a row counts by its relative error and outliers do not
// rule. Constants are positive, bounded by physics, and fitted in their logarithm by Ceres from several
// starts. Errors come from rows that the fit has not seen: 30 % of the shapes (a shape is held out under
// every software release at once), and each group (software release or model) in turn.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "kernels/attention.hpp"
#include "kernels/gemm.hpp"
#include "kernels/streaming.hpp"

namespace aifsim {

template <class Op>
struct Sample {
  Op op;
  Seconds time;
  std::string group;  // rows measured together: a software release, a model
};
using GemmSample = Sample<Gemm>;
using AttentionSample = Sample<Attention>;  // flash, forward
using StreamingSample = Sample<Streaming>;

// Of model / measured - 1.
struct FitErrors {
  std::size_t rows = 0;
  double median = 0, p90 = 0;  // of the absolute value
  double bias = 0;             // median, signed
};

struct FormErrors {
  std::string form;
  std::size_t constants = 0;  // fitted ones
  FitErrors all, training;    // over the rows held out; `training`: those of the size that training runs
};

struct GroupErrors {
  std::string group;
  FitErrors all, training;
};

template <class Coefficients>
struct Fit {
  Coefficients coefficients;          // from all rows
  std::vector<FormErrors> forms;      // the roofline control, simpler forms, and the model last
  std::vector<GroupErrors> left_out;  // each group, by a fit to the others; empty when there is but one
  std::vector<double> residuals;      // log(measured / model), held-out rows of training size
};

struct StreamingTable {
  double memory_efficiency, norm_efficiency, activation_efficiency, embedding_efficiency, cache_saving,
      fixed_time;
};

// Each reads the datasheet figures of `gpu` (and the softmax_flops of its attention), never its constants.
// CannotAnswer with fewer than 20 samples, or where the GPU has no peak for a sample's dtype.
Fit<GemmCoefficients> fit_gemm(const GpuDescription& gpu, const std::vector<GemmSample>& samples);
Fit<FlashCoefficients> fit_attention(const GpuDescription& gpu, const std::vector<AttentionSample>& samples);
Fit<StreamingTable> fit_streaming(const GpuDescription& gpu, const std::vector<StreamingSample>& samples);

// Errors of given coefficients on samples of any GPU, none of which they were fitted to.
GroupErrors errors_of(const GpuDescription& gpu, const GemmCoefficients& c,
                      const std::vector<GemmSample>& samples);
GroupErrors errors_of(const GpuDescription& gpu, const FlashCoefficients& c,
                      const std::vector<AttentionSample>& samples);
GroupErrors errors_of(const GpuDescription& gpu, const StreamingTable& c,
                      const std::vector<StreamingSample>& samples);

}  // namespace aifsim
