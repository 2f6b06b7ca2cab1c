#include "lowering/training/documents.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "lowering/training/guide.hpp"
#include "lowering/training/lower.hpp"
#include "lowering/training/model_shape.hpp"
#include "program/walk.hpp"

namespace aifsim {
namespace {

ModelDescription windowed_model(std::int64_t window) {
  ModelDescription m;
  m.layers = 4;
  m.hidden = 1024;
  m.heads = m.kv_heads = 8;
  m.ffn_hidden = 4096;
  m.vocabulary = 32000;
  if (window > 0) m.window = {window, 0, 0};
  return m;
}

TrainingDescription of_documents(std::int64_t sequence, std::int64_t tokens, Packing packing) {
  TrainingDescription t;
  t.sequence = sequence;
  t.micro_batch = 2;
  t.documents = DocumentsDescription{tokens, packing, {}};
  return t;
}

// Of the first attention kernel of a step: keys that a query sees on average.
double keys_of(const ModelDescription& m, const TrainingDescription& t) {
  double keys = 0;
  const Program program = lower_training(m, t, {}, 1);
  for (const Stream& stream : program.roles.front().streams)
    for_each_operation(stream.operations, [&](const Operation& op, std::int64_t) {
      const auto* k = std::get_if<Kernel>(&op.what);
      const auto* a = k ? std::get_if<Attention>(&k->op) : nullptr;
      if (a && keys == 0) keys = static_cast<double>(a->seq_kv) - static_cast<double>(a->seq_q) / 2;
    });
  return keys;
}

}  // namespace

TEST_CASE("keys of documents are those that drawn lengths have", "[lowering]") {
  std::mt19937_64 random(3);
  for (const double mean : {200.0, 1000.0, 3000.0})
    for (const double window : {128.0, 1024.0, 4096.0}) {
      const DocumentLengths lengths(mean, 4096);
      // The scale whose capped lengths have that mean, found by drawing alone.
      double scale = mean;
      for (int i = 0; i < 200; ++i) scale *= std::pow(mean / (scale * -std::expm1(-4096 / scale)), 0.5);
      std::exponential_distribution<double> of(1 / scale);
      double tokens = 0, seen = 0;
      for (int i = 0; i < 400'000; ++i) {
        const double l = std::min(of(random), 4096.0), w = std::min(window, l);
        tokens += l;
        seen += w * w / 2 + w * (l - w);
      }
      CAPTURE(mean, window);
      CHECK(tokens / 400'000 == Approx(mean).epsilon(0.01));
      CHECK(lengths.keys(window) == Approx(seen / tokens).epsilon(0.01));
    }
}

TEST_CASE("documents as long as the sequence are none; shorter ones see less", "[lowering]") {
  for (const std::int64_t window : {0, 512}) {
    const ModelDescription m = windowed_model(window);
    TrainingDescription whole = of_documents(2048, 2048, Packing::packed);
    whole.documents.reset();
    const double all = keys_of(m, whole);
    CHECK(keys_of(m, of_documents(2048, 2048, Packing::packed)) == all);
    CHECK(keys_of(m, of_documents(2048, 300, Packing::padded)) == all);
    double last = all;
    for (const std::int64_t tokens : {2047, 2000, 1000, 300, 50, 1}) {
      const double now = keys_of(m, of_documents(2048, tokens, Packing::packed));
      CHECK(now <= last);
      CHECK(now >= static_cast<double>(tokens) / 2 * (window > 0 ? 0 : 1) - 1);
      last = now;
    }
    CHECK(last <= 2);
    CHECK(step_flops(m, of_documents(2048, 2048, Packing::packed)).value ==
          Approx(step_flops(m, whole).value));
    CHECK(step_flops(m, of_documents(2048, 2048, Packing::padded)).value ==
          Approx(step_flops(m, whole).value));
  }
}

TEST_CASE("blocks are sequences of their own for documents", "[lowering]") {
  const DocumentLengths whole(4096, 4096);
  CHECK(whole.in_blocks(1024).keys(1024) == Approx(512));
  for (const double mean : {100.0, 900.0, 3000.0}) {
    const DocumentLengths lengths(mean, 4096);
    CHECK(lengths.in_blocks(4096).keys(4096) == Approx(lengths.keys(4096)));
    double last = lengths.keys(4096);
    for (const double block : {2048.0, 512.0, 64.0}) {
      const double now = lengths.in_blocks(block).keys(block);
      CHECK(now < last);
      CHECK(now < lengths.keys(block));
      last = now;
    }
  }
}

TEST_CASE("of padded sequences the mean document counts", "[lowering]") {
  CHECK(useful_share(of_documents(2048, 512, Packing::padded)) == 0.25);
  CHECK(useful_share(of_documents(2048, 512, Packing::packed)) == 1);
  const ModelDescription m = windowed_model(0);
  const double packed = step_flops(m, of_documents(2048, 512, Packing::packed)).value,
               padded = step_flops(m, of_documents(2048, 512, Packing::padded)).value;
  CHECK(padded == Approx(packed / 4));
  CHECK(packed < model_flops(m, 2048).value);
  TrainingDescription t = of_documents(2048, 512, Packing::padded);
  t.loader_tokens_per_second = 1000;
  double loaded = 0;
  const Program program = lower_training(m, t, {}, 1);
  for (const Stream& stream : program.roles.front().streams)
    if (stream.name == "loader") loaded += std::get<HostWork>(stream.operations.front().what).time.value;
  CHECK(loaded == Approx(2 * 512 / 1000.0));
}

}  // namespace aifsim
