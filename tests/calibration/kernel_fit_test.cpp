#include "calibration/kernel_fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "calibration/gpu_file.hpp"
#include "kernels/example_gpu.hpp"
#include "kernels/price.hpp"

using namespace aifsim;

namespace {

// Relative noise of about 5 %, the same on every machine.
class Noise {
 public:
  double operator()() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += double(generator_()) / double(std::mt19937::max());
    return std::exp(0.05 * (sum - 6));
  }
  std::size_t below(std::size_t n) { return generator_() % n; }

 private:
  std::mt19937 generator_{7};
};

KernelRow row_of(const GpuDescription& gpu, const KernelOp& op, const char* word, double factor, int i) {
  KernelRow row;
  row.gpu = gpu.name;
  row.op_word = word;
  row.dtype = "bf16";
  row.op = op;
  row.software = i % 2 ? "release-1" : "release-2";
  row.group = row.software;
  row.time = price(gpu, op).time * factor * (i % 2 ? 1.1 : 1 / 1.1);
  return row;
}

std::vector<KernelRow> planted_rows(const GpuDescription& gpu) {
  std::vector<KernelRow> rows;
  Noise noise;
  const std::int64_t sizes[] = {1, 16, 64, 256, 1024, 4096, 16384};
  for (int i = 0; i < 800; ++i) {
    const Gemm g{sizes[noise.below(7)], 32 * sizes[noise.below(6)], 32 * sizes[noise.below(6)]};
    rows.push_back(row_of(gpu, g, "gemm", noise(), i));
  }
  KernelRow unknown;
  unknown.op_word = "storage_read";
  unknown.unsupported = "no model for the operation \"storage_read\"";
  rows.push_back(unknown);
  return rows;
}

GpuDescription wrong_start() {
  GpuDescription gpu = example_gpu();
  gpu.gemm[Dtype::bf16].compute_efficiency.value = 0.4;
  gpu.gemm[Dtype::bf16].fixed_time.value = Seconds{20e-6};
  gpu.gemm[Dtype::bf16].fit.spread.value = 0.5;
  return gpu;
}

const FitOptions& options() {
  static const FitOptions made{0.3, true, "2026-01-01", "planted kernels"};
  return made;
}

const KernelCalibration& planted() {
  static const KernelCalibration calibration =
      calibrate_kernels(wrong_start(), planted_rows(example_gpu()), options());
  return calibration;
}

const FittedBlock& gemm_fit() { return planted().report.blocks.front(); }

}  // namespace

TEST_CASE("a fit finds the constants that the rows were made with") {
  const GemmConstants& c = planted().gpu.gemm.at(Dtype::bf16);
  const GpuDescription truth = example_gpu();
  CHECK(c.compute_efficiency.value ==
        Approx(truth.gemm.at(Dtype::bf16).compute_efficiency.value).epsilon(0.03));
  CHECK(c.memory_efficiency.value ==
        Approx(truth.gemm.at(Dtype::bf16).memory_efficiency.value).epsilon(0.05));
  CHECK(c.fixed_time.value.value == Approx(truth.gemm.at(Dtype::bf16).fixed_time.value.value).epsilon(0.05));
}

TEST_CASE("a fit finds the releases' time factors around a geometric mean of 1") {
  const auto& releases = planted().gpu.gemm.at(Dtype::bf16).fit.releases;
  REQUIRE(releases.size() == 2);
  CHECK(releases[0].software == "release-1");
  CHECK(releases[0].time_factor == Approx(1.1).epsilon(0.01));
  CHECK(releases[0].time_factor * releases[1].time_factor == Approx(1).epsilon(0.01));
}

TEST_CASE("errors of held-out shapes: the noise, far below the control and the model before") {
  REQUIRE_FALSE(gemm_fit().errors.empty());
  const ErrorReport& all = gemm_fit().errors.front();
  CHECK(all.name == "all");
  CHECK(all.rows > 150);
  CHECK(all.rows < 350);
  CHECK(all.median_ape == Approx(3.4).epsilon(0.3));  // 0.67 of 5 %
  CHECK(all.control_median_ape > 3 * all.median_ape);
  CHECK(all.before_median_ape > 3 * all.median_ape);
}

TEST_CASE("the fit of all rows is no worse than that of the seen ones") {
  GpuDescription truth = example_gpu();
  AttentionConstants& c = truth.attention[AttentionFormat::bf16];
  c.forward_efficiency.value = 1;  // its bound
  std::vector<KernelRow> rows;
  Noise noise;
  for (int i = 0; i < 600; ++i) {
    Attention a;
    a.batch = std::int64_t{1} << noise.below(6);
    a.heads = a.kv_heads = std::int64_t{1} << (1 + noise.below(5));
    a.seq_q = a.seq_kv = std::int64_t{16} << noise.below(9);
    a.head_dim = 128;
    rows.push_back(row_of(truth, a, "attention_prefill", noise(), i));
  }
  GpuDescription start = example_gpu();
  start.attention[AttentionFormat::bf16].forward_efficiency.value = 0.3;
  const KernelCalibration fitted = calibrate_kernels(start, rows, options());
  const FitReport tried = try_on(fitted.gpu, rows);
  REQUIRE(fitted.report.blocks.size() == 1);
  const ErrorReport &held_out = fitted.report.blocks[0].errors.at(0), &all = tried.blocks.at(0).errors.at(0);
  CHECK(held_out.median_ape < 6);
  CHECK(all.median_ape < 1.1 * held_out.median_ape);
  CHECK(std::abs(all.bias) < 2);
}

TEST_CASE("rows of the backward pass make a block of their own, and prices follow it") {
  const GpuDescription start = example_gpu();
  GpuDescription truth = start;
  AttentionBackward& b = truth.attention_backward;
  b.efficiency.value = 0.42;
  b.tail.value = 0.5;
  b.tile_time.value = Seconds{3e-6};
  b.memory_efficiency.value = 0.6;
  b.cache_gain.value = 1.5;
  b.memory_ramp.value = Seconds{3e-10};
  b.norm.value = 2;
  b.fixed_time.value = Seconds{20e-6};
  b.fit.spread.value = 0.05;
  std::vector<KernelRow> rows;
  Noise noise;
  for (int i = 0; i < 400; ++i) {
    Attention a;
    a.pass = Pass::backward;
    a.batch = std::int64_t{1} << noise.below(4);
    a.heads = a.kv_heads = std::int64_t{1} << (1 + noise.below(5));
    a.seq_q = a.seq_kv = std::int64_t{64} << noise.below(8);
    a.head_dim = 128;
    rows.push_back(row_of(truth, a, "attention_backward", noise(), i));
  }
  const KernelCalibration fitted = calibrate_kernels(start, rows, options());
  REQUIRE(fitted.families.size() == 1);
  CHECK(fitted.families[0]->block == "attention_backward");
  const ErrorReport& all = fitted.report.blocks.at(0).errors.at(0);
  CHECK(all.median_ape < 6);
  CHECK(all.control_median_ape > 3 * all.median_ape);
  CHECK(fitted.gpu.attention_backward.efficiency.value == Approx(0.42).epsilon(0.05));
  CHECK(*fitted.gpu.attention.at(AttentionFormat::bf16).backward_efficiency ==
        *start.attention.at(AttentionFormat::bf16).backward_efficiency);
  Attention training;
  training.batch = 4;
  training.heads = training.kv_heads = 32;
  training.seq_q = training.seq_kv = 4096;
  training.head_dim = 128;
  training.pass = Pass::backward;
  CHECK(price(fitted.gpu, training).time.value == Approx(price(truth, training).time.value).epsilon(0.05));
  training.pass = Pass::forward;
  CHECK(price(fitted.gpu, training).time == price(start, training).time);
}

TEST_CASE("a release left out is predicted without its factor") {
  REQUIRE(gemm_fit().left_out.size() == 3);
  CHECK(gemm_fit().left_out[0].groups == 2);  // both together
  CHECK(gemm_fit().left_out[1].name == "without release-1");
  CHECK(gemm_fit().left_out[1].bias == Approx(100 * (1 / 1.21 - 1)).epsilon(0.1));
  // Each row of a release is told under the constants of the other.
  CHECK(planted().report.unseen.size() == 800);
}

TEST_CASE("the spread is that of the noise, and its 80 % band holds on other rows") {
  CHECK(planted().gpu.gemm.at(Dtype::bf16).fit.spread.value == Approx(0.05).epsilon(0.25));
  CHECK(gemm_fit().errors[0].within_band > 70);
  CHECK(gemm_fit().errors[0].within_band < 90);
}

TEST_CASE("constants without a trace in the rows are named") {
  std::vector<KernelRow> rows;
  const GpuDescription gpu = example_gpu();
  Noise noise;
  for (int i = 0; i < 200; ++i)  // compute-bound only: nothing tells the memory's share
    rows.push_back(row_of(gpu, Gemm{8192 + 64 * i, 8192, 8192}, "gemm", noise(), i));
  const KernelCalibration c = calibrate_kernels(gpu, rows, options());
  const auto& names = c.report.blocks.front().unidentified;
  CHECK(std::find(names.begin(), names.end(), "memory_efficiency") != names.end());
}

TEST_CASE("rows without a model are counted, and too few rows are no fit") {
  CHECK(planted().report.left_out.at("no model for the operation \"storage_read\"") == 1);
  std::vector<KernelRow> few = planted_rows(example_gpu());
  few.resize(10);
  const KernelCalibration c = calibrate_kernels(example_gpu(), few, options());
  CHECK_FALSE(c.report.blocks.front().problem.empty());
  CHECK(c.gpu.gemm.at(Dtype::bf16).compute_efficiency.value ==
        example_gpu().gemm.at(Dtype::bf16).compute_efficiency.value);
}

TEST_CASE("fitted constants go into the text of a GPU file, and the rest of it stays") {
  const std::string text =
      "# a comment\nkind: gpu\nl2: 40MiB   # kept\ngemm:\n  bf16:\n    source: old\n    confidence: assumed\n"
      "    compute_efficiency: 0.1\n    note_kept: 1\n    fit: {spread: 0.5}\n  fp8:\n    norm: 3\nhost:\n  "
      "x: 1\n";
  const std::string out = with_constants(text, planted(), options());
  CHECK(out.find("# a comment\nkind: gpu\nl2: 40MiB   # kept\ngemm:\n  bf16:\n    source: \"fitted by") == 0);
  CHECK(out.find("compute_efficiency: 0.1\n") == std::string::npos);
  CHECK(out.find("    note_kept: 1\n  fp8:\n    norm: 3\nhost:\n  x: 1\n") != std::string::npos);
  CHECK(out.find("    fit:\n      spread: 0.0") != std::string::npos);
  CHECK(out.find("      date: \"2026-01-01\"\n      releases:\n        - {software: \"release-1\"") !=
        std::string::npos);
  CHECK(out.find("    covariance") < out.find("note_kept"));
}

TEST_CASE("a block that the GPU file lacks is added at its end") {
  const std::string out = with_constants("kind: gpu\nl2: 40MiB\n", planted(), options());
  CHECK(out.find("kind: gpu\nl2: 40MiB\ngemm:\n  bf16:\n    source: \"fitted by") == 0);
}

TEST_CASE("a calibration prints errors beside the control and the model before") {
  const std::string text = text_of(planted().report);
  for (const char* part : {"GEMM, BF16", "control", "before", "without release-2", "80 % band"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(json_of(planted().report).find("\"block\": \"gemm.bf16\"") != std::string::npos);
  CHECK(text.find("the block before stood on") == std::string::npos);
  FitReport few = planted().report;
  few.blocks.at(0).points_before = 100000;
  CHECK(text_of(few).find("the block before stood on 100000") != std::string::npos);
}

TEST_CASE("of very many releases the rare ones share the mean of the others") {
  std::vector<KernelRow> rows = planted_rows(example_gpu());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].software = "release-" + std::to_string(i % 60);
  FitOptions without_turns = options();
  without_turns.leave_out = false;
  const KernelCalibration calibration = calibrate_kernels(wrong_start(), rows, without_turns);
  CHECK(calibration.gpu.gemm.at(Dtype::bf16).fit.releases.size() == 40);
  CHECK(calibration.report.blocks.front().problem.empty());
}
