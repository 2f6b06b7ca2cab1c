#include "catalog/yaml_text.hpp"

#include <nlohmann/json.hpp>

#include "catalog/document.hpp"

namespace aifsim {

using catalog::Node;

namespace {

std::string scalar(const Node& node) {
  const bool plain = !node.quoted && node.text.find_first_of(",[]{}#:\"'\n") == std::string::npos;
  return plain ? node.text : yaml_quoted(node.text);
}

}  // namespace

std::string yaml_quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string yaml_of(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::scalar:
      return scalar(node);
    case Node::Kind::list:
      for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + yaml_of(item);
      return "[" + text + "]";
    case Node::Kind::map:
      for (const Node::Entry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key + ": " + yaml_of(entry.value);
      return "{" + text + "}";
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> entries_at(const Catalog& catalog,
                                                            const std::filesystem::path& file,
                                                            const Settings& settings,
                                                            const std::string& path) {
  catalog::Document document = catalog::load_document(file, catalog.search().shipped());
  catalog::apply(settings, document);
  std::vector<std::pair<std::string, std::string>> found;
  if (const Node* node = catalog::at_path(document.root, path); node && node->is_map())
    for (const Node::Entry& entry : node->entries) found.emplace_back(entry.key, yaml_of(entry.value));
  return found;
}

}  // namespace aifsim
