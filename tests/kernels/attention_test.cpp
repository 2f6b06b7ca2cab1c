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
double seconds(const Attention& a) { return priced(a).time.value; }

Attention with(Attention a, Pass pass, bool causal = true, bool flash = true) {
  a.pass = pass;
  a.causal = causal;
  a.kernel = flash ? AttentionKernel::flash : AttentionKernel::plain;
  return a;
}

}  // namespace

TEST_CASE("long flash attention runs at its share of the peak, less the softmax") {
  const Price forward = priced(attention(8, 64, 65536));
  CHECK(forward.flops.value / forward.time.value == Approx(100e12 * 0.8 * 512 / (512 + 128)).epsilon(0.01));
  const Price backward = priced(with(attention(8, 64, 65536), Pass::backward));
  CHECK(backward.flops.value / backward.time.value ==
        Approx(100e12 * 0.7 * 1280 / (1280 + 128)).epsilon(0.01));
}

TEST_CASE("the smallest flash attention takes the fixed time") {
  CHECK(seconds(attention(1, 1, 1)) == Approx(10e-6).epsilon(0.1));
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
  // S = 4*32*2048*1024 = 268435456; tail = 0.5*100*128*2048 = 13107200; work = (S + tail)*(512 + 128)
  // V = 2*4*128*2048*(64 + 64) = 268435456 bytes
  const double arithmetic = (268435456.0 + 13107200.0) * 640 / (0.8 * 100e12);
  CHECK(seconds(attention(4, 32, 2048)) == Approx(10e-6 + arithmetic + 268435456.0 / 0.5e12));
}

TEST_CASE("head size 80 runs in the kernel for 96, but counts its own FLOPs") {
  const Attention eighty = attention(8, 32, 8192, 80), ninety_six = attention(8, 32, 8192, 96);
  CHECK(seconds(eighty) < seconds(ninety_six));  // it moves less
  CHECK(seconds(eighty) == Approx(seconds(ninety_six)).epsilon(0.02));
  CHECK(priced(eighty).flops.value / priced(ninety_six).flops.value == Approx(80.0 / 96.0));
}

TEST_CASE("flash beats plain on long sequences, in both passes") {
  for (const std::int64_t sequence : {1024, 4096, 16384}) {
    for (const Pass pass : {Pass::forward, Pass::backward}) {
      for (const bool causal : {true, false}) {
        const Attention a = attention(2, 32, sequence);
        CHECK(seconds(with(a, pass, causal, true)) < seconds(with(a, pass, causal, false)));
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
    RC_ASSERT(seconds(larger) >= seconds(small));
  }));
}

TEST_CASE("attention in a dtype without a peak has no price") {
  Attention a = attention(1, 8, 128);
  a.dtype = Dtype::fp16;
  CHECK_THROWS_WITH(priced(a), "the GPU model example_gpu has no peak for fp16; it has fp32, bf16");
}
