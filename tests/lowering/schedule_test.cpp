#include "lowering/training/schedule.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

namespace aifsim {
namespace {

constexpr PipelineSchedule all[] = {PipelineSchedule::gpipe, PipelineSchedule::one_f_one_b,
                                    PipelineSchedule::zero_bubble};

std::string letters(const std::vector<Turn>& turns) {
  std::string s;
  for (const Turn& t : turns)
    s += t.kind == TurnKind::forward ? 'F' : t.kind == TurnKind::backward_weights ? 'W' : 'B';
  return s;
}

}  // namespace

TEST_CASE("stages warm up with one forward pass less than the stage before", "[lowering]") {
  CHECK(letters(turns_of(PipelineSchedule::one_f_one_b, 4, 0, 1, 6)) == "FFFFBFBFBBBB");
  CHECK(letters(turns_of(PipelineSchedule::one_f_one_b, 4, 3, 1, 6)) == "FBFBFBFBFBFB");
  CHECK(letters(turns_of(PipelineSchedule::gpipe, 4, 2, 1, 3)) == "FFFBBB");
  CHECK(letters(turns_of(PipelineSchedule::one_f_one_b, 8, 0, 1, 2)) == "FFBB");
  // Weights' gradients of the last stage come as late as stages before it wait.
  CHECK(letters(turns_of(PipelineSchedule::zero_bubble, 3, 0, 1, 4)) == "FFFBWFBWBWBW");
  CHECK(letters(turns_of(PipelineSchedule::zero_bubble, 3, 2, 1, 4)) == "FBFBFBWFBWWW");
}

TEST_CASE("every micro-batch goes once through every piece, back after forth", "[lowering]") {
  for (const auto schedule : all)
    for (const std::int64_t stages : {1, 2, 3, 8})
      for (const std::int64_t chunks : {1, 2, 5})
        for (const std::int64_t micro_batches : {1, 2, 7, 8, 16})
          for (std::int64_t stage = 0; stage < stages; ++stage) {
            if (chunks > 1 && (schedule != PipelineSchedule::one_f_one_b || stages == 1)) continue;
            const auto turns = turns_of(schedule, stages, stage, chunks, micro_batches);
            std::map<std::int64_t, std::int64_t> ahead, forward, first, last;
            for (const Turn& t : turns) {
              if (t.kind == TurnKind::backward_weights) continue;
              const bool is_forward = t.kind == TurnKind::forward;
              ahead[t.chunk] += is_forward ? 1 : -1;
              forward[t.chunk] += is_forward;
              first[t.chunk] += t.first;
              last[t.chunk] += t.last;
              CHECK(ahead[t.chunk] >= 0);
            }
            CHECK(std::ssize(forward) == chunks);
            for (const auto& [chunk, n] : forward) CHECK((n == micro_batches && ahead[chunk] == 0));
            for (const auto& [chunk, n] : first) CHECK((n == 2 && last[chunk] == 2));
            std::vector<Turn> unfolded;
            for (const Turns& run : folded(turns, 2 * stages * chunks))
              for (std::int64_t i = 0; i < run.times; ++i)
                unfolded.insert(unfolded.end(), run.body.begin(), run.body.end());
            CHECK(unfolded == turns);
          }
}

TEST_CASE("the pieces of a model are its layers, in order", "[lowering]") {
  for (const std::int64_t layers : {8, 61, 94, 126})
    for (const std::int64_t pieces : {1, 2, 4, 7, 8, 128}) {
      if (pieces > layers && pieces != layers + 2) continue;
      std::int64_t next = 0, most = 0, least = layers;
      for (std::int64_t i = 0; i < pieces; ++i) {
        const Piece piece = piece_of(layers, pieces, i);
        CHECK(piece.first == next);
        next += piece.layers;
        most = std::max(most, piece.layers);
        least = std::min(least, piece.layers);
      }
      CHECK(next == layers);
      CHECK(most - least <= 1);
    }
  CHECK(piece_of(126, 16, 0).layers == 7);  // with the embedding
  CHECK(piece_of(126, 16, 1).layers == 8);
  CHECK(piece_of(61, 16, 15).layers == 3);
}

TEST_CASE("pieces cut by work count the head", "[lowering]") {
  // 32 layers and a head worth 2.2 of them over 16 stages: 2.14 each.
  CHECK(piece_by_work(32, 2.2, 16, 0).layers == 3);
  CHECK(piece_by_work(32, 2.2, 16, 1).layers == 2);
  CHECK(piece_by_work(32, 2.2, 16, 15).layers == 0);
  for (const std::int64_t pieces : {1, 2, 5, 16}) {
    std::int64_t next = 0;
    for (std::int64_t i = 0; i < pieces; ++i) {
      CHECK(piece_by_work(32, 7.5, pieces, i).first == next);
      next += piece_by_work(32, 7.5, pieces, i).layers;
    }
    CHECK(next == 32);
  }
}

}  // namespace aifsim
