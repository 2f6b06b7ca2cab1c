#include "report/timeline_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/format.hpp"
#include "report/perfetto.hpp"
#include "report/span_kind.hpp"

namespace aifsim {
namespace {

constexpr long grid = 100000;  // the width of a track in its own units

long on_grid(Seconds t, Seconds duration) {
  return duration.value > 0 ? std::clamp(std::lround(t / duration * grid), 0L, grid) : 0;
}

struct Block {
  long start, end;
  const char* css;
  std::string label;
};

Block block_of(const Span& span, Seconds duration) {
  return {on_grid(span.start, duration), on_grid(span.end, duration), kind_name(span.kind), slice_name(span)};
}

// All spans, or the first and last part of them around one block for the rest.
std::vector<Block> blocks_of(const StreamTrack& stream, Seconds duration, std::size_t most) {
  std::vector<Block> blocks;
  const std::size_t n = stream.spans.size(), head = n > most ? most / 2 : n;
  for (std::size_t i = 0; i < head; ++i) blocks.push_back(block_of(stream.spans[i], duration));
  if (head == n) return blocks;
  const std::size_t tail = n - most / 2;
  blocks.push_back({on_grid(stream.spans[head].start, duration),
                    on_grid(stream.spans[tail - 1].end, duration), "left-out",
                    fmt::format("{} not drawn here; the trace file has them", plural(tail - head, "span"))});
  for (std::size_t i = tail; i < n; ++i) blocks.push_back(block_of(stream.spans[i], duration));
  return blocks;
}

}  // namespace

std::size_t TimelineView::label_number(const std::string& css, const std::string& label) {
  const auto [found, added] = numbers_.emplace(css + '\n' + label, labels_.size());
  if (added) labels_.emplace_back(css, label);
  return found->second;
}

std::string TimelineView::track(const Point& point, const StreamTrack& stream, std::size_t most,
                                std::string& json) {
  const std::vector<Block> blocks = blocks_of(stream, point.timeline.duration, most);
  // One path per kind; rectangles are placed relative to the one before, which keeps the page small.
  struct Path {
    const char* css;
    long at = 0;
    std::string d;
  };
  std::vector<Path> paths;
  long end = 0;
  Seconds busy{};
  for (const Span& span : stream.spans) {
    if (span.kind != SpanKind::wait) busy += span.end - span.start;
  }
  for (const Block& b : blocks) {
    if (!json.ends_with('[')) json += ',';
    json += fmt::format("{},{},{}", b.start - end, b.end - b.start, label_number(b.css, b.label));
    end = b.end;
    if (b.end == b.start) continue;
    auto path = std::find_if(paths.begin(), paths.end(),
                             [&](const Path& p) { return std::string_view(p.css) == b.css; });
    if (path == paths.end()) path = paths.insert(paths.end(), {b.css, 0, ""});
    path->d += fmt::format("m{} 0h{}v1h-{}z", b.start - path->at, b.end - b.start, b.end - b.start);
    path->at = b.start;
  }
  const double share = point.timeline.duration.value > 0 ? busy / point.timeline.duration : 0;
  std::string out = fmt::format(
      R"(<div class="track"><div class="track-name">{0}<small>busy {1}</small></div><div class="track-plot"><svg )"
      R"(viewBox="0 0 {2} 1" preserveAspectRatio="none" role="img" aria-label="stream {0}: {3}, busy {1} of the step">)",
      escape(stream.name), percent(share), grid, plural(stream.spans.size(), "span"));
  for (const Path& p : paths) out += fmt::format(R"(<path class="{}" d="M0 0{}"/>)", p.css, p.d);
  return out + R"(</svg><div class="track-labels" aria-hidden="true"></div></div></div>)" + "\n";
}

std::string TimelineView::tracks(const Point& point, std::size_t point_number) {
  std::size_t streams = 0;
  for (const RoleTrack& role : point.timeline.roles) streams += role.streams.size();
  if (streams == 0) return "<p>This point has no timeline.</p>\n";

  std::string out = fmt::format(R"(<div class="timeline" data-point="{}">)", point_number);
  std::string json =
      fmt::format(R"("{}":{{"duration":{},"tracks":[)", point_number, point.timeline.duration.value);
  bool first_track = true;
  for (const RoleTrack& role : point.timeline.roles) {
    out += fmt::format("<h4>{}, {}</h4>\n", escape(role.name), plural(role.ranks, "rank"));
    for (const StreamTrack& stream : role.streams) {
      json += first_track ? "[" : ",[";
      first_track = false;
      out += track(point, stream, std::max<std::size_t>(spans_per_point_ / streams, 2), json);
      json += "]";
    }
  }
  out += R"(<div class="track"><div class="track-name"></div><div class="ticks">)";
  for (const int quarter : {0, 1, 2, 3, 4}) {
    out += fmt::format("<span>{}</span>", human_time(point.timeline.duration * (quarter / 4.0)));
  }
  points_json_ += (points_json_.empty() ? "" : ",\n") + json + "]}";
  return out + "</div></div></div>\n";
}

std::string TimelineView::data() const {
  const nlohmann::json labels(labels_);
  std::string json = R"({"labels":)" + labels.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
                     ",\"points\":{" + points_json_ + "}}";
  // "<" could close the script element that holds this.
  std::string safe;
  for (const char c : json) c == '<' ? safe += "\\u003c" : safe += c;
  return safe;
}

}  // namespace aifsim
