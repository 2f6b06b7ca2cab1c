// Values in place of those that a description gives, each at a path through its fields: what a scenario sweeps,
// and what the command line overrides. They are put into the document before it is read, so that the same field
// readers check them, and complain at the place where they were given.
//
//   fabric.injection     levels[0].oversubscription     levels.leaf.oversubscription (an item by its name)
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace aifsim {

namespace catalog {
struct Node;
struct Document;
}  // namespace catalog

struct Setting {
  std::string path;
  Place place;  // of the path
  std::shared_ptr<const catalog::Node> value;
};
using Settings = std::vector<Setting>;

// A plain word or number, as the command line gives it.
Setting setting_of(const std::string& path, const std::string& text, const Place& place);

namespace catalog {

// The source of figures that are set.
inline constexpr const char* set_by_scenario = "set by the scenario";

// Puts each value into the tree; what cannot be is a problem of the document.
void apply(const Settings& settings, Document& document);

// Null where there is nothing.
const Node* at_path(const Node& root, const std::string& path);

// What the tree says, whatever file it stands in and wherever there: equal texts, equal descriptions.
std::string canonical(const Node& node);

}  // namespace catalog

}  // namespace aifsim
