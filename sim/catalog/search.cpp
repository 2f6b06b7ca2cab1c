#include "catalog/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <map>
#include <span>

#include "base/allowed_files.hpp"
#include "base/quote.hpp"
#include "base/similar_names.hpp"
#include "catalog/device_names.hpp"
#include "catalog/partitions.hpp"

namespace aifsim {

namespace fs = std::filesystem;

namespace {

constexpr const char* kind_names[] = {"platform", "gpu", "workload", "scenario", "stack", "exercise"};
constexpr const char* folder_names[] = {"platforms", "gpu_models",       "workloads",
                                        "scenarios", "workloads/stacks", "scenarios/exercises"};
constexpr const char* exercise_file = "exercise.yaml";
constexpr std::size_t longest_path = 4096;

bool is_path(std::string_view name) {
  return name.find('/') != std::string_view::npos || is_description_file(name) || name.ends_with(".json");
}

fs::path clean(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : real;
}

// The folder of the file that names something; "" for what stands in no file.
fs::path folder_of_file(const Place& asked_at) {
  std::error_code error;
  if (asked_at.file.empty() || !fs::is_regular_file(asked_at.file, error)) return {};
  const fs::path folder = fs::path(asked_at.file).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;  // a folder that is missing or unreadable holds nothing
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (is_description_file(at->path().filename().string())) files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

// With their names. An exercise is a folder with a file of this name.
std::vector<std::pair<std::string, fs::path>> named_files(CatalogKind kind, const fs::path& folder) {
  std::vector<std::pair<std::string, fs::path>> named;
  if (kind != CatalogKind::exercise) {
    for (const fs::path& file : files_of(folder)) named.emplace_back(file.stem().string(), file);
    return named;
  }
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (std::error_code none; fs::is_regular_file(at->path() / exercise_file, none))
      named.emplace_back(at->path().filename().string(), at->path() / exercise_file);
  std::sort(named.begin(), named.end());
  return named;
}

Problem no_file(CatalogKind kind, std::string_view name, const fs::path& file, const Place& asked_at) {
  const fs::path folder = file.parent_path().empty() ? fs::path(".") : file.parent_path();
  std::vector<std::string> there;  // like it by more than how they end
  for (const fs::path& other : files_of(folder))
    if (const std::string stem = other.stem().string();
        similar_names(file.stem().string(), std::span(&stem, 1)).starts_with(", did you mean"))
      there.push_back(other.filename().string());
  return {asked_at,
          fmt::format("there is no file {}, a {} by its path, in {}{}", quote(name, longest_path),
                      name_of(kind), clean(folder).string(), similar_names(file.filename().string(), there))};
}

}  // namespace

const char* name_of(CatalogKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

const char* folder_of(CatalogKind kind) { return folder_names[static_cast<std::size_t>(kind)]; }

bool is_description_file(std::string_view name) {
  const std::string lower = boost::to_lower_copy(std::string(name));
  return lower.ends_with(".yaml") || lower.ends_with(".yml");
}

SearchPath::SearchPath(fs::path root) : SearchPath({}, {std::move(root)}) {}

SearchPath::SearchPath(fs::path here, std::vector<fs::path> roots)
    : here_(std::move(here)), roots_(std::move(roots)) {}

std::vector<fs::path> SearchPath::folders(CatalogKind kind, const Place& asked_at) const {
  std::vector<fs::path> roots;
  if (const fs::path near = folder_of_file(asked_at); !near.empty())
    roots = {near, near / ".."};
  else if (!here_.empty())
    roots = {here_};
  // Folders that are roots anyway keep their turn: in a shipped file, names mean what they mean elsewhere.
  const auto is_root = [&](const fs::path& folder) {
    return std::any_of(roots_.begin(), roots_.end(),
                       [&](const fs::path& root) { return clean(root) == clean(folder); });
  };
  std::erase_if(roots, is_root);
  roots.insert(roots.end(), roots_.begin(), roots_.end());
  std::vector<fs::path> found;
  for (const fs::path& root : roots) {
    const fs::path folder = (root / folder_of(kind)).lexically_normal();
    if (std::find(found.begin(), found.end(), folder) == found.end()) found.push_back(folder);
  }
  return found;
}

std::vector<CatalogEntry> SearchPath::entries(CatalogKind kind, const Place& asked_at) const {
  std::map<std::string, CatalogEntry> by_name;
  const std::vector<fs::path> all = folders(kind, asked_at);
  for (const fs::path& folder : all)
    for (const auto& [name, file] : named_files(kind, folder))
      by_name.try_emplace(name, CatalogEntry{name, file, folder == all.back()});
  std::vector<CatalogEntry> found;
  for (auto& [name, entry] : by_name) found.push_back(std::move(entry));
  return found;
}

std::variant<fs::path, Problem> SearchPath::find(CatalogKind kind, std::string_view name,
                                                 const Place& asked_at) const {
  if (kind == CatalogKind::platform) name = split_platform_name(name).platform;
  if (is_path(name)) {
    fs::path file = (folder_of_file(asked_at) / name).lexically_normal();
    if (const std::string refusal = refusal_to_read(file); !refusal.empty())  // nor told whether it is there
      return Problem{asked_at, quote(name, longest_path) + " " + refusal};
    std::error_code unreachable;  // then it is opened, which tells why it cannot be
    if (kind == CatalogKind::exercise && fs::is_directory(file, unreachable)) file /= exercise_file;
    if (fs::exists(file, unreachable) || unreachable) return file;
    return no_file(kind, name, file, asked_at);
  }
  std::vector<CatalogEntry> all = entries(kind, asked_at);
  std::vector<std::string> known;
  for (CatalogEntry& entry : all) {
    if (entry.name == name) return std::move(entry.file);
    known.push_back(entry.name);
  }
  if (kind == CatalogKind::gpu)  // "NVIDIA A100-SXM4-80GB"
    if (const auto gpu = gpu_of_device(name, all)) return find(kind, *gpu, asked_at);
  std::string searched;
  for (const fs::path& folder : folders(kind, asked_at))
    if (std::error_code error; fs::is_directory(folder, error))
      searched += (searched.empty() ? "" : " or ") + clean(folder).string();
  const std::string beside = std::string(name.substr(0, longest_path)) + ".yaml";
  std::error_code error;
  if (!asked_at.file.empty() && !is_path(name) &&
      refusal_to_read(folder_of_file(asked_at) / beside).empty() &&
      fs::exists(folder_of_file(asked_at) / beside, error))
    return Problem{
        asked_at,
        fmt::format("there is no {} {} in {}; for the file beside this one write ./{}", name_of(kind),
                    quote(name), searched.empty() ? fmt::format("any {}/", folder_of(kind)) : searched,
                    printable(beside))};
  return Problem{asked_at, fmt::format("there is no {} {} in {}{}", name_of(kind), quote(name),
                                       searched.empty() ? fmt::format("any {}/", folder_of(kind)) : searched,
                                       similar_names(name, known))};
}

}  // namespace aifsim
