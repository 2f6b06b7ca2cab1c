#include "base/allowed_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace aifsim {
namespace {

namespace fs = std::filesystem;

fs::path with_links_followed(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? fs::path() : real;
}

const std::vector<fs::path>* folders_to_read() {
  static const std::vector<fs::path>* const folders = []() -> const std::vector<fs::path>* {
    const char* named = std::getenv("AIFSIM_FILES_WITHIN");
    if (!named) return nullptr;
    auto* all = new std::vector<fs::path>;  // as long as the program
    std::istringstream parts(named);
    for (std::string part; std::getline(parts, part);)
      if (const fs::path folder = with_links_followed(part); !part.empty() && !folder.empty())
        all->push_back(folder);
    return all;
  }();
  return folders;
}

}  // namespace

std::string refusal_to_read(const std::filesystem::path& file) {
  const std::vector<fs::path>* const folders = folders_to_read();
  if (!folders) return "";
  const fs::path real = with_links_followed(file);
  const auto holds = [&](const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first == folder.end();
  };
  if (!real.empty() && std::any_of(folders->begin(), folders->end(), holds)) return "";
  return "lies outside of the catalogue and of the folder that `aifsim serve --files DIR` names: no other "
         "file is "
         "read here";
}

}  // namespace aifsim
