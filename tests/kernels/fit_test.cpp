#include "kernels/fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "base/error.hpp"
#include "example_gpu.hpp"
#include "kernels/calibrate.hpp"

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

KernelSamples planted_samples(const GpuDescription& gpu) {
  KernelSamples samples;
  Noise noise;
  const auto group = [](int i) { return std::string(i % 2 ? "release 1" : "release 2"); };
  const std::int64_t sizes[] = {1, 16, 64, 256, 1024, 4096, 16384};
  for (int i = 0; i < 600; ++i) {
    const Gemm g{sizes[noise.below(7)], 32 * sizes[noise.below(5)], 32 * sizes[noise.below(5)]};
    samples.gemm.push_back({g, price(gpu, g).time * noise(), group(i)});
    Attention a;
    a.batch = std::int64_t(1) << noise.below(5);
    a.heads = a.kv_heads = std::int64_t(1) << noise.below(6);
    a.head_dim = 64 << noise.below(2);
    a.seq_q = a.seq_kv = std::int64_t(64) << noise.below(8);
    samples.attention.push_back({a, price(gpu, a).time * noise(), group(i)});
    const StreamKind kinds[] = {StreamKind::add, StreamKind::norm, StreamKind::activation,
                                StreamKind::embedding};
    const Streaming s{kinds[noise.below(4)], Bytes{std::pow(10.0, 4 + 5 * double(noise.below(1000)) / 1000)}};
    samples.streaming.push_back({s, price(gpu, s).time * noise(), group(i)});
  }
  return samples;
}

const Calibration& planted() {
  static const Calibration calibration = [] {
    const GpuDescription gpu = example_gpu();
    return calibrate_gpu(gpu, planted_samples(gpu));
  }();
  return calibration;
}

}  // namespace

TEST_CASE("the GEMM fit finds planted constants under noise") {
  const GemmCoefficients& c = planted().gemm.coefficients;
  CHECK(c.compute_efficiency == Approx(0.8).epsilon(0.03));
  CHECK(c.memory_efficiency == Approx(0.75).epsilon(0.03));
  CHECK(c.fixed_time == Approx(3e-6).epsilon(0.03));
  CHECK(c.norm == Approx(2).epsilon(0.15));
  CHECK(c.depth_ramp == Approx(80).epsilon(0.3));
  CHECK(c.depth_latency == Approx(50e-9).epsilon(0.1));
}

TEST_CASE("the attention fit finds planted constants under noise") {
  const FlashCoefficients& c = planted().attention.coefficients;
  CHECK(c.efficiency == Approx(0.8).epsilon(0.03));
  CHECK(c.memory_efficiency == Approx(0.5).epsilon(0.1));
  CHECK(c.fixed_time == Approx(10e-6).epsilon(0.03));
  CHECK(c.softmax_flops == 128);  // a datasheet figure, held
  CHECK(c.tail == Approx(0.5).epsilon(0.1));
}

TEST_CASE("the streaming fit finds planted constants under noise") {
  const StreamingTable& c = planted().streaming.coefficients;
  CHECK(c.memory_efficiency == Approx(0.9).epsilon(0.03));
  CHECK(c.norm_efficiency == Approx(0.4).epsilon(0.03));
  CHECK(c.activation_efficiency == Approx(0.5).epsilon(0.03));
  CHECK(c.embedding_efficiency == Approx(0.2).epsilon(0.03));
  CHECK(c.cache_saving == Approx(0.2).epsilon(0.2));
  CHECK(c.fixed_time == Approx(2e-6).epsilon(0.03));
}

TEST_CASE("errors on rows held out are those of the noise, and the control's are not") {
  const auto check = [](const auto& fit) {
    const FormErrors &control = fit.forms.front(), &model = fit.forms.back();
    CHECK(model.all.rows == control.all.rows);
    CHECK(model.all.rows > 100);
    CHECK(model.all.rows < 260);                             // 30 % of 600, by shape
    CHECK(model.all.median == Approx(0.034).margin(0.012));  // of a normal with a deviation of 5 %
    CHECK(std::abs(model.all.bias) < 0.02);
    CHECK(control.all.median > 3 * model.all.median);
    REQUIRE(fit.left_out.size() == 2);
    CHECK(fit.left_out[0].all.median < 0.05);
  };
  check(planted().gemm);
  check(planted().attention);
  check(planted().streaming);
  CHECK(planted().residual_sd == Approx(0.05).epsilon(0.25));
}

TEST_CASE("an outlier does not move the fit") {
  const GpuDescription gpu = example_gpu();
  std::vector<GemmSample> samples = planted_samples(gpu).gemm;
  for (std::size_t i = 0; i < samples.size(); i += 20) samples[i].time = samples[i].time * 5;
  CHECK(fit_gemm(gpu, samples).coefficients.compute_efficiency == Approx(0.8).epsilon(0.06));
}

TEST_CASE("constants carried to a GPU with other datasheet figures meet its kernels when they are right") {
  GpuDescription other = example_gpu();
  other.name = "other_gpu";
  other.peak[Dtype::bf16].value = FlopsPerSecond{300e12};
  other.memory_bandwidth.value = BytesPerSecond{4e12};
  other.attention.softmax_flops.value = 256;
  const Transfer good = transfer(planted(), other, planted_samples(other));
  CHECK(good.gemm.all.median < 0.05);
  CHECK(good.attention.all.median < 0.05);
  CHECK(good.streaming.all.median < 0.05);
  GpuDescription slower = other;
  slower.memory_bandwidth.value = BytesPerSecond{2e12};
  CHECK(transfer(planted(), slower, planted_samples(other)).streaming.all.median > 0.2);
}

TEST_CASE("too few kernels give no fit") {
  const GpuDescription gpu = example_gpu();
  std::vector<GemmSample> samples = planted_samples(gpu).gemm;
  samples.resize(19);
  CHECK_THROWS_WITH(fit_gemm(gpu, samples), "19 kernels are too few to fit a model to; 20 are needed");
}

TEST_CASE("the YAML that a calibration prints has every fitted key, with its error") {
  const std::string text = print_yaml(planted());
  for (const char* key : {"gemm:\n", "  compute_efficiency: 0.", "  depth_latency: ", "attention:\n",
                          "  tail: ", "  forward_efficiency: 0.", "streaming:\n", "  cache_saving: 0.",
                          "residual_sd: {value: 0.", "confidence: fitted", "median / 90th percentile"}) {
    INFO(key);
    CHECK(text.find(key) != std::string::npos);
  }
}
