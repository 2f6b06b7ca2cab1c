#include "kernels/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>

#include "base/error.hpp"
#include "base/statistics.hpp"
#include "kernels/device.hpp"
#include "kernels/least_squares.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kFewest = 20;

// A model with some of its constants held: a simpler form of itself.
struct Form {
  const char* name;
  std::vector<FitParameter> parameters;
};

struct Rows {
  std::vector<double> measured;
  std::vector<std::string> groups;
  std::vector<bool> training;         // of the size that training runs
  std::vector<std::uint64_t> shapes;  // equal for equal shapes
  RowModel model;
  std::function<double(std::size_t)> roofline;
};

std::uint64_t mix(std::initializer_list<double> values) {  // FNV-1a over the integers that describe a shape
  std::uint64_t hash = 14695981039346656037ull;
  for (const double value : values) {
    auto word = static_cast<std::uint64_t>(std::llround(value));
    for (int byte = 0; byte < 8; ++byte, word >>= 8) hash = (hash ^ (word & 0xff)) * 1099511628211ull;
  }
  return hash ^ (hash >> 29);
}

using Prediction = std::function<double(std::size_t)>;

FitErrors errors(const Rows& rows, const std::vector<std::size_t>& chosen, const Prediction& predicted) {
  std::vector<double> absolute, signed_errors;
  for (const std::size_t row : chosen) {
    const double error = predicted(row) / rows.measured[row] - 1;
    absolute.push_back(std::abs(error));
    signed_errors.push_back(error);
  }
  if (chosen.empty()) return {};
  return {chosen.size(), median(absolute), quantile(absolute, 0.9), median(signed_errors)};
}

std::vector<std::size_t> training_only(const Rows& rows, const std::vector<std::size_t>& chosen) {
  std::vector<std::size_t> kept;
  std::copy_if(chosen.begin(), chosen.end(), std::back_inserter(kept),
               [&rows](std::size_t row) { return rows.training[row]; });
  return kept;
}

std::vector<std::size_t> all_of(const Rows& rows) {
  std::vector<std::size_t> all(rows.measured.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

struct Outcome {
  std::vector<double> constants;
  std::vector<FormErrors> forms;
  std::vector<GroupErrors> left_out;
  std::vector<double> residuals;
};

Outcome fit(const Rows& rows, const std::vector<Form>& forms) {
  if (rows.measured.size() < kFewest) {
    throw CannotAnswer(fmt::format("{} kernels are too few to fit a model to; {} are needed",
                                   rows.measured.size(), kFewest));
  }
  std::vector<std::size_t> seen, held_out;
  for (const std::size_t row : all_of(rows)) (rows.shapes[row] % 10 < 3 ? held_out : seen).push_back(row);
  const std::vector<std::size_t> held_out_training = training_only(rows, held_out);

  Outcome outcome;
  outcome.forms.push_back({"roofline, no constant", 0, errors(rows, held_out, rows.roofline),
                           errors(rows, held_out_training, rows.roofline)});
  std::vector<double> constants;
  const Prediction predicted = [&](std::size_t row) { return rows.model(constants, row); };
  for (const Form& form : forms) {
    constants = fit_log_time(form.parameters, rows.model, rows.measured, seen);
    const auto fitted = std::count_if(form.parameters.begin(), form.parameters.end(),
                                      [](const FitParameter& p) { return !p.held; });
    outcome.forms.push_back({form.name, static_cast<std::size_t>(fitted), errors(rows, held_out, predicted),
                             errors(rows, held_out_training, predicted)});
  }
  for (const std::size_t row : held_out_training) {
    outcome.residuals.push_back(std::log(rows.measured[row] / predicted(row)));
  }

  const std::vector<FitParameter>& model = forms.back().parameters;
  const std::set<std::string> groups(rows.groups.begin(), rows.groups.end());
  for (const std::string& group : groups) {
    if (groups.size() < 2) break;
    std::vector<std::size_t> others, own;
    for (const std::size_t row : all_of(rows)) (rows.groups[row] == group ? own : others).push_back(row);
    constants = fit_log_time(model, rows.model, rows.measured, others);
    outcome.left_out.push_back(
        {group, errors(rows, own, predicted), errors(rows, training_only(rows, own), predicted)});
  }
  outcome.constants = fit_log_time(model, rows.model, rows.measured, all_of(rows));
  return outcome;
}

GroupErrors errors_with(const Rows& rows, const std::vector<double>& constants) {
  const Prediction predicted = [&](std::size_t row) { return rows.model(constants, row); };
  const std::vector<std::size_t> all = all_of(rows);
  return {"", errors(rows, all, predicted), errors(rows, training_only(rows, all), predicted)};
}

template <class Op>
Rows begin_rows(const std::vector<Sample<Op>>& samples) {
  Rows rows;
  for (const Sample<Op>& sample : samples) {
    rows.measured.push_back(sample.time.value);
    rows.groups.push_back(sample.group);
  }
  return rows;
}

GemmCoefficients gemm_coefficients(const std::vector<double>& v) {
  return {v[0], v[1], v[2], v[3], v[4], v[5]};
}

Rows rows_of(const GpuDescription& gpu, const std::vector<GemmSample>& samples) {
  Rows rows = begin_rows(samples);
  const double bandwidth = gpu.memory_bandwidth->value;
  std::vector<double> peaks;
  for (const GemmSample& s : samples) {
    const Gemm& g = s.op;
    rows.training.push_back(g.m >= 2048 && g.n >= 2048 && g.k >= 1024 && g.k <= 20480);
    rows.shapes.push_back(mix({double(g.m), double(g.n), double(g.k), double(g.batch)}));
    peaks.push_back(peak_of(gpu, g.dtype));
  }
  rows.model = [&samples, peaks, bandwidth](const std::vector<double>& v, std::size_t row) {
    return gemm_seconds(samples[row].op, peaks[row], bandwidth, gemm_coefficients(v));
  };
  constexpr double sharp = 100;  // a norm that makes the corner of the roofline
  rows.roofline = [&samples, peaks, bandwidth](std::size_t row) {
    return gemm_seconds(samples[row].op, peaks[row], bandwidth, {1, 1, 0, sharp, 0, 0});
  };
  return rows;
}

FlashCoefficients flash_coefficients(const std::vector<double>& v) { return {v[0], v[1], v[2], v[3], v[4]}; }

Rows rows_of(const GpuDescription& gpu, const std::vector<AttentionSample>& samples) {
  Rows rows = begin_rows(samples);
  const double bandwidth = gpu.memory_bandwidth->value, multiprocessors = gpu.multiprocessors;
  std::vector<double> peaks;
  for (const AttentionSample& s : samples) {
    const Attention& a = s.op;
    rows.training.push_back(a.seq_q >= 1024 && a.batch * a.heads >= 8);
    rows.shapes.push_back(mix({double(a.batch), double(a.heads), double(a.kv_heads), double(a.head_dim),
                               double(a.seq_q), double(a.seq_kv)}));
    peaks.push_back(peak_of(gpu, a.dtype));
  }
  rows.model = [&samples, peaks, bandwidth, multiprocessors](const std::vector<double>& v, std::size_t row) {
    return flash_seconds(samples[row].op, peaks[row], bandwidth, multiprocessors, flash_coefficients(v));
  };
  rows.roofline = [&samples, peaks, bandwidth](std::size_t row) {
    const Attention& op = samples[row].op;
    return std::max(flash_flops(op).value / peaks[row], flash_bytes(op).value / bandwidth);
  };
  return rows;
}

StreamingTable streaming_table(const std::vector<double>& v) { return {v[0], v[1], v[2], v[3], v[4], v[5]}; }

double efficiency_of(StreamKind kind, const StreamingTable& c) {
  if (kind == StreamKind::norm) return c.norm_efficiency;
  if (kind == StreamKind::activation) return c.activation_efficiency;
  if (kind == StreamKind::embedding) return c.embedding_efficiency;
  return c.memory_efficiency;
}

Rows rows_of(const GpuDescription& gpu, const std::vector<StreamingSample>& samples) {
  Rows rows = begin_rows(samples);
  const double bandwidth = gpu.memory_bandwidth->value, cache = gpu.l2->value;
  for (const StreamingSample& s : samples) {
    rows.training.push_back(s.op.bytes > gpu.l2.value);
    rows.shapes.push_back(mix({double(s.op.kind), s.op.bytes.value}));
  }
  rows.model = [&samples, bandwidth, cache](const std::vector<double>& v, std::size_t row) {
    const StreamingTable c = streaming_table(v);
    const Streaming& op = samples[row].op;
    return streaming_seconds(op.bytes, cache, bandwidth,
                             {efficiency_of(op.kind, c), c.cache_saving, c.fixed_time});
  };
  rows.roofline = [&samples, bandwidth](std::size_t row) { return samples[row].op.bytes.value / bandwidth; };
  return rows;
}

}  // namespace

Fit<GemmCoefficients> fit_gemm(const GpuDescription& gpu, const std::vector<GemmSample>& samples) {
  const FitParameter compute{0.1, 1, 0.8}, memory{0.1, 1, 0.8}, fixed{1e-7, 1e-4, 3e-6}, norm{1, 20, 2};
  const FitParameter ramp{1e-2, 1000, 80}, latency{1e-12, 1e-6, 4e-8}, zero{0, 0, 0, true};
  Outcome o =
      fit(rows_of(gpu, samples), {{"without ramp and latency", {compute, memory, fixed, norm, zero, zero}},
                                  {"without ramp", {compute, memory, fixed, norm, zero, latency}},
                                  {"the model", {compute, memory, fixed, norm, ramp, latency}}});
  return {gemm_coefficients(o.constants), std::move(o.forms), std::move(o.left_out), std::move(o.residuals)};
}

Fit<FlashCoefficients> fit_attention(const GpuDescription& gpu, const std::vector<AttentionSample>& samples) {
  const FitParameter compute{0.1, 1, 0.7}, memory{0.05, 1, 0.4}, fixed{1e-7, 1e-4, 1e-5};
  const FitParameter softmax{0, 0, gpu.attention.softmax_flops, true}, tail{1e-3, 10, 0.4},
      zero{0, 0, 0, true};
  Outcome o = fit(rows_of(gpu, samples), {{"without softmax and tail", {compute, memory, fixed, zero, zero}},
                                          {"without tail", {compute, memory, fixed, softmax, zero}},
                                          {"the model", {compute, memory, fixed, softmax, tail}}});
  return {flash_coefficients(o.constants), std::move(o.forms), std::move(o.left_out), std::move(o.residuals)};
}

Fit<StreamingTable> fit_streaming(const GpuDescription& gpu, const std::vector<StreamingSample>& samples) {
  const FitParameter share{0.02, 1, 0.5}, saving{1e-3, 0.95, 0.7}, fixed{1e-7, 1e-4, 3e-6};
  const FitParameter none{0, 0, 0, true};
  Outcome o = fit(rows_of(gpu, samples), {{"without cache", {share, share, share, share, none, fixed}},
                                          {"the model", {share, share, share, share, saving, fixed}}});
  return {streaming_table(o.constants), std::move(o.forms), std::move(o.left_out), std::move(o.residuals)};
}

GroupErrors errors_of(const GpuDescription& gpu, const GemmCoefficients& c,
                      const std::vector<GemmSample>& samples) {
  return errors_with(rows_of(gpu, samples), {c.compute_efficiency, c.memory_efficiency, c.fixed_time, c.norm,
                                             c.depth_ramp, c.depth_latency});
}

GroupErrors errors_of(const GpuDescription& gpu, const FlashCoefficients& c,
                      const std::vector<AttentionSample>& samples) {
  return errors_with(rows_of(gpu, samples),
                     {c.efficiency, c.memory_efficiency, c.fixed_time, c.softmax_flops, c.tail});
}

GroupErrors errors_of(const GpuDescription& gpu, const StreamingTable& c,
                      const std::vector<StreamingSample>& samples) {
  return errors_with(rows_of(gpu, samples), {c.memory_efficiency, c.norm_efficiency, c.activation_efficiency,
                                             c.embedding_efficiency, c.cache_saving, c.fixed_time});
}

}  // namespace aifsim
