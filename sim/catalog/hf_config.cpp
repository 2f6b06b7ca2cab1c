#include "catalog/hf_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "catalog/hf_conversion.hpp"

namespace aifsim::catalog {
namespace {

constexpr std::uint64_t kLargestConfig = 1 << 20;
constexpr int kMostConfigNodes = 100'000;

void inherit(Node& node, const std::shared_ptr<const Provenance>& provenance) {
  node.provenance = provenance;
  for (Node& item : node.items) inherit(item, provenance);
  for (Node::Entry& entry : node.entries) inherit(entry.value, provenance);
}

bool is_config(const Node& root) {
  if (!root.is_map() || root.find("kind")) return false;
  const Node& model = text_model(root);
  const bool named =
      root.find("model_type") || root.find("architectures") || root.find("transformers_version");
  const bool shaped = model.find("hidden_size") || model.find("n_embd") || model.find("d_model") ||
                      model.find("num_hidden_layers") || model.find("vocab_size");
  return named && shaped;
}

// Of the training that is offered: as long as learned positions reach, none for a network.
std::string sequence_line(const std::vector<Node::Entry>& model) {
  std::int64_t sequence = 4096;
  for (const Node::Entry& entry : model) {
    if (entry.key == "blocks") return "";
    if (entry.key == "positions") sequence = std::min<std::int64_t>(sequence, std::stoll(entry.value.text));
  }
  return fmt::format("  sequence: {}\n", sequence);
}

}  // namespace

void expand_config(Node& workload, std::vector<Problem>& problems) {
  const Node* kind = workload.find("kind");
  const auto model = std::find_if(workload.entries.begin(), workload.entries.end(),
                                  [](const Node::Entry& entry) { return entry.key == "model"; });
  if (!kind || kind->text != "workload" || model == workload.entries.end() || !model->value.is_map()) return;
  const Node* config = model->value.find("config");
  if (!config) return;
  if (!config->is_scalar() || config->text.empty())
    throw InputError(config->place,
                     "model.config: expected a file, relative to this one, found " + config->found());
  const Place asked_at = config->place;
  const std::filesystem::path file =
      (std::filesystem::path(asked_at.file).parent_path() / config->text).lexically_normal();
  const std::string text = UserFile::open_regular(file, config->text, asked_at, kLargestConfig).text();
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw InputError(Place{file.string()}, "the file is empty; a Hugging Face config.json is expected");
  int nodes = kMostConfigNodes;
  const Node root = parse_yaml(text, file.string(), nodes, problems);
  std::vector<Problem> found;
  std::vector<Node::Entry> entries = entries_of_config(root, found);
  if (!found.empty()) throw InputError(std::move(found));

  Node& given = model->value;
  const bool network = std::any_of(entries.begin(), entries.end(),
                                   [](const Node::Entry& entry) { return entry.key == "blocks"; });
  std::vector<Node::Entry> merged;
  for (Node::Entry& entry : entries) {
    inherit(entry.value, given.provenance);
    if (!given.find(entry.key)) merged.push_back(std::move(entry));
  }
  for (Node::Entry& entry : given.entries)
    if (entry.key != "config") merged.push_back(std::move(entry));
  given.entries = std::move(merged);
  if (network) model->key = "network";
}

std::optional<Problem> hugging_face_config(const Node& root) {
  if (!is_config(root)) return std::nullopt;
  const Node* type = text_model(root).find("model_type");
  std::string message =
      fmt::format("this is a Hugging Face config.json{}, not a file of aifsim; ",
                  type && type->is_scalar() ? fmt::format(" (model_type {})", quote(type->text)) : "");
  std::vector<Problem> found;
  const auto entries = entries_of_config(root, found);
  if (!found.empty()) message += fmt::format("it cannot be used as it stands ({}); ", found.front().str());
  const Node* name = root.find("_name_or_path");
  const std::string title = name && name->is_scalar() && !name->text.empty() ? name->text : "my model";
  message += fmt::format(
      "a workload that uses it would be:\n\nkind: workload\ntitle: {}\nsource: its config.json\nmodel: "
      "{{config: "
      "{}}}\ntraining:  # yours to choose\n{}  micro_batch: 1\n  sharding: zero3\n  recompute: full\n  "
      "precision: bf16",
      quote(title), quote(std::filesystem::path(root.place.file).filename().string()),
      sequence_line(entries));
  return Problem{root.place, std::move(message)};
}

std::optional<Problem> hugging_face_config_named(std::string_view name, const Place& asked_at) {
  if (name.empty() || name.size() > 4096) return std::nullopt;
  const std::filesystem::path given = std::filesystem::path(asked_at.file).parent_path() / name;
  for (const char* ending : {"", ".json", ".yaml", ".yml"}) {
    const std::filesystem::path file = given.string() + ending;
    const std::string extension = file.extension().string();
    std::error_code error;
    if (extension != ".json" && extension != ".yaml" && extension != ".yml") continue;
    if (!std::filesystem::is_regular_file(file, error)) continue;
    try {
      if (auto problem = hugging_face_config(load_document(file).root)) return problem;
    } catch (const InputError&) {  // something else
    }
  }
  return std::nullopt;
}

}  // namespace aifsim::catalog
