// What reads users' text, as functions that a fuzzer calls: each text is answered, or refused with InputError
// or CannotAnswer. Any other exception, a crash or a sanitizer's report is a bug.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aifsim {

struct FuzzTarget {
  const char* name;
  void (*run)(std::string_view text);
  std::vector<std::string> (*seeds)();  // sound inputs to begin from
  unsigned effort = 1;                  // of one input, by which the bounded run takes fewer
};

std::span<const FuzzTarget> fuzz_targets();

}  // namespace aifsim
