#include "catalog/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/document.hpp"

namespace aifsim {

using catalog::Node;

std::string text_of(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::null:
      return "default";
    case Node::Kind::scalar:
      return node.text;
    case Node::Kind::list:
      for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + text_of(item);
      return "[" + text + "]";
    case Node::Kind::map:
      for (const Node::Entry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key + ": " + text_of(entry.value);
      return "{" + text + "}";
  }
  return text;
}

namespace {

// `at`: the value of each axis.
SweepPoint point_at(const std::vector<SweepAxis>& axes, const std::vector<std::size_t>& at) {
  SweepPoint point;
  for (std::size_t a = 0; a < axes.size(); ++a)
    for (const SweptField& field : axes[a]) {
      const auto& value = field.values[at[a]];
      point.values.emplace_back(field.path, text_of(*value));
      const std::size_t dot = field.path.find('.');
      const std::string root = field.path.substr(0, dot);
      const std::string rest = dot == std::string::npos ? "" : field.path.substr(dot + 1);
      Setting setting{rest, field.place, value};
      if (root == "platform") {
        point.platform.push_back(std::move(setting));
      } else if (root == "gpu") {
        point.gpu.push_back(std::move(setting));
      } else if (root == "stack") {
        point.stack.push_back(std::move(setting));
      } else if (const std::string key = training_key(field.path); !key.empty()) {
        setting.path = key;
        point.training.push_back(std::move(setting));
      } else if (root == "workload" && !rest.empty()) {
        point.workload.push_back(std::move(setting));
      } else {
        setting.path = field.path;
        if (field.path == "gpus") {  // the scenario's key is a list
          Node list;
          list.kind = Node::Kind::list;
          list.place = value->place;
          list.provenance = value->provenance;
          list.items = {*value};
          setting.value = std::make_shared<const Node>(std::move(list));
        }
        point.scenario.push_back(std::move(setting));
      }
    }
  return point;
}

}  // namespace

std::string training_key(const std::string& path) {
  for (const std::string_view begin : {"training.", "workload.training."})
    if (path.starts_with(begin)) return path.substr(begin.size());
  return "";
}

std::vector<SweepPoint> sweep_points(const std::vector<SweepAxis>& axes) {
  std::vector<SweepPoint> points;
  std::vector<std::size_t> at(axes.size(), 0);
  for (;;) {
    points.push_back(point_at(axes, at));
    std::size_t a = axes.size();
    while (a > 0 && ++at[a - 1] == axes[a - 1].front().values.size()) at[--a] = 0;
    if (a == 0) return points;
  }
}

std::vector<SweepPoint> sweep_samples(const std::vector<SweepAxis>& axes) {
  std::vector<SweepPoint> points;
  std::vector<std::size_t> at(axes.size(), 0);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (at[a] = a == 0 ? 0 : 1; at[a] < axes[a].front().values.size(); ++at[a])
      points.push_back(point_at(axes, at));
    at[a] = 0;
  }
  return points;
}

}  // namespace aifsim
