// A bounded part of many rows, drawn evenly: by their number's hash, so that no period of the table shows.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "base/hash.hpp"

namespace aifsim {

// At most `most` of them, in their order; the same ones on every machine.
template <class T>
std::vector<T> sample_of(std::vector<T> all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  const auto drawn = order.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(order.begin(), drawn, order.end(),
                   [](std::size_t a, std::size_t b) { return mixed(a) < mixed(b); });
  std::sort(order.begin(), drawn);
  std::vector<T> some;
  some.reserve(most);
  for (auto i = order.begin(); i != drawn; ++i) some.push_back(std::move(all[*i]));
  return some;
}

}  // namespace aifsim
