#include "catalog/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/document.hpp"

namespace aifsim {

using namespace catalog;

Setting setting_of(const std::string& path, const std::string& text, const Place& place) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  node.place = place;
  node.provenance = std::make_shared<const Provenance>();
  return {path, place, std::make_shared<const Node>(std::move(node))};
}

namespace catalog {
namespace {

// "levels[0].name" -> levels, 0, name.
std::vector<std::string> steps_of(std::string path) {
  std::replace(path.begin(), path.end(), '[', '.');
  std::erase(path, ']');
  std::vector<std::string> steps;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    steps.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return steps;
}

// A figure that is set says so where the file would name its source.
void add_provenance(Node& node) {
  Provenance own = node.provenance ? *node.provenance : Provenance{};
  if (own.source.empty()) own.source = set_by_scenario;
  if (!own.confidence) own.confidence = Confidence::assumed;
  node.provenance = std::make_shared<const Provenance>(std::move(own));
  for (Node& item : node.items) add_provenance(item);
  for (Node::Entry& entry : node.entries) add_provenance(entry.value);
}

// Of a list, by its number or by its `name` or `label`.
template <class N>  // Node or const Node
N* item_of(N& list, const std::string& step) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), number);
  if (error == std::errc() && end == step.data() + step.size())
    return number < list.items.size() ? &list.items[number] : nullptr;
  for (N& item : list.items)
    for (const char* key : {"name", "label"})
      if (const Node* name = item.find(key); name && name->text == step) return &item;
  return nullptr;
}

std::string known_items(const Node& list) {
  std::string known;
  for (const Node& item : list.items)
    for (const char* key : {"name", "label"})
      if (const Node* name = item.find(key)) known += (known.empty() ? "" : ", ") + name->text;
  return known.empty() ? fmt::format("it has {}, numbered from 0", list.items.size())
                       : fmt::format("known: {}", known);
}

void apply_one(const Setting& setting, Document& document) {
  const std::vector<std::string> steps = steps_of(setting.path);
  if (std::find(steps.begin(), steps.end(), "include") != steps.end()) {
    document.problems.push_back(
        {setting.place, fmt::format("{}: files are included before values are put in their place; a value of "
                                    "the included file, by its own path, would go",
                                    setting.path)});
    return;
  }
  Node* at = &document.root;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool last = i + 1 == steps.size();
    if (at->is_list()) {
      Node* item = item_of(*at, steps[i]);
      if (!item) {
        document.problems.push_back(
            {setting.place, fmt::format("{}: the list has no item {}; {}", setting.path, quote(steps[i]),
                                        known_items(*at))});
        return;
      }
      at = item;
    } else {
      if (!at->is_map()) {  // a figure or a word: what stands inside it cannot be set
        if (at->kind != Node::Kind::null && i > 0) {
          document.problems.push_back(
              {setting.place, fmt::format("{}: {} is {}, which has no {}", setting.path, quote(steps[i - 1]),
                                          at->found(), quote(steps[i]))});
          return;
        }
        Node map;
        map.kind = Node::Kind::map;
        map.place = setting.place;
        map.provenance = document.root.provenance;
        *at = std::move(map);
      }
      auto entry = std::find_if(at->entries.begin(), at->entries.end(),
                                [&](const Node::Entry& e) { return e.key == steps[i]; });
      if (last && setting.value->kind == Node::Kind::null) {  // back to the default
        if (entry != at->entries.end()) at->entries.erase(entry);
        return;
      }
      if (entry == at->entries.end()) {
        Node none;
        none.place = setting.place;
        none.provenance = at->provenance;
        entry = at->entries.insert(at->entries.end(), {steps[i], setting.place, std::move(none)});
      }
      at = &entry->value;
    }
  }
  *at = *setting.value;
  add_provenance(*at);
}

void put(const Node& node, std::string& out) {
  switch (node.kind) {
    case Node::Kind::null:
      out += '~';
      return;
    case Node::Kind::scalar:
      out += fmt::format("{}{}:{}", node.quoted ? 'q' : 's', node.text.size(), node.text);
      return;
    case Node::Kind::list:
      out += '[';
      for (const Node& item : node.items) put(item, out);
      out += ']';
      return;
    case Node::Kind::map:
      out += '{';
      for (const Node::Entry& entry : node.entries) {
        out += fmt::format("k{}:{}", entry.key.size(), entry.key);
        put(entry.value, out);
      }
      out += '}';
      return;
  }
}

}  // namespace

void apply(const Settings& settings, Document& document) {
  for (const Setting& setting : settings) apply_one(setting, document);
}

const Node* at_path(const Node& root, const std::string& path) {
  const Node* at = &root;
  for (const std::string& step : steps_of(path)) {
    at = at->is_list() ? item_of(*at, step) : at->find(step);
    if (!at) return nullptr;
  }
  return at;
}

std::string canonical(const Node& node) {
  std::string out;
  put(node, out);
  return out;
}

}  // namespace catalog
}  // namespace aifsim
