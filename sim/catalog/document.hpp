// A YAML file as a plain tree that knows where each part of it stands; includes are merged in.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/figure.hpp"

namespace aifsim::catalog {

// Where figures come from, as said by the nearest enclosing maps of the same file.
struct Provenance {
  std::string source;
  std::optional<Confidence> confidence;
};

struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;     // of a scalar
  bool quoted = false;  // a scalar in quotes or in block form: never a number
  std::vector<Node> items;
  std::vector<Entry> entries;  // of a map, in file order
  Place place;
  std::shared_ptr<const Provenance> provenance;  // set in a whole Document

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
  const Node* find(std::string_view key) const;
  const Entry* find_entry(std::string_view key) const;
  // Where the value of `key` stands, or the map itself when it lacks the key.
  const Place& place_of(std::string_view key) const;
  std::string found() const;  // for messages: `"64"`, "a list", "a map", "nothing"
};

struct Node::Entry {
  std::string key;
  Place place;  // of the key
  Node value;
};

struct Document {
  Node root;  // a map
  std::vector<Problem> problems;
};

inline constexpr int most_nodes = 100'000;  // of a file with all that it includes

// Parses one file, no includes. Throws InputError where no tree of this kind can be had; other problems are appended.
// `nodes_left` bounds the size of the tree, aliases expanded, and goes down by it.
Node parse_yaml(const std::string& text, const std::string& file, int& nodes_left,
                std::vector<Problem>& problems, Node::Kind kind = Node::Kind::map);

// `over` on top of `base`: maps are merged deeply, all else of `over` replaces what `base` has, `key: null` takes it back.
Node merged(Node base, Node over);

// Reads a file and all that it includes: maps are merged deeply, the including file wins, and `key: null`
// takes back what the included file says. What is not there beside the including file is looked for in the folder
// of its kind in `shipped`, so that a shipped file may be copied anywhere. A platform's partitions may include files too. Throws InputError where no
// tree can be had.
Document load_document(const std::filesystem::path& file, const std::filesystem::path& shipped = {});

}  // namespace aifsim::catalog
