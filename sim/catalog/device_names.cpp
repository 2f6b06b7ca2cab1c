#include "catalog/device_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/user_file.hpp"
#include "catalog/document.hpp"
#include "catalog/synonyms.hpp"

namespace aifsim {
namespace {

// The parts of a name, sorted: without the vendor, case, and the number behind SXM.
std::string parts_of(std::string_view name) {
  static const std::set<std::string, std::less<>> vendor{"nvidia", "amd", "instinct", "tesla"};
  std::set<std::string> parts;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(" -_/"), name.size());
    std::string part = catalog::squeezed(name.substr(0, end));
    if (part.size() == 4 && part.starts_with("sxm")) part = "sxm";
    if (!part.empty() && !vendor.count(part)) parts.insert(std::move(part));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  std::string joined;
  for (const std::string& part : parts) joined += part + ' ';
  return joined;
}

// Scalars of a list at the top of a file, or the scalar there. Not of files that it includes: those are other models'.
// None where the file cannot be read: who uses it is told.
std::vector<std::string> words_at(const std::filesystem::path& file, std::string_view key) {
  constexpr std::size_t largest = 1 << 20;
  std::vector<std::string> words;
  try {
    int nodes = 100'000;
    std::vector<Problem> problems;
    const catalog::Node root = catalog::parse_yaml(
        UserFile::open_regular(file, file.string(), {}, largest).text(), file.string(), nodes, problems);
    const catalog::Node* node = root.find(key);
    if (!node) return words;
    if (node->is_scalar()) words.push_back(node->text);
    for (const catalog::Node& item : node->items) words.push_back(item.text);
  } catch (const InputError&) {
  }
  return words;
}

}  // namespace

std::optional<std::string> gpu_of_device(std::string_view device, std::span<const CatalogEntry> gpus) {
  const std::string parts = parts_of(device.substr(0, 200));
  if (parts.empty()) return std::nullopt;
  for (const CatalogEntry& gpu : gpus)
    if (gpu.name == device) return gpu.name;
  for (const CatalogEntry& gpu : gpus)
    if (parts_of(gpu.name) == parts) return gpu.name;
  for (const CatalogEntry& gpu : gpus)
    for (const std::string& name : words_at(gpu.file, "known_as"))
      if (parts_of(name) == parts) return gpu.name;
  return std::nullopt;
}

std::optional<std::string> gpu_of_device(std::string_view device, const SearchPath& search) {
  return gpu_of_device(device, search.entries(CatalogKind::gpu));
}

std::optional<std::string> gpu_of_pci(std::string_view vendor, std::string_view device,
                                      const SearchPath& search) {
  const std::string asked = fmt::format("{}:{}", vendor.substr(0, 20), device.substr(0, 20));
  for (const CatalogEntry& gpu : search.entries(CatalogKind::gpu))
    for (const std::string& id : words_at(gpu.file, "pci"))
      if (id == asked) return gpu.name;
  return std::nullopt;
}

std::optional<std::string> usual_platform_of(std::string_view gpu, const SearchPath& search) {
  const auto file = search.find(CatalogKind::gpu, gpu);
  if (!std::holds_alternative<std::filesystem::path>(file)) return std::nullopt;
  const auto words = words_at(std::get<std::filesystem::path>(file), "usual_platform");
  return words.empty() ? std::nullopt : std::optional(words.front());
}

}  // namespace aifsim
