#include "serve/workplace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "base/atomic_file.hpp"
#include "base/atomic_folder.hpp"
#include "base/error.hpp"
#include "catalog/search.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t most_entries = 10'000;  // of the user's folder: each run links to them

// "aifsim-serve-HOST-", as the folders of all servers of this machine begin: a lock may not reach others that share the
// file system.
std::string beginning_of_names() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return "aifsim-serve-";
  std::string name = host.data();
  std::replace(name.begin(), name.end(), '/', '_');
  return "aifsim-serve-" + name + "-";
}

// The folder's lock; invalid where another has it, or it is no folder of this user.
Descriptor locked(const fs::path& folder) {
  Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat of_folder {};
  if (!opened || fstat(opened.number(), &of_folder) != 0 || of_folder.st_uid != geteuid() ||
      flock(opened.number(), LOCK_EX | LOCK_NB) != 0)
    return Descriptor();
  return opened;
}

void remove_orphans(const fs::path& in, const std::string& beginning) {
  constexpr std::size_t random = 6;  // characters of mkdtemp
  std::vector<fs::path> found;
  std::error_code error, ignored;
  for (fs::directory_iterator at(in, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.size() == beginning.size() + random && name.starts_with(beginning)) found.push_back(at->path());
  }
  for (const fs::path& folder : found)
    if (const Descriptor lock = locked(folder)) fs::remove_all(folder, ignored);
}

}  // namespace

PrivateFolder::PrivateFolder() {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  const std::string beginning = beginning_of_names();
  remove_orphans(temporary, beginning);
  // Another server that begins now may take the folder for an orphan before it is locked.
  for (int tries = 0; tries < 10 && !lock_; ++tries) {
    std::string path = (temporary / (beginning + "XXXXXX")).string();
    if (!mkdtemp(path.data()))
      throw CannotAnswer("no folder for temporary files can be made at " + path + ": " +
                         std::strerror(errno));
    lock_ = locked(path);
    if (lock_ && fs::exists(path, error))
      path_ = fs::canonical(path);
    else
      lock_ = Descriptor();
  }
  if (!lock_) throw CannotAnswer("the folder for temporary files cannot be locked in " + temporary.string());
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
  make_folders(folder);
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
