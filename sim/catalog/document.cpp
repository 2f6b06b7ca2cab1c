#include "catalog/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "catalog/hf_config.hpp"
#include "catalog/machines.hpp"
#include "catalog/search.hpp"
#include "catalog/words.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::uint64_t kLargestFile = 1 << 20;
constexpr int kMostFiles = 1000;
constexpr std::size_t kLongestPath = 4096;
constexpr CatalogKind every_kind[] = {CatalogKind::platform, CatalogKind::gpu,   CatalogKind::workload,
                                      CatalogKind::scenario, CatalogKind::stack, CatalogKind::exercise};

class Loader {
 public:
  Loader(std::vector<Problem>& problems, const std::filesystem::path& shipped)
      : problems_(problems), shipped_(shipped) {}

  // `name` is how messages call the file: as it was written where it was asked for.
  Node load(const std::filesystem::path& file, const std::string& name, const Place& asked_at) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::weakly_canonical(file, error);
    if (std::find(loading_.begin(), loading_.end(), real) != loading_.end()) {
      throw InputError(asked_at, fmt::format("{} includes itself", quote(name, kLongestPath)));
    }
    if (++files_ > kMostFiles) {
      throw InputError(asked_at, fmt::format("more than {} files are included", kMostFiles));
    }
    loading_.push_back(real);
    const std::string text = UserFile::open_regular(file, name, asked_at, kLargestFile).text();
    const std::string path = file.string();
    Node root = parse_yaml(text, path, nodes_left_, problems_);
    inherit_provenance(root, std::make_shared<const Provenance>());
    include_in_partitions(root, file);
    include_in_machines(root, file);
    const Node* kind = root.find("kind");
    root = with_includes(std::move(root), file, kind ? std::optional(*kind) : std::nullopt);
    loading_.pop_back();
    return root;
  }

 private:
  void problem(const Place& place, std::string message) { problems_.push_back({place, std::move(message)}); }

  // `source:` and `confidence:` reach inwards, within their own file only: a figure that another file
  // overrides must not borrow the source of the figure that it replaces.
  void inherit_provenance(Node& node, std::shared_ptr<const Provenance> outer) {
    node.provenance = std::move(outer);
    for (Node& item : node.items) inherit_provenance(item, node.provenance);
    if (!node.is_map()) return;
    const Node* source = node.find("source");
    const Node* confidence = node.find("confidence");
    if (source || confidence) {
      Provenance own = *node.provenance;
      if (source) own.source = read_source(*source);
      if (confidence) own.confidence = read_confidence(*confidence);
      node.provenance = std::make_shared<const Provenance>(std::move(own));
    }
    for (Node::Entry& entry : node.entries) inherit_provenance(entry.value, node.provenance);
  }

  std::string read_source(const Node& node) {
    if (node.is_scalar() && !node.text.empty()) return node.text;
    problem(node.place, fmt::format("source: expected a text that names where figures come from, found {}",
                                    node.found()));
    return "?";  // stands for a source, so that the figures inside do not complain as well
  }

  Confidence read_confidence(const Node& node) {
    if (node.is_scalar()) {
      if (const auto known = value_of<Confidence>(node.text)) return *known;
    }
    problem(node.place,
            fmt::format("confidence: expected one of {}, found {}{}", fmt::join(words<Confidence>(), ", "),
                        node.found(), node.is_scalar() ? suggestion(node.text, words<Confidence>()) : ""));
    return Confidence::assumed;
  }

  std::filesystem::path included(const std::filesystem::path& by, const std::string& name,
                                 const std::optional<Node>& kind) const {
    const std::filesystem::path beside = (by.parent_path() / name).lexically_normal();
    std::error_code error;
    if (shipped_.empty() || !kind || std::filesystem::exists(beside, error)) return beside;
    for (const CatalogKind known : every_kind) {
      if (kind->text != name_of(known)) continue;
      const std::filesystem::path shipped = (shipped_ / folder_of(known) / name).lexically_normal();
      if (std::filesystem::exists(shipped, error)) return shipped;
    }
    return beside;
  }

  // A partition's file is a platform of its own: its fabric says no more here than what its NICs are.
  void include_in_partitions(Node& root, const std::filesystem::path& file) {
    const auto partitions = std::find_if(root.entries.begin(), root.entries.end(),
                                         [](const Node::Entry& entry) { return entry.key == "partitions"; });
    if (partitions == root.entries.end()) return;
    const Node* kind = root.find("kind");
    for (Node& partition : partitions->value.items) {
      if (!partition.is_map() || !partition.find("include")) continue;
      Node own = partition;
      std::erase_if(own.entries, [](const Node::Entry& entry) { return entry.key != "include"; });
      Node base = with_includes(std::move(own), file, kind ? std::optional(*kind) : std::nullopt);
      std::erase_if(base.entries, [](const Node::Entry& entry) {
        return entry.key == "kind" || entry.key == "partitions";
      });
      for (Node::Entry& entry : base.entries)
        if (entry.key == "fabric")
          std::erase_if(entry.value.entries, [](const Node::Entry& of_fabric) {
            return of_fabric.key != "injection" && of_fabric.key != "nic_latency";
          });
      std::erase_if(partition.entries, [](const Node::Entry& entry) { return entry.key == "include"; });
      partition = merged(std::move(base), std::move(partition));
    }
  }

  // A machine's file is a platform, whole.
  void include_in_machines(Node& root, const std::filesystem::path& file) {
    const auto machines = std::find_if(root.entries.begin(), root.entries.end(),
                                       [](const Node::Entry& entry) { return entry.key == "machines"; });
    if (machines == root.entries.end()) return;
    const Node* kind = root.find("kind");
    const std::optional<Node> of_kind = kind ? std::optional(*kind) : std::nullopt;
    for (Node& machine : machines->value.items) {
      if (!machine.is_map()) continue;
      const bool alone = machine.entries.size() == 1;
      machine = with_includes(std::move(machine), file, of_kind);
      if (machine.find("machines") && !alone)
        problem(machine.place,
                "the file that is included here has machines itself: they come as they are, so that "
                "include stands alone");
    }
  }

  // `kind`: of the file that includes.
  Node with_includes(Node root, const std::filesystem::path& file, const std::optional<Node>& kind) {
    const Node::Entry* include = root.find_entry("include");
    if (!include) return root;
    std::vector<Node> names;
    if (include->value.is_list()) {
      names = include->value.items;
    } else {
      names.push_back(include->value);
    }
    root.entries.erase(root.entries.begin() + (include - root.entries.data()));
    std::optional<Node> base;
    for (const Node& name : names) {
      if (!name.is_scalar()) {
        throw InputError(name.place,
                         "include: expected a file name, relative to this file, found " + name.found());
      }
      Node next = load(included(file, name.text, kind), name.text, name.place);
      const Node* included_kind = next.find("kind");
      if (kind && included_kind && kind->text != included_kind->text) {
        throw InputError(name.place,
                         fmt::format("include: this file is of kind {}, the included one of kind {}",
                                     kind->found(), included_kind->found()));
      }
      base = base ? merged(std::move(*base), std::move(next)) : std::move(next);
    }
    return base ? merged(std::move(*base), std::move(root)) : root;
  }

  std::vector<Problem>& problems_;
  const std::filesystem::path& shipped_;
  std::vector<std::filesystem::path> loading_;
  int nodes_left_ = most_nodes;
  int files_ = 0;
};

}  // namespace

Node merged(Node base, Node over) {
  // A figure is one thing: its value and its source are replaced together.
  const bool figure = base.find("value") || over.find("value");
  if (!base.is_map() || !over.is_map() || figure) return over;
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < base.entries.size(); ++i) index.emplace(base.entries[i].key, i);
  std::set<std::size_t> taken_back;
  for (Node::Entry& entry : over.entries) {
    const auto found = index.find(entry.key);
    if (found == index.end()) {
      base.entries.push_back(std::move(entry));
    } else if (entry.value.kind == Node::Kind::null) {
      taken_back.insert(found->second);
    } else {
      Node::Entry& old = base.entries[found->second];
      old.value = merged(std::move(old.value), std::move(entry.value));
      old.place = entry.place;
    }
  }
  std::vector<Node::Entry> left;
  for (std::size_t i = 0; i < base.entries.size(); ++i)
    if (!taken_back.contains(i)) left.push_back(std::move(base.entries[i]));
  base.entries = std::move(left);
  base.place = over.place;
  base.provenance = over.provenance;
  return base;
}

Document load_document(const std::filesystem::path& file, const std::filesystem::path& shipped) {
  Document document;
  try {
    document.root = Loader(document.problems, shipped).load(file, file.string(), Place{file.string()});
    expand_config(document.root, document.problems);
    expand_machines(document.root, document.problems);
  } catch (const InputError& error) {
    document.problems.insert(document.problems.end(), error.problems().begin(), error.problems().end());
    throw InputError(std::move(document.problems));
  }
  return document;
}

}  // namespace aifsim::catalog
