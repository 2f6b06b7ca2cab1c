#include "catalog/read_platform.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_word.hpp"
#include "base/quote.hpp"
#include "catalog/partitions.hpp"

namespace aifsim::catalog {
namespace {

Read<PlatformDescription> read_single_platform(const Catalog& catalog, Document document,
                                               const std::filesystem::path& file) {
  Read<PlatformDescription> result = read_document<PlatformDescription>(std::move(document), file);
  const NodeDescription& node = result.description.node;
  if (!node.gpu.empty()) {
    if (auto problem = unknown_name(catalog.search(), CatalogKind::gpu, node.gpu, node.gpu_place)) {
      problem->message = "node.gpu: " + problem->message;
      result.problems.push_back(std::move(*problem));
    }
  }
  return result;
}

bool of_all_partitions(const Setting& setting) { return setting.path.starts_with("partitions"); }

}  // namespace

Document document_of(Document document, const std::string& partition, const Settings& settings) {
  Settings of_one = settings;
  const auto own = std::stable_partition(of_one.begin(), of_one.end(), of_all_partitions);
  catalog::apply(Settings(of_one.begin(), own), document);
  of_one.erase(of_one.begin(), own);
  document = partition_document(std::move(document), partition);
  catalog::apply(of_one, document);
  return document;
}

// The others of its partitions are read for their nodes alone.
Read<PlatformDescription> read_platform(const Catalog& catalog, const Document& document,
                                        const std::filesystem::path& file, const std::string& partition,
                                        const Settings& settings) {
  Read<PlatformDescription> result =
      read_single_platform(catalog, document_of(document, partition, settings), file);
  PlatformDescription& own = result.description;
  if (const Node* title = document.root.find("title")) own.machine_title = title->text;
  if (partition.empty()) return result;
  own.partition = partition;
  own.name = with_partition(own.name, partition);
  Settings of_others = settings;
  std::erase_if(of_others, [](const Setting& setting) { return !of_all_partitions(setting); });
  for (PartitionDescription& one : own.partitions) {
    Read<PlatformDescription> read;
    if (one.name != partition)
      read = read_single_platform(catalog, document_of(document, one.name, of_others), file);
    append(result.problems, read.problems);
    const PlatformDescription& as = one.name == partition ? own : read.description;
    one.nodes = as.nodes;
    one.node = as.node;
    one.injection = as.fabric.injection;
    one.nic_latency = as.fabric.nic_latency;
  }
  if (result.problems.empty()) place_partitions(own.partitions, own.fabric, result.problems);
  return result;
}

std::string partition_meant(const Document& document, std::string_view name, const Place& asked_at) {
  const std::vector<std::string> names = partition_names(document);
  const auto [platform, asked] = split_platform_name(name);
  if (names.empty()) {
    if (asked.empty()) return "";
    throw InputError(asked_at, fmt::format("{} has no partitions, found {}", platform, quote(asked)));
  }
  if (!asked.empty()) {
    if (std::find(names.begin(), names.end(), asked) != names.end()) return std::string(asked);
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw InputError(
        asked_at, fmt::format("{} has no partition {}{}", platform, quote(asked), suggestion(asked, known)));
  }
  std::vector<std::string> with_gpus;
  for (const std::string& one : names) {
    const Document as = partition_document(document, one);
    const Node* gpus = at_path(as.root, "node.gpus");
    if (gpus && gpus->is_map()) gpus = gpus->find("value");
    if (!gpus || gpus->text != "0") with_gpus.push_back(with_partition(platform, one));
  }
  if (with_gpus.size() == 1) return std::string(split_platform_name(with_gpus.front()).partition);
  throw InputError(asked_at, fmt::format("{} has several partitions; one of {} would be right", platform,
                                         fmt::join(with_gpus, ", ")));
}

std::vector<PlatformDescription> read_all_partitions(const Catalog& catalog, const Document& document,
                                                     const std::filesystem::path& file) {
  std::vector<std::string> names = partition_names(document);
  if (names.empty()) names.emplace_back();
  std::vector<PlatformDescription> found;
  for (const std::string& name : names)
    found.push_back(checked(read_platform(catalog, document, file, name, {}), file));
  return found;
}

FileFindings read_partitions(const Catalog& catalog, const Document& document,
                             const std::filesystem::path& file) {
  std::vector<std::string> names = partition_names(document);
  if (names.empty()) names.emplace_back();
  FileFindings all;
  std::vector<std::vector<FigureRow>> rows;
  for (const std::string& name : names) {
    Read<PlatformDescription> read = read_platform(catalog, document, file, name, {});
    append(all.problems, read.problems);
    rows.push_back(std::move(read.rows));
  }
  const auto in_all = [&](const FigureRow& row) {
    return std::all_of(rows.begin(), rows.end(), [&](const std::vector<FigureRow>& others) {
      return std::any_of(others.begin(), others.end(), [&](const FigureRow& other) {
        return other.path == row.path && other.value == row.value && other.source == row.source;
      });
    });
  };
  for (const FigureRow& row : rows.front())
    if (in_all(row)) all.rows.push_back(row);
  for (std::size_t i = 0; i < names.size(); ++i)
    for (FigureRow& row : rows[i])
      if (!in_all(row)) {
        FigureRow own = row;
        own.path = fmt::format("partitions.{}.{}", names[i], row.path);
        all.rows.push_back(std::move(own));
      }
  return all;
}

}  // namespace aifsim::catalog
