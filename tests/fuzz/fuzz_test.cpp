// A bounded run over every target with a mutator of our own, the same on every machine. AIFSIM_FUZZ_ROUNDS asks
// for more rounds, AIFSIM_FUZZ_SEED for others.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "fuzz/targets.hpp"

using namespace aifsim;

namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutated(const std::vector<std::string>& seeds) {
    std::string text = one_of(seeds);
    for (std::size_t i = below(8) + 1; i-- > 0;) change(text, seeds);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  const std::string& one_of(const std::vector<std::string>& list) { return list[below(list.size())]; }

  void change(std::string& text, const std::vector<std::string>& seeds) {
    static const std::vector<std::string> tokens{"-1",
                                                 "0",
                                                 "1e308",
                                                 "-1e308",
                                                 "1e-320",
                                                 "nan",
                                                 "inf",
                                                 "-inf",
                                                 "99999999999999999999999",
                                                 "0.5",
                                                 "",
                                                 "\n",
                                                 ",",
                                                 "\"",
                                                 "'",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ": ",
                                                 "- ",
                                                 "&a ",
                                                 "*a",
                                                 "<<: ",
                                                 "#",
                                                 "\t",
                                                 "\r\n",
                                                 "null",
                                                 "~",
                                                 "\xFF",
                                                 std::string(1, '\0'),
                                                 "\x1b[31m",
                                                 "\u202e",
                                                 "GB/s",
                                                 "us",
                                                 "%",
                                                 "kind: ",
                                                 "include: ",
                                                 "1:2:3"};
    const std::size_t at = below(text.size() + 1),
                      length = below(std::min<std::size_t>(text.size() - at, 64) + 1);
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size() + 1), below(200)));
        break;
      case 3: {  // a number, or a word, becomes another
        const std::size_t begin = text.find_first_of("0123456789", at);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(text.find_first_not_of("0123456789.eE+-", begin), text.size());
        text.replace(begin, end - begin, one_of(tokens));
        break;
      }
      case 4:
        text.insert(at, one_of(tokens));
        break;
      case 5: {
        const std::string& other = one_of(seeds);
        text = text.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      }
      default:
        text.resize(at);
    }
    if (text.size() > 40'000) text.resize(40'000);
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("changed inputs are answered or refused", "[fuzz]") {
  const std::uint64_t rounds = from_environment("AIFSIM_FUZZ_ROUNDS", 300),
                      seed = from_environment("AIFSIM_FUZZ_SEED", 1);
  for (const FuzzTarget& target : fuzz_targets()) DYNAMIC_SECTION(target.name) {
      const std::vector<std::string> seeds = target.seeds();
      REQUIRE_FALSE(seeds.empty());
      for (const std::string& text : seeds) CHECK_NOTHROW(target.run(text));
      Mutator mutator(seed);
      for (std::uint64_t round = 0; round < rounds; round += target.effort) {
        const std::string text = mutator.mutated(seeds);
        INFO("round " << round << ", input:\n" << text);
        REQUIRE_NOTHROW(target.run(text));
      }
    }
}
