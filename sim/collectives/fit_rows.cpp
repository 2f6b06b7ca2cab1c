#include "collectives/fit_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/sample.hpp"
#include "collectives/predict.hpp"

namespace aifsim {
namespace {

constexpr std::size_t kMostRows = 4'000, kMostGroups = 40, kMostLeftOutRows = 400'000;

std::string block_or_none(const CollectiveRow& row) {
  try {
    return row.unsupported.empty() ? block_of(row.query) : "";
  } catch (const CannotAnswer&) {
    return "";
  }
}

void join_rare_groups(std::vector<CollectiveRow>& rows) {
  std::map<std::string, std::size_t> counts;
  for (const CollectiveRow& row : rows) ++counts[row.group];
  const std::size_t most = std::max(kMostGroups, kMostLeftOutRows / std::max<std::size_t>(rows.size(), 1));
  if (counts.size() <= most) return;
  std::vector<std::pair<std::string, std::size_t>> by_rows(counts.begin(), counts.end());
  std::stable_sort(by_rows.begin(), by_rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (std::size_t i = 0; i < by_rows.size(); ++i)
    if (i >= most - 1) counts.erase(by_rows[i].first);
  for (CollectiveRow& row : rows)
    if (!counts.count(row.group)) row.group = "others";
}

}  // namespace

std::vector<CollectiveRow> rows_to_fit(std::vector<CollectiveRow> rows,
                                       std::map<std::string, std::size_t>& left_out) {
  std::map<std::string, std::vector<std::size_t>> blocks;
  for (std::size_t i = 0; i < rows.size(); ++i) blocks[block_or_none(rows[i])].push_back(i);
  std::vector<char> kept(rows.size(), 0);
  for (auto& [block, own] : blocks) {
    const std::size_t all = own.size(), most = block.empty() ? all : kMostRows;
    for (const std::size_t i : sample_of(std::move(own), most)) kept[i] = 1;
    if (all > most)
      left_out[fmt::format("as block \"{}\" takes {} rows at most, drawn evenly", block, most)] = all - most;
  }
  std::size_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (kept[i]) {
      if (next != i) rows[next] = std::move(rows[i]);
      ++next;
    }
  rows.resize(next);
  join_rare_groups(rows);
  return rows;
}

}  // namespace aifsim
