#include "base/atomic_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/atomic_file.hpp"
#include "base/descriptor.hpp"
#include "base/signals.hpp"

namespace aifsim {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<std::pair<std::string, std::string>>;

// Entries of the folder that no run wrote.
std::vector<std::string> others_in(const fs::path& folder, const std::vector<std::string>& ours) {
  std::vector<std::string> names;
  std::error_code error, gone;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool our_file = std::find(ours.begin(), ours.end(), name) != ours.end() &&
                          fs::is_regular_file(fs::symlink_status(at->path(), gone));
    if (!our_file) names.push_back(name);
  }
  return names;
}

// A new folder with the files, beside the old one or inside it. It goes again unless it was renamed.
class FreshFolder {
 public:
  FreshFolder(const fs::path& in, const std::vector<std::string>& ours)
      : path_(in / (".aifsim." + random_name() + ".tmp")), ours_(ours) {
    made_ = ::mkdir(path_.c_str(), 0777) == 0;
  }
  ~FreshFolder() {
    if (!made_) return;
    for (const std::string& name : ours_) ::unlink((path_ / name).c_str());
    ::rmdir(path_.c_str());
  }
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;
  bool made() const { return made_; }
  const fs::path& path() const { return path_; }

  void fill(const Files& files, const fs::path& folder) const {
    for (const auto& [name, content] : files) {
      const fs::path file = path_ / name;
      const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (!out || !out.write(content.data(), content.size())) throw unwritable(folder / name, errno, "");
    }
  }

 private:
  fs::path path_;
  const std::vector<std::string>& ours_;
  bool made_ = false;
};

// The fresh folder becomes `folder`, and holds what that held. False where the file system cannot do it.
bool exchange(const FreshFolder& fresh, const fs::path& folder, const std::vector<std::string>& ours) {
  if (::rename(fresh.path().c_str(), folder.c_str()) == 0) return true;  // none was there, or an empty one
  struct stat old {};
  if (::stat(folder.c_str(), &old) != 0) return false;
  ::chmod(fresh.path().c_str(), old.st_mode & 07777);
  if (::renameat2(AT_FDCWD, fresh.path().c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0)
    return false;
  // What someone put into the old folder meanwhile.
  for (const std::string& name : others_in(fresh.path(), ours))
    ::rename((fresh.path() / name).c_str(), (folder / name).c_str());
  return true;
}

void rename_each(const FreshFolder& fresh, const Files& files, const fs::path& folder,
                 const std::vector<std::string>& ours) {
  const Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock) ::flock(lock.number(), LOCK_EX);  // where the file system has no locks, as well as it can be
  for (const auto& [name, content] : files)
    if (::rename((fresh.path() / name).c_str(), (folder / name).c_str()) != 0)
      throw unwritable(folder / name, errno, "");
  for (const std::string& name : ours) {
    const auto same = [&](const auto& file) { return file.first == name; };
    if (std::none_of(files.begin(), files.end(), same)) ::unlink((folder / name).c_str());
  }
}

bool may_be_exchanged(const fs::path& folder, const std::vector<std::string>& ours) {
  std::error_code error;
  if (!fs::exists(folder, error)) return true;
  if (fs::equivalent(folder, fs::current_path(error), error)) return false;
  return others_in(folder, ours).empty();
}

}  // namespace

void write_folder(const fs::path& folder, const Files& files, const std::vector<std::string>& ours) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(folder, error), error);  // where links lead
  if (error) throw unwritable(folder, error.value(), "");
  if (!real.has_filename()) real = real.parent_path();
  fs::create_directories(real.parent_path(), error);
  if (error) throw unwritable(folder, error.value(), "");
  const fs::file_status status = fs::status(real, error);
  if (fs::exists(status) && !fs::is_directory(status)) throw unwritable(folder, ENOTDIR, "");
  const SignalsHeld held;
  if (may_be_exchanged(real, ours)) {
    const FreshFolder fresh(real.parent_path(), ours);
    const int problem = errno;
    if (fresh.made()) {
      fresh.fill(files, folder);
      if (exchange(fresh, real, ours)) return;
    } else if (!fs::exists(status)) {
      throw unwritable(folder, problem, "");
    }
  }
  const FreshFolder fresh(real, ours);
  if (!fresh.made()) throw unwritable(folder, errno, "");
  fresh.fill(files, folder);
  rename_each(fresh, files, real, ours);
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw unwritable(folder, error.value(), "");
}

}  // namespace aifsim
