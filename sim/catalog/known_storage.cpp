#include "catalog/known_storage.hpp"

#include <algorithm>

#include "catalog/fields.hpp"
#include "catalog/read_document.hpp"

namespace aifsim {
namespace {

// Of a platform's keys those of storage alone.
PlatformDescription storage_part(const std::filesystem::path& file, const std::filesystem::path& shipped,
                                 std::vector<Problem>& problems) {
  catalog::Document document = catalog::load_document(file, shipped);
  catalog::Reader reader;
  reader.problems = std::move(document.problems);
  PlatformDescription part;
  for (const catalog::Field<PlatformDescription>& field : catalog::table<PlatformDescription>().fields) {
    const std::string_view key = field.property.name;
    const catalog::Node* value = document.root.find(key);
    if (!value || (key != "storage" && key != "file_systems")) continue;
    const catalog::Reader::Step step(reader, key);
    field.read(reader, *value, part);
  }
  if (reader.problems.empty()) catalog::check_storage(reader, document.root, part);
  catalog::append(problems, reader.problems);
  return part;
}

}  // namespace

KnownStorage known_storage(const Catalog& catalog) {
  const std::filesystem::path& shipped = catalog.search().shipped();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(shipped / "platforms" / "storage"))
    if (is_description_file(entry.path().filename().string())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  KnownStorage known;
  std::vector<Problem> problems;
  for (const std::filesystem::path& file : files) {
    PlatformDescription part = storage_part(file, shipped, problems);
    for (FileSystemDescription& one : part.file_systems)
      if (!file_system_of(known.file_systems, one.name)) known.file_systems.push_back(std::move(one));
    std::move(part.storage.begin(), part.storage.end(), std::back_inserter(known.tiers));
  }
  if (!problems.empty()) throw InputError(catalog::sorted(std::move(problems), ""));
  return known;
}

}  // namespace aifsim
