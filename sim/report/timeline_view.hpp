// The timeline of a point for the page: one track per stream as SVG, and the data behind its hover labels.
#pragma once
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "experiment/result.hpp"

namespace aifsim {

class TimelineView {
 public:
  // At most `spans_per_point` spans of a point are drawn: the middle of longer streams is one grey block.
  explicit TimelineView(std::size_t spans_per_point) : spans_per_point_(spans_per_point) {}

  std::string tracks(const Point& point, std::size_t point_number);

  // JSON for the page's script, to call once after all tracks: the labels with the class of
  // their colour, and for each point its duration and for each track gap, width and label of its spans, in
  // 1/100,000 of the duration.
  std::string data() const;

 private:
  std::string track(const Point& point, const StreamTrack& stream, std::size_t most, std::string& json);
  std::size_t label_number(const std::string& css, const std::string& label);

  std::size_t spans_per_point_;
  std::vector<std::pair<std::string, std::string>> labels_;  // CSS class and text
  std::unordered_map<std::string, std::size_t> numbers_;
  std::string points_json_;
};

}  // namespace aifsim
