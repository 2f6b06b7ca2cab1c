#include "kernels/attention.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

Attention attention(std::int64_t batch, std::int64_t heads, std::int64_t sequence,
                    std::int64_t head_dim = 128) {
  Attention a;
  a.batch = batch;
  a.heads = a.kv_heads = heads;
  a.head_dim = head_dim;
  a.seq_q = a.seq_kv = sequence;
  return a;
}

Price priced(const Attention& a) { return price(example_gpu(), a); }
double attention_seconds(const Attention& a) { return priced(a).time.value; }

Attention with(Attention a, Pass pass, bool causal = true, bool flash = true) {
  a.pass = pass;
  a.causal = causal;
  a.kernel = flash ? AttentionKernel::flash : AttentionKernel::plain;
  return a;
}

}  // namespace

TEST_CASE("long flash attention runs at its share of the peak, less the softmax") {
  const Price forward = priced(attention(8, 64, 65536));
  CHECK(forward.flops.value / forward.time.value == Approx(100e12 * 0.8 * 512 / (512 + 128)).epsilon(0.015));
  const Price backward = priced(with(attention(8, 64, 65536), Pass::backward));
  CHECK(backward.flops.value / backward.time.value ==
        Approx(100e12 * 0.7 * 1280 / (1280 + 128)).epsilon(0.015));
}

TEST_CASE("products in FP8 run at its peak, the softmax as before") {
  GpuDescription gpu = example_gpu();
  gpu.peak[Dtype::fp8].value = FlopsPerSecond{200e12};
  gpu.attention[AttentionFormat::bf16].fp8_products = true;
  const Price p = price(gpu, attention(8, 64, 65536));
  CHECK(p.flops.value / p.time.value == Approx(100e12 * 0.8 * 512 / (256 + 128)).epsilon(0.02));
  gpu.peak.erase(Dtype::fp8);
  CHECK_THROWS_AS(price(gpu, attention(8, 64, 65536)), CannotAnswer);
}

TEST_CASE("the smallest flash attention takes the fixed time") {
  CHECK(attention_seconds(attention(1, 1, 1)) == Approx(10e-6).epsilon(0.1));
}

TEST_CASE("flash attention's FLOPs: the causal half, and 2.5 times as many backward") {
  const Attention a = attention(2, 16, 4096);
  const double forward = 4.0 * 2 * 16 * 4096 * 4096 * 128 / 2;
  CHECK(priced(a).flops.value == Approx(forward));
  CHECK(priced(with(a, Pass::forward, false)).flops.value == Approx(2 * forward));
  CHECK(priced(with(a, Pass::backward)).flops.value == Approx(2.5 * forward));
}

TEST_CASE("flash attention moves queries and outputs per head, keys and values per group") {
  Attention a = attention(1, 32, 1000);
  CHECK(priced(a).bytes.value == Approx(2.0 * 128 * 1000 * (2 * 32 + 2 * 32)));
  a.kv_heads = 8;
  CHECK(priced(a).bytes.value == Approx(2.0 * 128 * 1000 * (2 * 32 + 2 * 8)));
  CHECK(priced(with(a, Pass::backward)).bytes.value == Approx(2.0 * 128 * 1000 * (4 * 32 + 4 * 8)));
}

TEST_CASE("flash attention's equation, by hand") {
  // 4*32*16 = 2048 tiles of 128 queries, each with 2048 - 1024 + 64 = 1088 keys in the mean:
  // S = 2048*128*1088 = 285212672; tail = 0.5*100*128*2048 = 13107200; work = (S + tail)*(512 + 128)
  // V = 2*4*128*2048*(64 + 64) = 268435456 bytes
  const double arithmetic = (285212672.0 + 13107200.0) * 640 / (0.8 * 100e12);
  CHECK(attention_seconds(attention(4, 32, 2048)) == Approx(10e-6 + arithmetic + 268435456.0 / 0.5e12));
}

TEST_CASE("head size 80 runs in the kernel for 96, but counts its own FLOPs") {
  const Attention eighty = attention(8, 32, 8192, 80), ninety_six = attention(8, 32, 8192, 96);
  CHECK(attention_seconds(eighty) < attention_seconds(ninety_six));  // it moves less
  CHECK(attention_seconds(eighty) == Approx(attention_seconds(ninety_six)).epsilon(0.02));
  CHECK(priced(eighty).flops.value / priced(ninety_six).flops.value == Approx(80.0 / 96.0));
}

TEST_CASE("inference stores keys and values into a cache, and reads them from it") {
  Attention a = attention(4, 32, 2048);
  const double training = attention_seconds(a);
  a.cached = true;
  // 2*4*32*2048*128 = 67108864 elements read and written at 0.25 TB/s, 4*2048 tokens at 1 ns
  CHECK(attention_seconds(a) - training == Approx(67108864.0 * 4 / 0.25e12 + 8192e-9));
  a.cache_dtype = Dtype::fp8;  // written and read in one byte
  CHECK(attention_seconds(a) - training == Approx(67108864.0 * 3 / 0.25e12 + 8192e-9 - 67108864.0 / 0.5e12));
}

TEST_CASE("short queries of heads that share keys fill tiles together where the kernel packs them") {
  GpuDescription gpu = example_gpu();
  AttentionConstants& c = gpu.attention[AttentionFormat::bf16];
  c.tile_time.value = Seconds{1e-6};
  c.tail.value = 0;
  Attention a = attention(64, 32, 16);
  a.kv_heads = 4;
  const double apart = price(gpu, a).time.value;  // 64*32 tiles of 128 rows, 16 of them used
  c.packs_heads = true;
  const double packed = price(gpu, a).time.value;  // 64*4 tiles, full
  // 20.48 tiles per multiprocessor become 2.56, each of 1 us and 128 rows by 16 keys
  CHECK(apart - packed == Approx((20.48 - 2.56) * 1e-6 + (2048 - 256) * 128.0 * 16 * 640 / (0.8 * 100e12)));
}

TEST_CASE("a release's own fixed time takes the place of the block's") {
  GpuDescription gpu = example_gpu();
  gpu.attention[AttentionFormat::bf16].fit.releases = {{"release-1", 2, Seconds{4e-6}, {}, {}}};
  const Attention a = attention(1, 1, 1);
  CHECK(price(gpu, a, {"release-1", false}).time.value == Approx(2 * (price(gpu, a).time.value - 6e-6)));
}

TEST_CASE("head sizes that a kernel does not take run in the other one") {
  GpuDescription gpu = example_gpu();
  gpu.attention[AttentionFormat::bf16].head_sizes = {64, 128};
  const auto cached = [](std::int64_t head_dim) {
    Attention a = attention(1, 8, 128, head_dim);
    a.cached = true;
    return a;
  };
  CHECK_THROWS_WITH(price(gpu, cached(512)),
                    "the GPU model example_gpu has no constants attention.bf16_other");
  gpu.attention[AttentionFormat::bf16_other] = gpu.attention[AttentionFormat::bf16];
  gpu.attention[AttentionFormat::bf16_other].fixed_time.value = Seconds{1};
  CHECK(price(gpu, cached(512)).time.value > 1);
  CHECK(price(gpu, cached(128)).time.value < 1);
  CHECK(price(gpu, attention(1, 8, 128, 512)).time.value < 1);  // training has no other kernel
}

TEST_CASE("latent attention: scores of 192, values of 128, and a wider band") {
  GpuDescription gpu = example_gpu();
  gpu.attention[AttentionFormat::bf16].fit.spread.value = 0.1;
  Attention a = attention(8, 64, 65536, 192);
  a.value_dim = 128;
  const Price p = price(gpu, a);
  CHECK(p.flops.value == Approx(2.0 * 320 * 8 * 64 * 65536.0 * 65536 / 2));
  CHECK(p.flops.value / p.time.value == Approx(100e12 * 0.8 * 640 / (640 + 128)).epsilon(0.015));
  CHECK(p.spread == Approx(0.2));
}

TEST_CASE("flash beats plain on long sequences, in both passes") {
  for (const std::int64_t sequence : {1024, 4096, 16384}) {
    for (const Pass pass : {Pass::forward, Pass::backward}) {
      for (const bool causal : {true, false}) {
        const Attention a = attention(2, 32, sequence);
        CHECK(attention_seconds(with(a, pass, causal, true)) <
              attention_seconds(with(a, pass, causal, false)));
      }
    }
  }
}

TEST_CASE("plain attention computes and stores masked scores too") {
  const Attention a = attention(2, 32, 4096);
  const Price causal = priced(with(a, Pass::forward, true, false)),
              full = priced(with(a, Pass::forward, false, false));
  CHECK(causal.time == full.time);
  CHECK(causal.flops.value == Approx(full.flops.value / 2));
  const double scores = 2.0 * 2 * 32 * 4096 * 4096;
  CHECK(full.bytes.value > 6 * scores);  // written, four passes, read
  CHECK(full.bytes.value < 7 * scores);
}

TEST_CASE("attention never gets shorter when a dimension grows") {
  CHECK(rc::check([] {
    Attention small =
        attention(*rc::gen::inRange<std::int64_t>(1, 32), *rc::gen::inRange<std::int64_t>(1, 64),
                  *rc::gen::inRange<std::int64_t>(1, 8192), *rc::gen::inRange<std::int64_t>(16, 256));
    small.pass = *rc::gen::element(Pass::forward, Pass::backward);
    small.kernel = *rc::gen::element(AttentionKernel::flash, AttentionKernel::plain);
    small.causal = *rc::gen::arbitrary<bool>();
    Attention larger = small;
    const auto more = *rc::gen::inRange<std::int64_t>(1, 100);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        larger.batch += more;
        break;
      case 1:
        larger.heads += more;
        break;
      case 2:
        larger.head_dim += more;
        break;
      default:
        larger.seq_q = larger.seq_kv += more;
    }
    RC_ASSERT(attention_seconds(larger) >= attention_seconds(small));
  }));
}

TEST_CASE("attention in a dtype without a peak has no price") {
  Attention a = attention(1, 8, 128);
  a.dtype = Dtype::fp16;
  CHECK_THROWS_WITH(priced(a), "the GPU model example_gpu has no peak for fp16; it has fp32, bf16");
}
