#include "calibration/transfer.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "calibration/gpu_file.hpp"
#include "kernels/example_gpu.hpp"
#include "kernels/price.hpp"

using namespace aifsim;

namespace {

// `times` longer times and `share` of the compute efficiency of the example.
GpuDescription donor(const char* name, double times, double share) {
  GpuDescription gpu = example_gpu();
  gpu.name = name;
  gpu.architecture = "Example";
  GemmConstants& c = gpu.gemm[Dtype::bf16];
  c.fixed_time.value *= times;
  c.depth_latency.value *= times;
  c.split_time.value *= times;
  c.compute_efficiency.value *= share;
  c.fit.spread.value = 0.06;
  gpu.streaming[StreamKind::norm].fit.spread.value = 0.1;
  return gpu;
}

GpuDescription unmeasured() {
  GpuDescription gpu;
  gpu.name = "new_gpu";
  gpu.architecture = "Newer";
  gpu.multiprocessors.value = 200;
  gpu.peak[Dtype::bf16].value = FlopsPerSecond{400e12};
  gpu.memory_bandwidth.value = BytesPerSecond{3e12};
  gpu.l2.value = Bytes{80e6};
  return gpu;
}

double small_seconds(const GpuDescription& gpu) { return price(gpu, Gemm{64, 64, 64}).time.value; }

}  // namespace

TEST_CASE("a new GPU takes the geometric mean of its donors' constants") {
  const Transfer t = transfer(unmeasured(), {donor("a", 1, 1), donor("b", 4, 0.81)}, {});
  const GemmConstants& c = t.gpu.gemm.at(Dtype::bf16);
  CHECK(c.fixed_time.value.value == Approx(3e-6 * 2));
  CHECK(c.compute_efficiency.value == Approx(0.8 * 0.9));
  CHECK(c.fit.from == std::vector<std::string>{"a", "b"});
  CHECK(c.fit.points == 0);
  CHECK(t.families.size() == 2);  // the products and the layer operation
  CHECK(t.gpu.streaming.at(StreamKind::norm).fit.from == std::vector<std::string>{"a", "b"});
}

TEST_CASE("where a donor is of the same architecture, the others do not count") {
  const auto with_attention = [](const char* name, const char* architecture, double rows, double efficiency) {
    GpuDescription gpu = donor(name, 1, 1);
    gpu.architecture = architecture;
    AttentionConstants& c = gpu.attention[AttentionFormat::bf16];
    c = example_gpu().attention.at(AttentionFormat::bf16);
    c.tile_rows = rows;
    c.backward_efficiency.value = 0;
    c.packs_heads = true;
    c.head_sizes = {64, 128};
    c.forward_efficiency.value = efficiency;
    c.fit.spread.value = 0.1;
    return gpu;
  };
  const Transfer t = transfer(
      unmeasured(), {with_attention("a", "Older", 64, 0.4), with_attention("b", "Newer", 128, 0.9)}, {});
  const AttentionConstants& c = t.gpu.attention.at(AttentionFormat::bf16);
  CHECK(c.tile_rows == 128);
  CHECK(c.packs_heads);
  CHECK(c.head_sizes == std::vector<double>{64, 128});
  CHECK(*c.backward_efficiency == 0);
  CHECK(*c.forward_efficiency == Approx(0.9));
  CHECK(*c.fit.spread == Approx(std::hypot(0.1, 0.13)));
  CHECK(c.fit.from == std::vector<std::string>{"b"});
  // Else facts of a kernel are the first's, not a mean.
  const Transfer far = transfer(
      unmeasured(), {with_attention("a", "Older", 64, 0.4), with_attention("b", "Oldest", 128, 0.9)}, {});
  CHECK(far.gpu.attention.at(AttentionFormat::bf16).tile_rows == 64);
  CHECK(far.gpu.attention.at(AttentionFormat::bf16).packs_heads);
  CHECK(far.gpu.attention.at(AttentionFormat::bf16).head_sizes.empty());
  CHECK(*far.gpu.attention.at(AttentionFormat::bf16).forward_efficiency == Approx(0.6));
}

TEST_CASE(
    "a band is widest where no donor is of the same vendor, and what a donor took over is not passed on") {
  GpuDescription other = unmeasured();
  other.vendor = "Other";
  GpuDescription a = donor("a", 1, 1);
  a.vendor = "ACME";
  CHECK(*transfer(other, {a}, {}).gpu.gemm.at(Dtype::bf16).fit.spread == Approx(std::hypot(0.06, 0.2, 0.3)));
  a.gemm[Dtype::bf16].fit.from = {"b"};
  CHECK(transfer(other, {a}, {}).families.size() == 1);  // the layer operation
}

TEST_CASE("blocks of a dtype that the GPU lacks are not taken over") {
  GpuDescription a = donor("a", 1, 1);
  a.experts[ExpertFormat::fp8].fit.spread.value = 0.1;
  a.decode[AttentionFormat::fp8].fit.spread.value = 0.1;
  CHECK(transfer(unmeasured(), {a}, {}).families.size() == 2);
  GpuDescription gpu = unmeasured();
  gpu.peak[Dtype::fp8].value = FlopsPerSecond{800e12};
  CHECK(transfer(gpu, {a}, {}).families.size() == 4);
  a.architecture = "Hopper";  // whose kernel for FP8 experts was four times as slow
  CHECK(transfer(gpu, {a}, {}).families.size() == 3);
  gpu.architecture = "Hopper";
  CHECK(transfer(gpu, {a}, {}).families.size() == 4);
}

TEST_CASE("what no donor has comes from the nearest others that rows stand behind") {
  GpuDescription gpu = unmeasured();
  gpu.vendor = "ACME";
  const auto other = [](const char* name, const char* vendor, double multiprocessors, double efficiency) {
    GpuDescription o = donor(name, 1, 1);
    o.vendor = vendor;
    o.multiprocessors.value = multiprocessors;
    DecodeConstants& c = o.decode[AttentionFormat::bf16];
    c = example_gpu().decode.at(AttentionFormat::bf16);
    c.memory_efficiency.value = efficiency;
    c.fit.spread.value = 0.1;
    c.fit.points = 100;
    c.fit.range = name;
    return o;
  };
  TransferOptions options;
  options.others = {other("far", "Other", 200, 0.1), other("large", "ACME", 2000, 0.2),
                    other("near", "ACME", 190, 0.4), other("small", "ACME", 90, 0.4),
                    other("mid", "ACME", 150, 0.4)};
  const Transfer t = transfer(gpu, {donor("a", 1, 1)}, options);
  const DecodeConstants& c = t.gpu.decode.at(AttentionFormat::bf16);
  CHECK(c.fit.from == std::vector<std::string>{"near", "mid", "small"});
  CHECK(*c.memory_efficiency == Approx(0.4));
  REQUIRE(t.not_named.size() == 1);
  CHECK(t.not_named.front()->block == "decode.bf16");
  CHECK(t.gpu.gemm.at(Dtype::bf16).fit.from == std::vector<std::string>{"a"});
  const std::string text = with_transfer("kind: gpu\n", t);
  CHECK(text.find(
            "carried over from near, mid, small, the nearest that have it: none of the GPUs named does") !=
        std::string::npos);
  options.others = {other("copy", "ACME", 190, 0.4)};
  options.others.front().decode.at(AttentionFormat::bf16).fit.points = 0;  // itself without rows
  CHECK(transfer(gpu, {donor("a", 1, 1)}, options).not_named.empty());
}

TEST_CASE("published figures are carried over beside a block, whether the block is its own or not") {
  const auto with_attention = [](GpuDescription gpu, double backward, double share) {
    AttentionConstants& c = gpu.attention[AttentionFormat::bf16];
    c = example_gpu().attention.at(AttentionFormat::bf16);
    c.backward_efficiency.value = backward;
    c.flash2_forward_share.value = c.flash2_backward_share.value = share;
    c.fit.spread.value = 0.1;
    return gpu;
  };
  const GpuDescription a = with_attention(donor("a", 1, 1), 0.8, 0),
                       b = with_attention(donor("b", 1, 1), 0.2, 0.5);
  const GpuDescription own = with_attention(unmeasured(), 0, 0);
  const Transfer t = transfer(own, {a, b}, {});
  const AttentionConstants& c = t.gpu.attention.at(AttentionFormat::bf16);
  CHECK(*c.backward_efficiency == Approx(0.4));
  CHECK(*c.flash2_forward_share == Approx(0.5));
  CHECK(c.backward_fit.from == std::vector<std::string>{"a", "b"});
  CHECK(c.flash2_fit.from == std::vector<std::string>{"b"});
  CHECK(*c.backward_fit.spread == Approx(std::hypot(0.15, 0.0)));
  CHECK(c.fit.from.empty());
  const std::string file = "kind: gpu\nattention:\n  bf16:\n    tail: 1  # mine\ndecode:\n  bf16: {}\n";
  const std::string text = with_transfer(file, t);
  CHECK(text.find(
            "    tail: 1  # mine\n"
            "    backward_efficiency: {value: 0.4, source: \"carried over from a, b\", confidence: derived}\n"
            "    backward_fit: {spread: 0.15, date: \"\", from: [a, b]}\n") != std::string::npos);
  CHECK(text.find("from: [b]}\ndecode:") != std::string::npos);
  // Again: the figures are replaced, and what is not missing stays where only that is asked for.
  const Transfer again = transfer(t.gpu, {a}, {});
  CHECK(*again.gpu.attention.at(AttentionFormat::bf16).backward_efficiency == Approx(0.8));
  const std::string twice = with_transfer(text, again);
  CHECK(twice.find("backward_fit") == twice.rfind("backward_fit"));
  TransferOptions missing;
  missing.missing = true;
  CHECK(*transfer(own, {a}, missing).gpu.attention.at(AttentionFormat::bf16).backward_efficiency ==
        Approx(0.8));
  CHECK_THROWS_WITH(transfer(t.gpu, {t.gpu}, missing), "new_gpu lacks no constants that another GPU has");
}

TEST_CASE("a data sheet without launch times takes a donor's") {
  GpuDescription a = donor("a", 1, 1);
  a.host.eager_launch.value = Seconds{8e-6};
  a.host.compiled_launch.value = Seconds{4e-6};
  a.host.graph_launch.value = Seconds{1e-6};
  const std::string text = with_transfer("kind: gpu\n", transfer(unmeasured(), {a}, {}));
  CHECK(text.find("host:\n  source: \"carried over from a\"\n  confidence: assumed\n  eager_launch: 8us\n") !=
        std::string::npos);
}

TEST_CASE("the band is wider than the donors', and wider still from another architecture") {
  GpuDescription near = unmeasured();
  near.architecture = "Example";
  const auto spread = [](const GpuDescription& gpu) {
    return *transfer(gpu, {donor("a", 1, 1)}, {}).gpu.gemm.at(Dtype::bf16).fit.spread;
  };
  CHECK(spread(near) > 0.06);
  CHECK(spread(unmeasured()) > spread(near));
}

TEST_CASE("one small kernel fixes the times") {
  TransferOptions options;
  options.small_kernel = Seconds{1.7e-6};
  const Transfer t = transfer(unmeasured(), {donor("a", 1, 1)}, options);
  CHECK(small_seconds(t.gpu) == Approx(1.7e-6).epsilon(1e-6));
  CHECK(t.how.find("1.7us") != std::string::npos);
}

TEST_CASE("one large product fixes the compute efficiency") {
  TransferOptions options;
  options.large_product = FlopsPerSecond{200e12};
  const Transfer t = transfer(unmeasured(), {donor("a", 1, 1)}, options);
  const Price p = price(t.gpu, Gemm{8192, 8192, 8192});
  CHECK(p.flops.value / p.time.value == Approx(200e12).epsilon(0.05));
}

TEST_CASE("figures that no GPU can have are refused") {
  TransferOptions options;
  options.small_kernel = Seconds{1e-9};
  CHECK_THROWS_WITH(transfer(unmeasured(), {donor("a", 1, 1)}, options),
                    Catch::Contains("no small kernel of new_gpu can take 1ns"));
  CHECK_THROWS_AS(transfer(unmeasured(), {unmeasured()}, {}), CannotAnswer);
}

TEST_CASE("blocks fitted to own measurements stay") {
  GpuDescription gpu = unmeasured();
  gpu.gemm[Dtype::bf16] = donor("x", 1, 0.5).gemm.at(Dtype::bf16);
  gpu.peak[Dtype::fp8].value = FlopsPerSecond{800e12};
  GpuDescription a = donor("a", 1, 1);
  a.gemm[Dtype::fp8] = a.gemm.at(Dtype::bf16);
  const Transfer t = transfer(gpu, {a}, {});
  CHECK(*t.gpu.gemm.at(Dtype::fp8).compute_efficiency == Approx(0.8));
  CHECK(*t.gpu.gemm.at(Dtype::bf16).compute_efficiency == Approx(0.4));
  CHECK(t.families.size() == 2);  // FP8 products and the layer operation
}

TEST_CASE("carried-over constants go into the file with their origin") {
  const std::string text = with_transfer("kind: gpu\n", transfer(unmeasured(), {donor("a", 1, 1)}, {}));
  CHECK(text.find("source: \"carried over from a\"\n    confidence: derived\n") != std::string::npos);
  CHECK(text.find("      from: [a]\n") != std::string::npos);
  GpuDescription a = donor("a", 1, 1);
  a.attention[AttentionFormat::bf16] = example_gpu().attention.at(AttentionFormat::bf16);
  a.attention[AttentionFormat::bf16].packs_heads = true;
  a.attention[AttentionFormat::bf16].head_sizes = {64, 128};
  a.attention[AttentionFormat::bf16].fit.spread.value = 0.1;
  a.architecture = unmeasured().architecture;
  const std::string facts = with_transfer("kind: gpu\n", transfer(unmeasured(), {a}, {}));
  CHECK(facts.find("    packs_heads: true\n    head_sizes: [64, 128]\n") != std::string::npos);
}
