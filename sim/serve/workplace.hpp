// Folders of the page's runs, below one that nobody else may enter and that goes with the server.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"

namespace aifsim {

// A new folder for temporary files, with all in it gone at the end. Its name has this machine's, and it is locked while
// its owner lives, however that ends: those of this user on this machine that nobody holds any longer (kill -9) go when
// a new one is made. CannotAnswer where none can be made.
class PrivateFolder {
 public:
  PrivateFolder();
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  Descriptor lock_;
};

class Workplace {
 public:
  static constexpr const char* scenario_file = "scenario.yaml";

  // `files`: the user's folder of --files, or "". `catalogues`: folders whose platforms/, gpu_models/, workloads/ and
  // scenarios/ may be read.
  Workplace(std::filesystem::path files, const std::vector<std::filesystem::path>& catalogues);

  bool has_files() const { return !files_.empty(); }
  // Makes `folder` look like the user's folder with a scenario in it: names and paths mean what they mean there.
  void furnish(const std::filesystem::path& folder, const std::string& scenario) const;
  // Of a command that starts in `folder`: it reads no file but those in it, the user's and the catalogues'.
  std::vector<std::pair<std::string, std::string>> environment(const std::filesystem::path& folder) const;

 private:
  std::filesystem::path files_;
  std::string readable_;
};

}  // namespace aifsim
