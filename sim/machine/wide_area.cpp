#include "machine/wide_area.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"

namespace aifsim {

WideArea::WideArea(std::vector<std::string> sites, const std::vector<WanLink>& wan, const Join& join)
    : sites_(std::move(sites)) {
  const std::size_t n = sites_.size();
  std::vector<double> least(n * n, std::numeric_limits<double>::infinity());
  next_.resize(n * n);
  const auto index = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(sites_.begin(), sites_.end(), name) - sites_.begin());
  };
  for (const WanLink& w : wan) {
    const std::size_t ends[] = {index(w.from), index(w.to)};
    if (ends[0] == n || ends[1] == n)
      throw InputError(w.place, fmt::format("no site is named {}", ends[0] == n ? w.from : w.to));
    for (const int side : {0, 1}) {
      const std::size_t a = ends[side], b = ends[1 - side];
      const Seconds latency = *w.round_trip / 2.0;
      const std::size_t link = join(a, b, throughput(w), latency);
      if (latency.value >= least[a * n + b]) continue;
      least[a * n + b] = latency.value;
      next_[a * n + b] = {static_cast<LinkId>(link), b, true};
    }
  }
  for (std::size_t via = 0; via < n; ++via)  // Floyd and Warshall
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        if (a == b || least[a * n + via] + least[via * n + b] >= least[a * n + b]) continue;
        least[a * n + b] = least[a * n + via] + least[via * n + b];
        next_[a * n + b] = next_[a * n + via];
      }
}

void WideArea::route(std::size_t from, std::size_t to, LinkId first, std::vector<LinkId>& out) const {
  while (from != to) {
    const Step& next = next_[from * sites_.size() + to];
    if (!next.known)
      throw CannotAnswer(
          fmt::format("no chain of links joins the sites {} and {}", sites_[from], sites_[to]));
    out.push_back(first + next.link);
    from = next.to;
  }
}

}  // namespace aifsim
