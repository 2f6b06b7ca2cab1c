#include "lowering/training/pieces.hpp"

#include <algorithm>

#include "lowering/training/part.hpp"
#include "lowering/training/schedule.hpp"

namespace aifsim {
namespace {

std::vector<Segment> segments_of(const ModelShare& m, const TrainingDescription& t, const Piece& piece) {
  const bool full = t.recompute == Recompute::full;
  const std::int64_t again = !full ? 0 : t.recompute_layers > 0 ? t.recompute_layers : piece.layers;
  std::vector<Segment> segments;
  for (std::int64_t i = 0; i < piece.layers; ++i) {
    const LayerKind kind = m.kind_of(piece.first + i);
    const bool recomputed = i < again;
    if (!segments.empty() && segments.back().kind == kind && segments.back().recomputed == recomputed)
      ++segments.back().count;
    else
      segments.push_back({kind, recomputed, piece.first + i, 1});
  }
  return segments;
}

}  // namespace

std::vector<std::vector<Segment>> pieces_of(const ModelShare& m, const TrainingDescription& t,
                                            const StackDescription& stack, const Layout& layout,
                                            std::int64_t stage) {
  const std::int64_t pieces = layout.pipeline * layout.chunks;
  // Layers that predict further tokens stay with the head, and the others make room (pipelines of DeepSeek-V3 are laid
  // out so, whatever the stack cuts by).
  const bool by_work = stack.cuts_by == PieceCut::work || m.predict_layers > 0;
  const auto further = static_cast<double>(m.predict_layers);
  const double head = by_work ? further + (1 + further) * head_in_layers(m) : 0;
  std::vector<std::vector<Segment>> found;
  for (std::int64_t chunk = 0; chunk < layout.chunks; ++chunk) {
    const std::int64_t index = chunk * layout.pipeline + stage;
    Piece piece = by_work ? piece_by_work(m.layers, head, pieces, index) : piece_of(m.layers, pieces, index);
    if (index == pieces - 1) piece.layers += m.predict_layers;
    found.push_back(segments_of(m, t, piece));
  }
  return found;
}

StageContent content_of(const std::vector<std::vector<Segment>>& pieces, const Layout& layout,
                        std::int64_t stage) {
  StageContent content;
  for (const std::vector<Segment>& piece : pieces)
    for (const Segment& s : piece) (s.kind.experts ? content.expert : content.dense) += s.count;
  content.embedding = stage == 0;
  content.head = stage == layout.pipeline - 1;
  return content;
}

KeptOfStage kept_of_stage(const ModelShare& m, const TrainingDescription& t, const StackDescription& stack,
                          const std::vector<std::vector<Segment>>& pieces) {
  Bytes known[2][2][2];  // by kind, recomputed
  bool have[2][2][2] = {};
  KeptOfStage all;
  for (const std::vector<Segment>& piece : pieces) {
    Bytes sum;
    for (const Segment& s : piece) {
      Bytes& one = known[s.kind.experts][s.kind.windowed][s.recomputed];
      bool& is_known = have[s.kind.experts][s.kind.windowed][s.recomputed];
      if (!is_known) one = kept_per_layer(m, t, stack, s.kind, s.recomputed);
      is_known = true;
      all.largest = std::max(all.largest, one);
      sum += one * static_cast<double>(s.count);
    }
    all.of_pieces.push_back(sum);
  }
  return all;
}

}  // namespace aifsim
