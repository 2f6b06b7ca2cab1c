#include "lowering/training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace aifsim {
namespace {

// Passes in the order in which a stage does them one way: micro-batches in groups, each group through all pieces.
std::vector<Turn> one_way(TurnKind kind, std::int64_t stages, std::int64_t chunks,
                          std::int64_t micro_batches) {
  const std::int64_t group = chunks > 1 ? stages : micro_batches;
  std::vector<Turn> order;
  order.reserve(static_cast<std::size_t>(chunks * micro_batches));
  for (std::int64_t from = 0; from < micro_batches; from += group)
    for (std::int64_t c = 0; c < chunks; ++c)
      for (std::int64_t i = from; i < std::min(from + group, micro_batches); ++i)
        order.push_back(
            {kind, kind == TurnKind::forward ? c : chunks - 1 - c, i == 0, i == micro_batches - 1});
  return order;
}

}  // namespace

std::vector<Turn> turns_of(PipelineSchedule schedule, std::int64_t stages, std::int64_t stage,
                           std::int64_t chunks, std::int64_t micro_batches) {
  const bool halves = schedule == PipelineSchedule::zero_bubble && stages > 1;
  const std::vector<Turn> forward = one_way(TurnKind::forward, stages, chunks, micro_batches),
                          backward = one_way(halves ? TurnKind::backward_inputs : TurnKind::backward, stages,
                                             chunks, micro_batches);
  const auto all = static_cast<std::int64_t>(forward.size());
  std::int64_t ahead = stages - stage - 1;
  if (schedule == PipelineSchedule::gpipe) ahead = all;
  if (chunks > 1) ahead = 2 * (stages - stage - 1) + (chunks - 1) * std::min(stages, micro_batches);
  ahead = std::min(ahead, all);
  std::vector<Turn> turns(forward.begin(), forward.begin() + ahead);
  std::int64_t weights = 0;  // halves done
  const auto do_weights = [&](std::int64_t until) {
    for (; weights < until; ++weights) {
      Turn turn = backward[static_cast<std::size_t>(weights)];
      turn.kind = TurnKind::backward_weights;
      turns.push_back(turn);
    }
  };
  for (std::int64_t i = 0; i < all; ++i) {
    if (ahead + i < all) turns.push_back(forward[static_cast<std::size_t>(ahead + i)]);
    turns.push_back(backward[static_cast<std::size_t>(i)]);
    if (halves) do_weights(i + 1 - stage);
  }
  if (halves) do_weights(all);
  return turns;
}

std::vector<Turns> folded(const std::vector<Turn>& turns, std::int64_t period) {
  std::vector<Turns> runs;
  const std::span<const Turn> all(turns);
  const auto repeats = [&](std::size_t at, std::size_t length) {
    std::size_t times = 1;
    while (at + (times + 1) * length <= all.size() &&
           std::equal(all.begin() + static_cast<std::ptrdiff_t>(at),
                      all.begin() + static_cast<std::ptrdiff_t>(at + length),
                      all.begin() + static_cast<std::ptrdiff_t>(at + times * length)))
      ++times;
    return times;
  };
  for (std::size_t at = 0; at < all.size();) {
    std::size_t best = 1, times = 1;
    for (const std::size_t length :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, static_cast<std::size_t>(period)})
      if (const std::size_t n = at + length <= all.size() ? repeats(at, length) : 1;
          n > 1 && n * length > times * best) {
        best = length;
        times = n;
      }
    runs.push_back({static_cast<std::int64_t>(times),
                    {all.begin() + static_cast<std::ptrdiff_t>(at),
                     all.begin() + static_cast<std::ptrdiff_t>(at + best)}});
    at += best * times;
  }
  return runs;
}

Piece piece_by_work(std::int64_t layers, double head, std::int64_t pieces, std::int64_t piece) {
  const double share = (static_cast<double>(layers) + head) / static_cast<double>(pieces);
  // Layers before piece i.
  const auto before = [&](std::int64_t i) {
    if (i == pieces) return layers;
    return std::min(layers, static_cast<std::int64_t>(std::ceil(share * static_cast<double>(i) - 1e-9)));
  };
  return {before(piece), before(piece + 1) - before(piece)};
}

Piece piece_of(std::int64_t layers, std::int64_t pieces, std::int64_t piece) {
  if (pieces == 1) return {0, layers};
  const bool ends_fewer = layers % pieces != 0 && (layers + 2) % pieces == 0;
  const std::int64_t counted = ends_fewer ? layers + 2 : layers;
  const std::int64_t each = counted / pieces, more = counted % pieces;
  const auto of = [&](std::int64_t i) {
    if (ends_fewer) return each - (i == 0 || i == pieces - 1);
    return each + (i >= 1 && i <= more);
  };
  Piece found;
  for (std::int64_t i = 0; i < piece; ++i) found.first += of(i);
  found.layers = of(piece);
  return found;
}

}  // namespace aifsim
