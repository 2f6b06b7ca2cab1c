#include "machine/fragmented.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>
#include <random>

#include "base/random.hpp"

namespace aifsim {
namespace {

struct Exponent {
  double constant, per_doubling, spread;
  double at(double nodes, double z) const {
    return std::clamp(constant + per_doubling * std::log2(nodes) + spread * z, 0.0, 1.0);
  }
};

struct BatchSystem {
  Exponent groups, runs;
};

constexpr std::array<BatchSystem, 2> batch_systems{{
    {{-0.002, 0.1092, 0.302}, {1.322, -0.0375, 0.228}},  // Leonardo
    {{-0.603, 0.1726, 0.399}, {-0.547, 0.1331, 0.553}},  // LUMI
}};

double uniform_draw(std::mt19937_64& generator) {  // in (0, 1]
  return (static_cast<double>(generator() >> 11) + 1) * 0x1p-53;
}

double normal_draw(std::mt19937_64& generator) {  // Box and Muller 1958
  const double radius = std::sqrt(-2 * std::log(uniform_draw(generator)));
  return radius * std::cos(2 * std::numbers::pi * uniform_draw(generator));
}

// `count` different numbers of 0..below-1, ascending.
std::vector<std::int64_t> some_of(std::int64_t below, std::int64_t count, std::mt19937_64& generator) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(below));
  std::iota(all.begin(), all.end(), 0);
  shuffle(all, generator);
  all.resize(static_cast<std::size_t>(count));
  std::sort(all.begin(), all.end());
  return all;
}

// Deals `count` things to boxes that hold so many more each; the free places are equally likely.
void deal(std::int64_t count, const std::vector<std::int64_t>& room, std::vector<std::int64_t>& boxes,
          std::mt19937_64& generator) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < room.size(); ++i)
    places.insert(places.end(), static_cast<std::size_t>(std::max<std::int64_t>(0, room[i])), i);
  shuffle(places, generator);
  count = std::min(count, std::ssize(places));
  for (std::int64_t k = 0; k < count; ++k) ++boxes[places[static_cast<std::size_t>(k)]];
}

// So many of the free nodes, in so many runs with at least one free node between them.
void take_runs(const std::vector<std::int64_t>& free, std::int64_t nodes, std::int64_t runs,
               std::vector<std::int64_t>& out, std::mt19937_64& generator) {
  std::vector<std::int64_t> cuts = some_of(nodes - 1, runs - 1, generator);  // a run ends after node cut
  const std::vector<std::int64_t> before =
      some_of(std::ssize(free) - nodes + 1, runs, generator);  // free nodes left out before each run
  cuts.push_back(nodes - 1);
  std::int64_t node = 0;
  for (std::size_t run = 0; run < before.size(); ++run)
    for (; node <= cuts[run]; ++node) out.push_back(free[static_cast<std::size_t>(before[run] + node)]);
}

}  // namespace

std::vector<std::int64_t> fragmented_nodes(std::vector<std::vector<std::int64_t>> groups, std::int64_t nodes,
                                           std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  const BatchSystem& batch = batch_systems[draw_below(generator, batch_systems.size())];
  const double z = normal_draw(generator), n = static_cast<double>(nodes);
  const auto power = [](double base, double exponent) { return std::llround(std::pow(base, exponent)); };
  const auto most = std::min(nodes, std::ssize(groups));
  const std::int64_t wanted = power(static_cast<double>(most), batch.groups.at(n, z));

  shuffle(groups, generator);
  std::size_t used = 0;
  for (std::int64_t room = 0; std::ssize(groups) > static_cast<std::ptrdiff_t>(used) &&
                              (static_cast<std::int64_t>(used) < wanted || room < nodes);
       ++used)
    room += std::ssize(groups[used]);
  groups.resize(used);

  const auto in_use = static_cast<std::int64_t>(used);
  std::vector<std::int64_t> share(used, 1), room(used);
  for (std::size_t i = 0; i < used; ++i) room[i] = std::ssize(groups[i]) - 1;
  deal(nodes - in_use, room, share, generator);

  std::vector<std::int64_t> runs(used, 1);
  for (std::size_t i = 0; i < used; ++i)
    room[i] = std::min(share[i], std::ssize(groups[i]) - share[i] + 1) - 1;
  deal(power(n, batch.runs.at(n, z)) - in_use, room, runs, generator);

  std::vector<std::int64_t> chosen;
  for (std::size_t i = 0; i < used; ++i) take_runs(groups[i], share[i], runs[i], chosen, generator);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace aifsim
