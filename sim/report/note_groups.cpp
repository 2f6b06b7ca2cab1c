#include "report/note_groups.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

#include "report/sweep.hpp"

namespace aifsim {
namespace {

constexpr std::size_t most_named = 4;  // platforms and variants of one text

// A text with its numbers taken out. Those of names ("a100_80gb", "x1.2"), of places and in quotes stay.
struct Shape {
  std::string text;  // '\1' where a number stood
  std::vector<std::string> numbers;
};

Shape shape_of(const std::string& text) {
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]));
  };
  const auto part_of_name = [&](std::size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_' ||
                               text[i] == ':' || text[i] == '.' || text[i] == '-' || text[i] == '+');
  };
  Shape shape;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (is_digit(end)) ++end;
    if (end > i && text[end] == '.' && is_digit(end + 1))
      for (++end; is_digit(end);) ++end;
    const bool sentence_ends =
        end < text.size() && (text[end] == '.' || text[end] == ':') && !part_of_name(end + 1);
    if (end == i || quoted || (i > 0 && part_of_name(i - 1)) || (part_of_name(end) && !sentence_ends)) {
      end = std::max(end, i + 1);
      quoted ^= text[i] == '"';
      shape.text.append(text, i, end - i);
    } else {
      shape.numbers.push_back(text.substr(i, end - i));
      shape.text += '\1';
    }
    i = end;
  }
  return shape;
}

struct Range {
  std::string least, most;
  void take(const std::string& number) {
    const auto value = [](const std::string& of) { return std::strtod(of.c_str(), nullptr); };
    if (least.empty() || value(number) < value(least)) least = number;
    if (most.empty() || value(number) > value(most)) most = number;
  }
};

struct Kind {
  std::vector<Range> ranges;
  std::vector<const Point*> points;
};

std::string filled(const std::string& shape, const std::vector<Range>& ranges) {
  std::string text;
  std::size_t number = 0;
  for (const char c : shape) {
    if (c != '\1') {
      text += c;
      continue;
    }
    const Range& range = ranges[number++];
    text += range.least == range.most ? range.least : range.least + " to " + range.most;
  }
  return text;
}

std::string short_name(const Point& p) {
  return p.platform + (label_of(p).empty() ? "" : ", ") + label_of(p);
}

}  // namespace

std::vector<NoteGroup> note_groups(const std::vector<Point>& points,
                                   const std::function<std::string(const Point&)>& text,
                                   std::size_t most_apart) {
  std::set<std::string> texts;
  for (const Point& p : points) texts.insert(text(p));
  texts.erase("");
  std::map<std::string, Kind> kinds;
  std::vector<const std::string*> order;
  for (const Point& p : points) {
    const std::string own = text(p);
    if (own.empty()) continue;
    const Shape shape = texts.size() > most_apart ? shape_of(own) : Shape{own, {}};
    const auto [at, fresh] = kinds.try_emplace(shape.text);
    if (fresh) {
      order.push_back(&at->first);
      at->second.ranges.resize(shape.numbers.size());
    }
    for (std::size_t i = 0; i < shape.numbers.size(); ++i) at->second.ranges[i].take(shape.numbers[i]);
    at->second.points.push_back(&p);
  }
  std::vector<NoteGroup> groups;
  for (const std::string* shape : order) {
    Kind& kind = kinds.at(*shape);
    groups.push_back({filled(*shape, kind.ranges), std::move(kind.points)});
  }
  return groups;
}

std::string points_of(const NoteGroup& group) {
  std::vector<std::string> names;
  std::string text, last;
  for (const Point* p : group.points) {
    const std::string name = short_name(*p);
    if (name != last) {
      names.push_back(name);
      text += fmt::format("{}{}", text.empty() ? "" : " GPUs; ", name);
    }
    text += fmt::format(", {}", p->gpus);
    last = name;
  }
  if (names.size() <= most_named) return text + " GPUs";
  return fmt::format("{} points, {}, {} GPUs to {}, {} GPUs", group.points.size(), names.front(),
                     group.points.front()->gpus, names.back(), group.points.back()->gpus);
}

}  // namespace aifsim
