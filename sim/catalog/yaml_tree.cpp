// From yaml-cpp's events to a tree. Events rather than YAML::Node: they tell duplicate keys, and let the size
// of the tree be bounded while aliases are expanded.
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "base/quote.hpp"
#include "catalog/document.hpp"
#include "catalog/yaml_mistakes.hpp"

namespace aifsim::catalog {
namespace {

constexpr int kDeepest = 40;

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, int& nodes_left, std::vector<Problem>& problems)
      : file_(file), nodes_left_(nodes_left), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (root_) throw InputError(place(mark), "a second document starts here; a file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(node(Node::Kind::null, mark), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end())
      throw InputError(place(mark), "this alias stands inside the value that it names");
    spend(known->second.size, mark);
    attach(known->second.node, known->second.size);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node scalar = node(Node::Kind::scalar, mark);
    scalar.text = value;
    scalar.quoted = tag == "!";
    if (!scalar.quoted) reject_tag(tag, mark);
    finish(std::move(scalar), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

  std::optional<Node> root() && { return std::move(root_); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    int size = 1;
    std::optional<Node> key;                     // of a map: read, its value not yet
    std::unordered_map<std::string, int> lines;  // of a map's keys
  };
  struct Anchored {
    Node node;
    int size;
  };

  Place place(const YAML::Mark& mark) const {
    return mark.is_null() ? Place{file_} : Place{file_, mark.line + 1, mark.column + 1};
  }

  void spend(int size, const YAML::Mark& mark) {
    nodes_left_ -= size;
    if (nodes_left_ < 0)
      throw InputError(
          place(mark),
          fmt::format("the file is too large{}: {} keys and values are the most, with all that it "
                      "includes",
                      anchors_.empty() ? "" : " once its aliases are expanded", most_nodes));
  }

  Node node(Node::Kind kind, const YAML::Mark& mark) {
    spend(1, mark);
    Node made;
    made.kind = kind;
    made.place = place(mark);
    return made;
  }

  void reject_tag(const std::string& tag, const YAML::Mark& mark) {
    if (tag.empty() || tag == "?") return;
    problems_.push_back(
        {place(mark), fmt::format("the tag {} has no meaning here, leave it out", quote(tag))});
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    reject_tag(tag, mark);
    if (open_.size() >= kDeepest) {
      throw InputError(place(mark), fmt::format("nested more than {} levels deep", kDeepest));
    }
    open_.push_back({node(kind, mark), anchor, 1, std::nullopt, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    merge_aliases(done.node);
    keep(done.node, done.size, done.anchor);
    attach(std::move(done.node), done.size);
  }

  // `<<: *other` (YAML's merge key) takes over the entries of another map that this map does not give itself.
  void merge_aliases(Node& map) {
    const auto merge_key = std::find_if(map.entries.begin(), map.entries.end(),
                                        [](const Node::Entry& entry) { return entry.key == "<<"; });
    if (merge_key == map.entries.end()) return;
    Node other = std::move(merge_key->value);
    map.entries.erase(merge_key);
    if (!other.is_map()) {
      problems_.push_back({other.place, "expected an alias of a map, found " + other.found()});
      return;
    }
    std::unordered_set<std::string> own;
    for (const Node::Entry& entry : map.entries) own.insert(entry.key);
    for (Node::Entry& entry : other.entries) {
      if (!own.contains(entry.key)) map.entries.push_back(std::move(entry));
    }
  }

  void finish(Node leaf, YAML::anchor_t anchor) {
    keep(leaf, 1, anchor);
    attach(std::move(leaf), 1);
  }

  void keep(const Node& value, int size, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    spend(size, YAML::Mark::null_mark());  // the copy kept for aliases counts, so nested anchors stay bounded
    anchors_[anchor] = {value, size};
  }

  void attach(Node value, int size) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    parent.size += size;
    if (parent.node.is_list()) {
      parent.node.items.push_back(std::move(value));
    } else if (!parent.key) {
      if (!value.is_scalar()) throw InputError(value.place, "expected a key, found " + value.found());
      parent.key = std::move(value);
    } else {
      add_entry(parent, std::move(*parent.key), std::move(value));
      parent.key.reset();
    }
  }

  void add_entry(Open& map, Node key, Node value) {
    const auto [first, is_new] = map.lines.emplace(key.text, key.place.line);
    if (!is_new) {
      problems_.push_back({key.place, fmt::format("the key {} stands twice in this map, first in line {}",
                                                  quote(key.text), first->second)});
      return;
    }
    if (value.kind == Node::Kind::null) value.place = key.place;  // yaml-cpp places it at the next token
    map.node.entries.push_back({std::move(key.text), std::move(key.place), std::move(value)});
  }

  const std::string& file_;
  int& nodes_left_;
  std::vector<Problem>& problems_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::optional<Node> root_;
};

}  // namespace

const Node::Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry ? &entry->value : nullptr;
}

const Place& Node::place_of(std::string_view key) const {
  const Node* value = find(key);
  return value ? value->place : place;
}

std::string Node::found() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return quote(text);
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return "";
}

Node parse_yaml(const std::string& text, const std::string& file, int& nodes_left,
                std::vector<Problem>& problems, Node::Kind kind) {
  std::istringstream stream(text);
  TreeBuilder builder(file, nodes_left, problems);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    const Place place =
        error.mark.is_null() ? Place{file} : Place{file, error.mark.line + 1, error.mark.column + 1};
    throw InputError({yaml_mistake(text, place, error.msg)});
  }
  if (const auto open = unclosed_quote(text, file)) throw InputError({*open});
  std::optional<Node> root = std::move(builder).root();
  if (!root || root->kind == Node::Kind::null) {
    throw InputError({file},
                     "the file is empty; it should start with \"kind:\" and one of platform, gpu, workload, "
                     "scenario, stack, exercise");
  }
  if (root->kind != kind)
    throw InputError(
        root->place,
        fmt::format("expected {}, found {}", kind == Node::Kind::list ? "a list" : "a map of keys and values",
                    root->found()));
  return std::move(*root);
}

}  // namespace aifsim::catalog
