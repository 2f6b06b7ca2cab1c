#include "report/board_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "report/format.hpp"

namespace aifsim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_bins = 64, most_classes = 16;

// Of a class, in per mille: the busiest of each run of links, at most `most_bins` of them.
std::vector<int> per_mille(const std::vector<double>& bins) {
  const std::size_t count = std::min(most_bins, bins.size());
  std::vector<int> all(count, 0);
  for (std::size_t i = 0; i < bins.size(); ++i) {
    int& one = all[i * count / bins.size()];
    one = std::max(one, static_cast<int>(std::lround(1000 * bins[i])));
  }
  return all;
}

double most_of(const LinkHeat& heat) {
  return heat.bins.empty() ? 0 : *std::max_element(heat.bins.begin(), heat.bins.end());
}

double stays(const GroupTraffic& t) {
  double inside = 0;
  for (std::size_t g = 0; g < t.names.size(); ++g) inside += t.of(g, g);
  return inside / std::accumulate(t.bytes.begin(), t.bytes.end(), 0.0);
}

bool sends(const GroupTraffic& t) {
  return std::any_of(t.bytes.begin(), t.bytes.end(), [](double b) { return b > 0; });
}

// All bytes in the unit of the largest.
Json matrix(const GroupTraffic& t) {
  if (!sends(t)) return nullptr;
  static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  const double largest = *std::max_element(t.bytes.begin(), t.bytes.end());
  const auto unit = static_cast<std::size_t>(std::clamp(std::floor(std::log10(largest) / 3), 0.0, 5.0));
  const double scale = std::pow(1000.0, static_cast<double>(unit));
  Json rows = Json::array();
  for (std::size_t from = 0; from < t.names.size(); ++from) {
    Json row = Json::array();
    for (std::size_t to = 0; to < t.names.size(); ++to)
      row.push_back(std::round(1000 * t.of(from, to) / scale) / 1000);
    rows.push_back(std::move(row));
  }
  return {{"names", t.names}, {"unit", units[unit]}, {"sent", std::move(rows)}};
}

}  // namespace

std::string links_sentence(const Proposal& p) {
  if (p.best.links.empty()) return "";
  const LinkHeat& first = p.best.links.front();
  std::string text = fmt::format("Busiest: {}, up to {} of {} over a step ({}).", first.name,
                                 percent(most_of(first)), human_rate(first.capacity), first.busiest);
  if (sends(p.traffic))
    text += fmt::format(" Of what leaves a node or scale-up domain, {} stays in its part of the fabric.",
                        percent(stays(p.traffic)));
  return text;
}

Json board_links(const Proposal& p) {
  if (p.best.links.empty()) return nullptr;
  Json classes = Json::array();
  for (std::size_t k = 0; k < std::min(most_classes, p.best.links.size()); ++k) {
    const LinkHeat& heat = p.best.links[k];
    classes.push_back({{"name", heat.name},
                       {"links", heat.links},
                       {"capacity", human_rate(heat.capacity)},
                       {"carried", human_bytes(heat.carried)},
                       {"mean", percent(heat.mean)},
                       {"most", percent(most_of(heat))},
                       {"busiest", heat.busiest},
                       {"bins", per_mille(heat.bins)}});
  }
  return {{"sentence", links_sentence(p)}, {"classes", std::move(classes)}, {"traffic", matrix(p.traffic)}};
}

Json proposal_links_json(const Proposal& p) {
  Json classes = Json::array();
  for (const LinkHeat& heat : p.best.links)
    classes.push_back({{"class", heat.name},
                       {"links", heat.links},
                       {"carried_bytes", heat.carried.value},
                       {"mean_utilisation", heat.mean},
                       {"utilisation", most_of(heat)},
                       {"busiest", heat.busiest},
                       {"capacity_bytes_per_s", heat.capacity.value}});
  return classes;
}

}  // namespace aifsim
