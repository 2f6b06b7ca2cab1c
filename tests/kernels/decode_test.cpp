#include "kernels/decode.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "base/error.hpp"
#include "example_gpu.hpp"

using namespace aifsim;

namespace {

AttentionDecode decode(std::int64_t batch, std::int64_t heads, std::int64_t kv_heads, std::int64_t keys,
                       std::int64_t head_dim = 128) {
  AttentionDecode op;
  op.batch = batch;
  op.heads = heads;
  op.kv_heads = kv_heads;
  op.head_dim = head_dim;
  op.seq_kv = keys;
  return op;
}

double decode_seconds(const AttentionDecode& op) { return price(example_gpu(), op).time.value; }
double splits(const AttentionDecode& op) {
  return decode_splits(op, example_gpu().decode.at(AttentionFormat::bf16), 100);
}

}  // namespace

TEST_CASE("a cache is split into as many parts as multiprocessors are free, of 128 keys at least") {
  CHECK(splits(decode(1, 32, 8, 65536)) == 12);   // 100 / 8
  CHECK(splits(decode(1, 8, 1, 65536)) == 100);   // one block
  CHECK(splits(decode(1, 8, 1, 512)) == 4);       // 512 / 128
  CHECK(splits(decode(1, 8, 1, 128)) == 1);       // too short
  CHECK(splits(decode(10, 32, 8, 65536)) == 1);   // 80 of 100 are busy
  CHECK(splits(decode(9, 32, 8, 65536)) == 1);    // 100 / 72
  CHECK(splits(decode(1, 192, 1, 65536)) == 33);  // 192 query heads are three tiles of 64
}

TEST_CASE("some kernels never split the caches of heads that share no keys") {
  DecodeConstants c = example_gpu().decode.at(AttentionFormat::bf16);
  c.splits_lone_heads = false;
  CHECK(decode_splits(decode(1, 8, 8, 65536), c, 100) == 1);
  CHECK(decode_splits(decode(1, 16, 8, 65536), c, 100) == 12);
}

TEST_CASE("a large cache is read at its share of the memory bandwidth") {
  GpuDescription gpu = example_gpu();
  gpu.decode[AttentionFormat::bf16].key_time.value = Seconds{0};
  const Price p = price(gpu, decode(64, 32, 8, 131072));
  const double cache = 2.0 * 2 * 64 * 8 * 128 * 131072;
  CHECK(p.bytes.value == Approx(cache).epsilon(0.001));
  CHECK(p.bytes.value / p.time.value == Approx(0.8e12).epsilon(0.01));
}

TEST_CASE("the decoding equation, by hand, split and not") {
  // 16 sequences x 8 key heads = 128 blocks of 100 multiprocessors: not split. Block: 1 + 1 + 256*0.01 = 4.56
  // us, 1.28 rounds; bytes 2*2*16*8*128*256 + 4*16*32*128 = 17039360, in the cache: half the time.
  CHECK(decode_seconds(decode(16, 32, 8, 256)) ==
        Approx(5e-6 + 1.28 * 4.56e-6 + 17039360.0 / 2 / 0.8e12 + 4e-6 + 160e-9));
  // One sequence: 8 blocks, 12 parts, each of ceil(128/12) = 11 x 128 = 1408 keys: 16.08 us; bytes
  // 4*8*128*16384 + 4*32*128 + parts 8*12*32*128 = 67518464, beyond the cache of 40 MB.
  CHECK(decode_seconds(decode(1, 32, 8, 16384)) ==
        Approx(5e-6 + 16.08e-6 + 67518464.0 / 0.8e12 + 3e-6 + 10e-9));
}

TEST_CASE("a cache of 8 bits takes half the bytes and half the time per key") {
  AttentionDecode op = decode(64, 32, 8, 131072);
  const double wide = decode_seconds(op);
  op.cache_dtype = Dtype::fp8;
  CHECK(decode_seconds(op) / wide == Approx(0.5).epsilon(0.01));
}

TEST_CASE("latent attention reads one vector per token, no faster than its products allow") {
  AttentionDecode op = decode(64, 128, 1, 65536, 576);
  op.value_dim = 512;
  GpuDescription gpu = example_gpu();
  gpu.decode[AttentionFormat::bf16].key_time.value = Seconds{0};
  const Price p = price(gpu, op);
  CHECK(p.bytes.value == Approx(2.0 * 64 * 65536 * 576).epsilon(0.01));
  CHECK(p.flops.value == Approx(2.0 * 64 * 128 * 65536 * (576 + 512)));
  CHECK(p.flops.value / p.time.value == Approx(0.66 * 100e12).epsilon(0.01));
  gpu.peak[Dtype::bf16].value = FlopsPerSecond{1e18};
  const Price fast = price(gpu, op);
  CHECK(fast.bytes.value / fast.time.value == Approx(0.8e12).epsilon(0.01));
}

TEST_CASE("a release's own times take the place of the block's") {
  GpuDescription gpu = example_gpu();
  gpu.decode[AttentionFormat::bf16].fit.releases = {{"r", 1, Seconds{2e-6}, {}, Seconds{1e-6}}};
  const AttentionDecode op = decode(16, 32, 8, 256);
  CHECK(price(gpu, op).time.value - price(gpu, op, {"r", false}).time.value == Approx(3e-6 + 3e-6));
}

TEST_CASE("a kernel splits a cache into no more parts than it can, and may prepare each key-value head") {
  GpuDescription gpu = example_gpu();
  DecodeConstants& c = gpu.decode[AttentionFormat::bf16];
  const AttentionDecode op = decode(1, 4, 2, 131072);
  const double free = decode_splits(op, c, gpu.multiprocessors.value);
  REQUIRE(free > 8);
  c.most_splits = 8;
  CHECK(decode_splits(op, c, gpu.multiprocessors.value) == 8);
  const AttentionDecode many = decode(64, 4, 2, 128);
  const Seconds per_sequence = price(gpu, many).time;
  c.prepares_heads = true;
  CHECK((price(gpu, many).time - per_sequence).value == Approx(64 * c.sequence_time->value));
}

TEST_CASE("more sequences never take less time, within the split's steps") {
  CHECK(rc::check([] {
    const auto group = *rc::gen::inRange<std::int64_t>(1, 16);
    AttentionDecode op =
        decode(*rc::gen::inRange<std::int64_t>(1, 900), 0, *rc::gen::inRange<std::int64_t>(1, 16),
               *rc::gen::inRange<std::int64_t>(1, 131072));
    op.heads = op.kv_heads * group;
    AttentionDecode larger = op;
    larger.batch += *rc::gen::inRange<std::int64_t>(1, 90);
    RC_ASSERT(decode_seconds(larger) >= 0.8 * decode_seconds(op));  // one part less saves the join
  }));
}

TEST_CASE("a GPU model without constants for decoding has no price") {
  GpuDescription gpu = example_gpu();
  gpu.decode.clear();
  CHECK_THROWS_WITH(price(gpu, decode(1, 8, 8, 128)),
                    "the GPU model example_gpu has no constants decode.bf16");
}
