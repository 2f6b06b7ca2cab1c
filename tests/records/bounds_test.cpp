// Readers hold no file in memory, and answer every file: streams of hundreds of megabytes with the bytes on
// the heap counted, and mutants of the samples.
#include <malloc.h>
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <random>

#include "records/samples.hpp"

namespace {

std::size_t live = 0, peak = 0;  // both stay 0 where the sanitizer has the heap

#ifndef __SANITIZE_ADDRESS__
void* counted(std::size_t size) {
  void* p = std::malloc(size ? size : 1);
  if (!p) throw std::bad_alloc();
  live += malloc_usable_size(p);
  peak = std::max(peak, live);
  return p;
}

void uncounted(void* p) {
  if (p) live -= malloc_usable_size(p);
  std::free(p);
}

#endif
}  // namespace

#ifndef __SANITIZE_ADDRESS__
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* p) noexcept { uncounted(p); }
void operator delete[](void* p) noexcept { uncounted(p); }
void operator delete(void* p, std::size_t) noexcept { uncounted(p); }
void operator delete[](void* p, std::size_t) noexcept { uncounted(p); }
#endif

using namespace aifsim;
using namespace aifsim::records;

namespace {

// `head`, then `piece` again and again until `bytes` are through, then `tail`.
class Repeated : public std::streambuf {
 public:
  Repeated(std::string head, std::string piece, std::string tail, std::size_t bytes)
      : head_(std::move(head)),
        piece_(std::move(piece)),
        tail_(std::move(tail)),
        left_(bytes / piece_.size()) {}

 protected:
  int_type underflow() override {
    std::string* next = stage_ == 0 ? &head_ : left_ > 0 ? &piece_ : stage_ == 1 ? &tail_ : nullptr;
    if (!next) return traits_type::eof();
    if (next == &piece_) --left_;
    stage_ = next == &tail_ ? 2 : 1;
    setg(next->data(), next->data(), next->data() + next->size());
    return next->empty() ? underflow() : traits_type::to_int_type(*gptr());
  }

 private:
  std::string head_, piece_, tail_;
  std::size_t left_;
  int stage_ = 0;
};

// The most bytes on the heap, above those before, while a stream of `bytes` is read.
std::size_t heap_for(const char* format, const std::string& head, std::string piece, const std::string& tail,
                     std::size_t bytes, std::size_t& rows) {
  while (piece.size() < 30000) piece += piece;
  const Input input("big", [&] { return std::make_unique<Repeated>(head, piece, tail, bytes); });
  Given given;
  if (format != std::string("nccl-csv")) given.ranks = 4;  // which says itself
  rows = 0;
  Sink sink(given, nullptr, [&](const RecordRow&) { ++rows; });
  const std::size_t before = live;
  peak = live;
  named(format).read(input, sink);
  return peak - before;
}

constexpr std::size_t kMiB = 1 << 20;

}  // namespace

// The head that tells the format and the prefixes has 1 MiB, as it stands and cleaned.
constexpr std::size_t kBound = 5 * kMiB;

TEST_CASE("200 MB of a text or a table need a few megabytes") {
  const std::string row =
      "   1048576        262144     float     sum      -1    50.00   20.97   31.46       0    49.00   21.40  "
      " 32.10       0\n";
  const std::size_t begin = kNcclText.find("        1024 ");
  std::size_t rows = 0;
  CHECK(heap_for("nccl-tests", kNcclText.substr(0, begin), row, "", 200 * kMiB, rows) < kBound);
  CHECK(rows > 1'500'000);
}

TEST_CASE("every streaming format stays in bounds") {
  struct Case {
    const char* format;
    std::string head, piece, tail;
  };
  const std::size_t nv = kNvText.find("Running host"),
                    first = kKineto.find("{\"ph\":\"X\",\"cat\":\"kernel\"");
  const std::size_t last = kKineto.find("{\"ph\":\"i\"");
  const auto after_header = [](const std::string& text) { return text.find('\n') + 1; };
  const Case cases[] = {
      {"osu", kOsu, "# OSU MPI Allreduce Latency Test v7.4\n# Size       Avg Latency(us)\n8 3.0\n", ""},
      {"babelstream", kBabelText, "Copy        1700000.000 0.00032     0.00033     0.00032\n", ""},
      {"nvbandwidth", kNvText.substr(0, nv), kNvText.substr(nv), ""},
      {"kineto", kKineto.substr(0, first), kKineto.substr(first, last - first), kKineto.substr(last)},
      {"mllog", "", kMllog, ""},
      {"megatron", kMegatron, kMegatron.substr(kMegatron.rfind(" [2025")), ""},
      {"megatron", "", kMegatron, ""},
      {"deepspeed", kDeepspeed, kDeepspeed.substr(kDeepspeed.rfind("[2025")), ""},
      {"torchtitan", kTorchtitan, kTorchtitan, ""},
      {"nemo", kNemo, kNemo.substr(kNemo.rfind("Training epoch")), ""},
      {"hf-trainer", "", kHfTrainer, ""},
      {"nanotron", kNanotron, kNanotron.substr(kNanotron.rfind("05/05")), ""},
      {"aiconfigurator", kAicGemm, kAicGemm.substr(after_header(kAicGemm)), ""},
      {"vidur", kVidurMlp, kVidurMlp.substr(after_header(kVidurMlp)), ""},
      {"tidy", kTidyMpi, kTidyMpi.substr(after_header(kTidyMpi)), ""},
      {"perftest", kWriteBw, kSendLat, ""},
      {"stream", "", kStream, ""},
      {"p2p-test", "", kP2p, ""},
      {"transferbench", "", kTransferBench, ""},
      {"nsys-stats", "", kNsysKernels, ""},
      {"nsys-stats", kNsysTrace, kNsysTrace.substr(after_header(kNsysTrace)), ""},
      {"nccl-csv", kRcclCsv, kRcclCsv.substr(after_header(kRcclCsv)), ""},
      {"imb", "", kImb, ""},
  };
  for (const Case& c : cases) {
    INFO(c.format);
    std::size_t rows = 0;
    CHECK(heap_for(c.format, c.head, c.piece, c.tail, 8 * kMiB, rows) < kBound);
    CHECK(rows > 0);
  }
}

TEST_CASE("a trace of empty objects, words or lists is refused, not held") {
  for (const char* piece : {"{},", "null,", "[],", "    \n"}) {
    std::size_t rows = 0;
    const std::size_t before = live;
    peak = live;
    CHECK_THROWS_AS(heap_for("kineto", "{\"traceEvents\":[", piece, "]}", 64 * kMiB, rows), InputError);
    CHECK(peak - before < 8 * kMiB);
  }
}

TEST_CASE("a line, a string or a row without end is refused, not held") {
  for (const auto& [format, head, piece] : {std::tuple("nccl-tests", "", "x"),
                                            {"mllog", ":::MLLOG ", "x"},
                                            {"kineto", "{\"traceEvents\":[{\"name\":\"", "x"},
                                            {"aiconfigurator", "m,latency\n\"", "x"}}) {
    INFO(format);
    std::size_t rows = 0;
    const auto read_it = [&, f = format, h = std::string(head), p = std::string(piece)] {
      heap_for(f, h, p, "", 64 * kMiB, rows);
    };
    peak = live;
    const std::size_t before = live;
    CHECK_THROWS_AS(read_it(), InputError);
    CHECK(peak - before < 8 * kMiB);
  }
}

TEST_CASE("mutants of the samples are read or refused with a place") {
  const std::vector<Sample> all = samples();
  const char* tokens[] = {",",        "\"",
                          "\n",       "{",
                          "}",        "[",
                          "]",        "-1",
                          "0",        "1e999",
                          "nan",      "N/A",
                          "null",     "#",
                          ":::MLLOG", "99999999999999999999",
                          "\xff",     std::string_view("\0", 1).data(),
                          "\t",       "  ",
                          "size",     "time"};
  std::mt19937 random(Catch::rngSeed());  // --rng-seed tries others
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % (n ? n : 1)); };
  std::size_t sound = 0, wrong = 0;
  for (int round = 0; round < 3000; ++round) {
    const Sample& sample = all[below(all.size())];
    std::string text = sample.text;
    for (std::size_t change = 0, changes = 1 + below(4); change < changes; ++change) {
      const std::size_t at = below(text.size() + 1), length = below(30);
      switch (below(5)) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(below(text.size() + 1), text.substr(at, length));
          break;
        case 3:
          text.insert(at, tokens[below(std::size(tokens))]);
          break;
        default:
          text.resize(at);
      }
    }
    Given given;
    if (below(2)) given.ranks = 4;
    INFO(sample.format << '\n' << text);
    try {
      for (const Row& row : read(sample.format, text, given).rows) {
        const bool training = named(sample.format).training;
        REQUIRE(row.count(training ? "id" : "op"));
        if (training && !row.count("step_time_s")) continue;  // a rate, and a batch that is not told
        const double time = std::stod(row.at(training ? "step_time_s" : "time_us"));
        REQUIRE((time > 0 && time < 1e300));
      }
      ++sound;
    } catch (const InputError& error) {
      for (const Problem& problem : error.problems()) {
        REQUIRE(problem.place.file == "f");
        REQUIRE(problem.message.size() > 10);
        REQUIRE(problem.message.find('\n') == std::string::npos);
      }
      ++wrong;
    }
  }
  CHECK(sound > 300);  // the mutants try both sides
  CHECK(wrong > 300);
}

TEST_CASE("random bytes are answered by every reader") {
  const bool held = rc::check("bytes", [&](const std::string& bytes) {
    recognise(bytes);
    for (const Format& format : formats()) {
      try {
        read(format.name, bytes);
      } catch (const InputError&) {
      }
    }
  });
  CHECK(held);
}
