#include "base/nearest_word.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <vector>

namespace aifsim {

int edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the dynamic program are alive: two back (for swaps), the last and the current one.
  std::vector<int> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::optional<std::string_view> nearest_word(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > 100) return std::nullopt;  // no key or unit is so long; keeps hostile input cheap
  const std::string lower = boost::to_lower_copy(std::string(word));
  std::optional<std::string_view> best;
  int best_distance = static_cast<int>(word.size()) / 3 + 1;
  for (std::string_view candidate : known) {
    const int distance = edit_distance(lower, boost::to_lower_copy(std::string(candidate)));
    if (distance <= best_distance && distance < static_cast<int>(candidate.size()) &&
        (!best || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = nearest_word(word, known)) return fmt::format(", did you mean \"{}\"?", *near);
  if (known.empty() || known.size() > 50) return "";
  return fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace aifsim
