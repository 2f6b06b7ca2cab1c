// Whatever stands in a file, the answer is a description or problems with places; never a crash.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <vector>

#include "catalog/files.hpp"

namespace aifsim {
namespace {

struct Sample {
  std::filesystem::path folder;  // where the mutant is written: includes are relative to it
  std::string text;
};

std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const std::filesystem::path& root : {data_root(), source_root()}) {
    for (const char* folder : {"platforms", "gpu_models", "workloads", "scenarios"}) {
      std::error_code error;
      for (const auto& entry : std::filesystem::directory_iterator(root / folder, error)) {
        if (entry.path().extension() == ".yaml") all.push_back({folder, text_of(entry.path())});
      }
    }
  }
  return all;
}

const std::vector<std::string>& tokens() {
  static const std::vector<std::string> all{"{",
                                            "}",
                                            "[",
                                            "]",
                                            ":",
                                            ": ",
                                            "- ",
                                            "\n",
                                            "\t",
                                            "#",
                                            "&a ",
                                            "*a",
                                            "!!int",
                                            "!x ",
                                            "|\n",
                                            ">\n",
                                            "\"",
                                            "'",
                                            "%",
                                            "@",
                                            "`",
                                            "? ",
                                            "<<: ",
                                            "null",
                                            "~",
                                            "-1",
                                            "1e999",
                                            ".inf",
                                            ".nan",
                                            "0",
                                            "true",
                                            "\\x00",
                                            "\xff",
                                            "\xc3",
                                            "---\n",
                                            "...\n",
                                            "99999999999999999999",
                                            "GiB",
                                            "64GiB",
                                            "kind: gpu\n",
                                            "include: small_tree.yaml\n",
                                            "source: x\n",
                                            "value: "};
  return all;
}

std::size_t position(const std::string& text) { return *rc::gen::inRange<std::size_t>(0, text.size() + 1); }

void mutate(std::string& text, const std::vector<Sample>& corpus) {
  const std::size_t at = position(text);
  const auto length = *rc::gen::inRange<std::size_t>(0, 40);
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
      break;
    case 1:
      text.erase(at, length);
      break;
    case 2:
      text.insert(position(text), text.substr(at, length));
      break;
    case 3:
      text.insert(at, *rc::gen::elementOf(tokens()));
      break;
    case 4: {
      const std::string& other = corpus[*rc::gen::inRange<std::size_t>(0, corpus.size())].text;
      text = text.substr(0, at) + other.substr(position(other));
      break;
    }
    case 5: {  // a line moves: other indentation, other map
      const std::size_t start = text.rfind('\n', at);
      const std::size_t end = text.find('\n', at);
      if (start == std::string::npos || end == std::string::npos || start >= end) break;
      const std::string line = text.substr(start, end - start);
      text.erase(start, end - start);
      text.insert(position(text), line);
      break;
    }
  }
}

TEST_CASE("mutants of the real files are answered", "[slow]") {
  const std::vector<Sample> corpus = samples();
  REQUIRE_FALSE(corpus.empty());
  const ScratchCatalog scratch;
  const Catalog catalog = scratch.catalog();
  int sound = 0, wrong = 0;
  for (int round = 0; round < 20; ++round) {
    const bool held = rc::check("mutants", [&] {
      const Sample& sample = corpus[*rc::gen::inRange<std::size_t>(0, corpus.size())];
      std::string text = sample.text;
      const int changes = *rc::gen::inRange(1, 6);
      for (int i = 0; i < changes; ++i) mutate(text, corpus);
      const std::filesystem::path file = scratch.write(sample.folder / "mutant.yaml", text);
      const std::vector<Problem> problems = catalog.check(file);
      if (problems.empty()) {
        ++sound;
        RC_ASSERT(!catalog.figures(file).empty());
        return;
      }
      ++wrong;
      for (const Problem& problem : problems) {
        RC_ASSERT(!problem.message.empty());
        RC_ASSERT(!problem.place.file.empty());
        RC_ASSERT(problem.message.find('\n') == std::string::npos);
      }
      RC_ASSERT_THROWS_AS(catalog.figures(file), InputError);
    });
    REQUIRE(held);
  }
  // The mutants must try both sides.
  CHECK(sound > 20);
  CHECK(wrong > 200);
}

TEST_CASE("random bytes are answered") {
  const ScratchCatalog scratch;
  const Catalog catalog = scratch.catalog();
  const bool held = rc::check("bytes", [&](const std::string& bytes) {
    RC_ASSERT(!catalog.check(scratch.write("random.yaml", bytes)).empty());
  });
  CHECK(held);
}

}  // namespace
}  // namespace aifsim
