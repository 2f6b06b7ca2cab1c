#include "serve/workplace.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "base/atomic_file.hpp"
#include "base/error.hpp"
#include "catalog/search.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t most_entries = 10'000;  // of the user's folder: each run links to them

}  // namespace

PrivateFolder::PrivateFolder() {
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / "aifsim-serve-XXXXXX").string();
  if (!mkdtemp(path.data()))
    throw CannotAnswer("no folder for temporary files can be made at " + path + ": " + std::strerror(errno));
  path_ = fs::canonical(path);
}

PrivateFolder::~PrivateFolder() {
  std::error_code error;  // what cannot be removed stays
  fs::remove_all(path_, error);
}

Workplace::Workplace(fs::path files, const std::vector<fs::path>& catalogues) : files_(std::move(files)) {
  if (!files_.empty()) {
    std::error_code error;
    if (!fs::is_directory(files_, error))
      throw InputError(Place{"--files"}, "there is no folder " + files_.string());
    files_ = fs::canonical(files_);
    const fs::directory_iterator entries(files_, error);
    if (error)
      throw InputError(Place{"--files"},
                       fmt::format("{} cannot be read: {}", files_.string(), error.message()));
    if (std::distance(begin(entries), end(entries)) > most_entries)
      throw InputError(Place{"--files"},
                       fmt::format("{} holds more than {} files and folders; name one of few",
                                   files_.string(), most_entries));
    readable_ = files_.string();
  }
  for (const fs::path& catalogue : catalogues)
    for (const CatalogKind kind :
         {CatalogKind::platform, CatalogKind::gpu, CatalogKind::workload, CatalogKind::scenario})
      readable_ += "\n" + (fs::absolute(catalogue) / folder_of(kind)).string();
}

void Workplace::furnish(const fs::path& folder, const std::string& scenario) const {
  fs::create_directories(folder);
  AtomicFile file(folder / scenario_file);
  file.write(scenario);
  file.commit();
  if (files_.empty()) return;
  for (const auto& entry : fs::directory_iterator(files_))
    if (entry.path().filename() != scenario_file)
      fs::create_symlink(entry.path(), folder / entry.path().filename());
}

std::vector<std::pair<std::string, std::string>> Workplace::environment(const fs::path& folder) const {
  std::vector<std::pair<std::string, std::string>> all{
      {"AIFSIM_FILES_WITHIN", folder.string() + "\n" + readable_}, {"AIFSIM_PROGRESS", "lines"}};
  // Relative to where the server was started, not to where the command starts.
  if (const char* home = std::getenv("AIFSIM_HOME"); home && *home)
    all.emplace_back("AIFSIM_HOME", fs::absolute(home).string());
  return all;
}

}  // namespace aifsim
